"""Still pictures out of real films, by the real child: what is shown, when, which way up and in which colours."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pyvips

from appliance.domain.errors import Malformed, ProbeUnavailable
from appliance.media.stills import Sheet, Stills
from tests.file_server import FileServer
from tests.films import ffmpeg, h264, picture, tone


@pytest.fixture(scope="module")
def stills() -> Iterator[Stills]:
    made = Stills()
    yield made
    made.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    with FileServer(tmp_path) as running:
        yield running


def _film(server: FileServer, name: str, *arguments: str) -> str:
    ffmpeg(*arguments, server.folder / name)
    return server.url(name)


def _opened(still: bytes) -> Any:
    """A PPM as a picture."""
    head = re.match(rb"P6 (\d+) (\d+) 255\n", still)
    assert head is not None
    return pyvips.Image.new_from_memory(still[head.end() :], int(head[1]), int(head[2]), 3, "uchar")


def _colours(*named: str, size: str = "320x180") -> list[str]:
    """A film that shows one colour for a second, then the next."""
    inputs = [f"color=c={name}:size={size}:rate=10:duration=1" for name in named]
    chain = "".join(f"[{number}]" for number in range(len(named)))
    return [*(word for one in inputs for word in ("-f", "lavfi", "-i", one)),
            "-filter_complex", f"{chain}concat=n={len(named)}"]  # fmt: skip


def _channel(still: bytes) -> int:
    """Which of red, green and blue it is."""
    pixel = [float(value) for value in _opened(still)(20, 20)]
    return pixel.index(max(pixel))


def _child() -> psutil.Process:
    """The one that was started last."""
    found = [one for one in psutil.Process().children() if "appliance.media.stills_child" in one.cmdline()]
    return max(found, key=lambda one: one.create_time())


def test_a_child_keeps_little_of_what_it_looked_at(server: FileServer) -> None:
    url = _film(server, "a.mp4", *picture("1920x1080", seconds=8), *h264(10))
    stills = Stills()
    sizes = []
    for _ in range(4):
        stills.sheet(url, 8.0)
        # An answer is read before the child has cleared up; it does so before it takes the next request.
        stills.frame(url, 0.0)
        sizes.append(_child().memory_info().rss)
    stills.close()
    assert max(sizes[1:]) - sizes[0] < 60_000_000, sizes


def test_children_give_way_where_that_is_asked_for(server: FileServer) -> None:
    url = _film(server, "a.mp4", *picture(seconds=1), *h264())
    stills = Stills(nice=5)
    stills.frame(url, 0.0)
    assert _child().nice() == 5
    group = Path(f"/proc/{_child().pid}/autogroup")
    assert not group.exists() or group.read_text().split()[-2:] == ["nice", "5"]
    stills.close()


@pytest.mark.parametrize(("gop", "name"), [(5, "a.mp4"), (300, "a.mp4"), (300, "a.mkv"), (10, "a.ts")])
def test_the_frame_shown_at_a_time_is_given(stills: Stills, server: FileServer, gop: int, name: str) -> None:
    url = _film(server, name, *_colours("red", "0x00ff00", "blue"), *h264(gop))
    assert [_channel(stills.frame(url, at)) for at in (0.5, 1.5, 2.5, 0.0, 99.0)] == [0, 1, 2, 0, 2]


def test_black_blank_and_blurred_beginnings_are_no_poster(stills: Stills, server: FileServer) -> None:
    black, blank = "color=c=black:s=320x180:r=10:d=2", "color=c=white:s=320x180:r=10:d=2"
    show = "testsrc2=s=320x180:r=10:d=4"
    graph = "[0][1][2][3]concat=n=4"
    blurred = "testsrc2=s=320x180:r=10:d=2,boxblur=20:3"
    inputs = [word for one in (black, blank, blurred, show) for word in ("-f", "lavfi", "-i", one)]
    for gop in (10, 300):
        url = _film(server, f"{gop}.mp4", *inputs, "-filter_complex", graph, *h264(gop))
        poster = _opened(stills.poster(url, 10.0))
        assert poster.deviate() > 40
        assert poster.sobel().avg() > 10


def test_a_film_that_is_black_throughout_has_a_poster_too(stills: Stills, server: FileServer) -> None:
    url = _film(server, "black.mp4", *_colours("black", "black"), *h264())
    assert _opened(stills.poster(url, 2.0)).avg() < 20


def test_a_poster_is_upright_square_and_not_larger_than_a_screen(stills: Stills, server: FileServer) -> None:
    _film(server, "lying.mp4", *picture("640x360", seconds=1), *h264())
    turned = _film(
        server, "turned.mp4", "-display_rotation", "90", "-i", str(server.folder / "lying.mp4"), "-c", "copy"
    )
    assert (_opened(stills.poster(turned, 1.0)).width, _opened(stills.poster(turned, 1.0)).height) == (360, 640)
    ffmpeg("-i", server.folder / "turned.mp4", "-frames:v", "1", server.folder / "seen.png")
    seen = pyvips.Image.new_from_file(str(server.folder / "seen.png"))
    assert (_opened(stills.frame(turned, 0.0)) - seen).abs().avg() < 4
    wide = _film(server, "wide.mp4", *picture("320x240", seconds=1), "-vf", "setsar=4/3", *h264())
    assert _opened(stills.poster(wide, 1.0)).width == 427
    large = _film(server, "large.mp4", *picture("2560x1440", seconds=0.2), *h264())
    assert (_opened(stills.poster(large, 0.2)).width, _opened(stills.frame(large, 0)).width) == (1920, 2560)


@pytest.mark.parametrize(("transfer", "grey"), [("smpte2084", 0.58), ("arib-std-b67", 0.75)])
def test_white_paper_in_high_dynamic_range_is_bright_on_a_screen(
    stills: Stills, server: FileServer, transfer: str, grey: float
) -> None:
    level = round(64 + grey * 876)
    url = _film(
        server, "hdr.mp4", "-f", "lavfi", "-i", "color=c=gray:s=320x180:r=10:d=1,format=yuv420p10le,"
        f"lutyuv=y={level}:u=512:v=512", "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params",
        f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc",
    )  # fmt: skip
    red, green, blue = _opened(stills.frame(url, 0))(10, 10)
    assert 170 < green < 235
    assert max(red, green, blue) - min(red, green, blue) < 8


def test_the_sheet_has_a_tile_for_each_stretch(stills: Stills, server: FileServer) -> None:
    for gop in (5, 300):
        url = _film(server, f"{gop}.mp4", *_colours("red", "0x00ff00", "blue"), *h264(gop))
        sheet = stills.sheet(url, 3.0)
        assert (sheet.tiles, sheet.columns, sheet.width, sheet.height, sheet.step) == (3, 3, 160, 90, 1.0)
        opened = pyvips.Image.new_from_buffer(sheet.data, "")
        assert (opened.width, opened.height) == (480, 90)
        middles = [opened(80 + 160 * tile, 45) for tile in range(3)]
        assert [middle.index(max(middle)) for middle in middles] == [0, 1, 2]


def test_a_long_film_has_a_hundred_tiles(stills: Stills, server: FileServer) -> None:
    url = _film(server, "long.mp4", *picture("64x48", rate="1", seconds=1000), *h264(20))
    sheet = stills.sheet(url, 1000.0)
    opened = pyvips.Image.new_from_buffer(sheet.data, "")
    assert (sheet.tiles, sheet.step) == (100, 10.0)
    assert (opened.width, opened.height) == (10 * sheet.width, 10 * sheet.height)


def test_cues_name_the_tiles_by_time_and_place() -> None:
    cues = Sheet(b"", 160, 90, 10, 12, 360.5).cues("storyboard.jpg")
    assert cues.startswith("WEBVTT\n\n00:00:00.000 --> 00:06:00.500\nstoryboard.jpg#xywh=0,0,160,90\n\n")
    assert cues.endswith("01:06:05.500 --> 01:12:06.000\nstoryboard.jpg#xywh=160,90,160,90\n")


def test_the_cover_is_the_poster_of_a_record(stills: Stills, server: FileServer) -> None:
    ffmpeg(*picture("200x200", seconds=0.1), "-frames:v", "1", server.folder / "cover.png")
    url = _film(server, "song.m4a", *tone(seconds=1), "-i", str(server.folder / "cover.png"), "-map", "0", "-map", "1",
                "-c:v", "copy", "-disposition:v", "attached_pic")  # fmt: skip
    assert _opened(stills.poster(url, 1.0)).width == 200


@pytest.mark.parametrize(
    "content",
    [
        b"", b"text renamed", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '/etc/hostname'\n",
    ],
)  # fmt: skip
def test_what_is_no_film_is_malformed(stills: Stills, server: FileServer, content: bytes) -> None:
    (server.folder / "film.mp4").write_bytes(content or b"\0")
    with pytest.raises(Malformed):
        stills.poster(server.url("film.mp4"), 1.0)


def test_sound_alone_has_nothing_to_see(stills: Stills, server: FileServer) -> None:
    with pytest.raises(Malformed, match="nothing to see"):
        stills.poster(_film(server, "sound.m4a", *tone(seconds=1)), 1.0)


def test_a_store_that_is_away_is_tried_again(stills: Stills, server: FileServer) -> None:
    url = _film(server, "a.mp4", *_colours("red"), *h264())
    server.status = 503
    with pytest.raises(ProbeUnavailable, match="503"):
        stills.frame(url, 0)
    server.status = 206
    assert _channel(stills.frame(url, 0)) == 0
