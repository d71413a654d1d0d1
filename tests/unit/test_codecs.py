"""Codec strings, from configuration records as real encoders write them."""

import pytest

from appliance.media.codecs import Stream, codec_string


def stream(codec: str, extradata: str = "", **fields: object) -> Stream:
    given = {"tag": "", "profile": None, "level": -99, "in_mp4": True, "width": 0, "height": 0, "pixels": "yuv420p"}
    return Stream(codec=codec, extradata=bytes.fromhex(extradata), **(given | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("described", "name"),
    [
        (stream("h264", "0164000cffe1001a"), "avc1.64000C"),
        (stream("h264", "0142c01effe1"), "avc1.42C01E"),
        (stream("h264", "0000000167640028acd9"), "avc1.640028"),
        (stream("h264", "0000016764001facd9"), "avc1.64001F"),
        (stream("h264"), "avc1"),
        (stream("hevc", "0101600000009000000000003cf000", tag="hvc1"), "hvc1.1.6.L60.90"),
        (stream("hevc", "01022000000090000000000099f000", tag="hev1"), "hev1.2.4.L153.90"),
        (stream("hevc", "012160000000b0000000000078f000"), "hvc1.1.6.H120.B0"),
        (stream("hevc", "014160000000000000000000 78".replace(" ", "")), "hvc1.A1.6.L120"),
        (stream("hevc", "0000000140010c01"), "hvc1"),
        (stream("vp9", profile="Profile 0", width=1920, height=1080), "vp09.00.40.08"),
        (stream("vp9", profile="Profile 2", width=3840, height=2160, pixels="yuv420p10le"), "vp09.02.50.10"),
        (stream("vp9", profile="Profile 0", level=31), "vp09.00.31.08"),
        (stream("vp9", profile=None, width=8192, height=4320), "vp09.00.60.08"),
        (stream("av1", "81000d00"), "av01.0.00M.08"),
        (stream("av1", "81084c00"), "av01.0.08M.10"),
        (stream("av1", "8153ec00"), "av01.2.19H.12"),
        (stream("av1"), "av01"),
        (stream("aac", "120856e500"), "mp4a.40.2"),
        (stream("aac", "2b8a"), "mp4a.40.5"),
        (stream("aac", "f84a"), "mp4a.40.34"),
        (stream("aac", profile="HE-AACv2"), "mp4a.40.29"),
        (stream("aac"), "mp4a.40.2"),
        (stream("mp3"), "mp4a.6B"),
        (stream("mp3", in_mp4=False), "mp3"),
        (stream("prores", tag="apch"), "apch"),
        (stream("prores", tag="\x00\x00"), "prores"),
        (stream("opus"), "opus"),
        (stream("ac3"), "ac-3"),
        (stream("eac3"), "ec-3"),
        (stream("vp8"), "vp8"),
        (stream("flac"), "flac"),
        (stream("dnxhd"), "dnxhd"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_codec_strings(described: Stream, name: str) -> None:
    assert codec_string(described) == name
