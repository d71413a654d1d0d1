"""Files that an encoder left cut off are noticed, whatever its exit code said."""

from pathlib import Path

import pytest

from appliance.domain.errors import TranscodeFailed
from appliance.media.wholeness import check_whole
from tests.media_files import clip


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_what_is_whole_passes(tmp_path: Path) -> None:
    large = (1).to_bytes(4) + b"mdat" + (20).to_bytes(8) + b"data"
    check_whole(
        written(tmp_path, "a.mp4", clip()),
        written(tmp_path, "a.m4s", large),
        written(tmp_path, "a.m3u8", b"#EXTM3U\n#EXT-X-ENDLIST\n"),
    )


@pytest.mark.parametrize("left", [0, 1, 7, 12, 20, 500, -1])
def test_a_film_that_was_cut_off_is_noticed(tmp_path: Path, left: int) -> None:
    with pytest.raises(TranscodeFailed) as failure:
        check_whole(written(tmp_path, "a.mp4", clip()[:left]))
    assert not failure.value.permanent


def test_so_are_a_playlist_without_its_end_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (written(tmp_path, "a.m3u8", b"#EXTM3U\n"), tmp_path / "none.m4s"):
        with pytest.raises(TranscodeFailed):
            check_whole(path)
