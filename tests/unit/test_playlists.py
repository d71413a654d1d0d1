"""What a playlist says of bandwidth is what its segments weigh; the encoder that is set is the one that runs."""

from pathlib import Path

import pytest

from appliance.domain.errors import SetupError
from appliance.domain.renditions import Rendition
from appliance.media.ffmpeg import find_ffmpeg
from appliance.media.playlists import Segments, multivariant, read_segments


def test_peaks_are_measured_over_about_a_target_duration() -> None:
    even = Segments((4.0, 4.0, 4.0), (500_000, 500_000, 500_000), 800)
    assert (even.average, even.peak, even.bytes, even.duration) == (1_000_000, 1_000_000, 1_500_800, 12.0)
    burst = Segments((4.0, 4.0, 4.0), (500_000, 1_000_000, 500_000), 800)
    assert burst.peak == 2_000_000
    # A short last segment weighs together with the one before it, never alone.
    tail = Segments((4.0, 4.0, 0.1), (500_000, 500_000, 100_000), 800)
    assert tail.peak == round(600_000 * 8 / 4.1)
    assert Segments((0.04,), (5_000,), 800).peak == 1_000_000


def test_segments_are_read_by_their_playlist(tmp_path: Path) -> None:
    (tmp_path / "index.m3u8").write_text(
        '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:4.000000,\n0.m4s\n#EXTINF:1.5,\n1.m4s\n#EXT-X-ENDLIST\n'
    )
    for name, size in (("init.mp4", 8), ("0.m4s", 40), ("1.m4s", 20)):
        (tmp_path / name).write_bytes(bytes(size))
    segments = read_segments(tmp_path, "index.m3u8", "init.mp4")
    assert segments == Segments((4.0, 1.5), (40, 20), 8)
    (tmp_path / "1.m4s").unlink()
    with pytest.raises(OSError):
        read_segments(tmp_path, "index.m3u8", "init.mp4")


def rung(height: int, bitrate: int) -> Rendition:
    path = f"{height}p/index.m3u8"
    return Rendition(f"{height}p", "hls-video", path, 1, 6.0, bitrate, bitrate, "avc1.64001E", height * 16 // 9, height)


def test_the_first_variant_is_the_one_that_most_networks_carry() -> None:
    master = multivariant([rung(1080, 6_000_000), rung(720, 3_000_000), rung(540, 2_000_000), rung(234, 145_000)])
    assert [line for line in master.splitlines() if not line.startswith("#")] == [
        "540p/index.m3u8",
        "1080p/index.m3u8",
        "720p/index.m3u8",
        "234p/index.m3u8",
    ]


def test_an_encoder_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="MEDIA_FFMPEG_BINARY"):
        find_ffmpeg(str(tmp_path / "missing"))
    assert find_ffmpeg().tone_maps
