"""Captions as people have them become WebVTT that is safe to put into a page."""

import m3u8
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.errors import InvalidRequest
from appliance.domain.renditions import Rendition
from appliance.media.captions import (
    MAX_BYTES,
    CaptionTrack,
    Cue,
    caption_playlist,
    language_tag,
    read_captions,
    write_webvtt,
)
from appliance.media.playlists import multivariant

SRT = """1\r
00:00:01,000 --> 00:00:02,500\r
<i>Hello</i> & welcome\r
{\\an8}to the <font color="red">film</font>\r
\r
2\r
00:01:00,5 --> 01:00:00,000\r
Second\r
"""


def test_subrip_becomes_webvtt() -> None:
    assert write_webvtt(read_captions(SRT.encode())) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>Hello</i> &amp; welcome\nto the film\n\n"
        "00:01:00.500 --> 01:00:00.000\nSecond\n"
    )


def test_webvtt_keeps_positions_and_loses_styles_notes_and_regions() -> None:
    text = """\ufeffWEBVTT - title

STYLE
::cue { background: url(http://example.com/) }

NOTE --> nothing

REGION
id:x

intro
00:01.000 --> 00:02.000 line:0 position:20%,line-left align:start onclick:x region:x
- <v Fred>Hi, <c.yellow>you</c></v>
- <script>alert(1)</script>&lt;b&gt;
"""
    cues = read_captions(text.encode())
    assert cues == (
        Cue(
            1000,
            2000,
            "- <v Fred>Hi, <c.yellow>you</c></v>\n- alert(1)",
            "line:0 position:20%,line-left align:start",
        ),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_old_encodings_are_understood(encoding: str) -> None:
    cues = read_captions("1\n00:00:01,000 --> 00:00:02,000\nÀ bientôt – „ja“\n".encode(encoding))
    assert cues[0].text == "À bientôt – „ja“"


def test_cues_come_in_the_order_of_time() -> None:
    text = "WEBVTT\n\n00:05.000 --> 00:06.000\nb\n\n00:01.000 --> 00:02.000\na\n"
    assert [cue.text for cue in read_captions(text.encode())] == ["a", "b"]


@pytest.mark.parametrize("data", [b"", b"hello", b"WEBVTT\n", b"WEBVTT\n\n00:02.000 --> 00:01.000\nbackwards\n"])
def test_what_holds_no_caption_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_captions(data)
    assert refused.value.field == "body"


def test_large_files_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        read_captions(b" " * (MAX_BYTES + 1))


def stamp(time: int) -> str:
    return f"{time // 3_600_000:02d}:{time // 60_000 % 60:02d}:{time // 1000 % 60:02d},{time % 1000:03d}"


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 10**6), st.text(max_size=80)), min_size=1, max_size=8))
def test_whatever_is_written_is_read_again_as_it_was(drafts: list[tuple[int, int, str]]) -> None:
    lines = [
        f"{number}\n{stamp(start)} --> {stamp(start + length)}\nx{text}\n"
        for number, (start, length, text) in enumerate(drafts)
    ]
    try:
        cues = read_captions("\n".join(lines).encode("utf-8", errors="replace"))
    except InvalidRequest:
        return
    assert read_captions(write_webvtt(cues).encode()) == cues


@given(st.text(max_size=200))
def test_no_markup_but_the_standards_survives(text: str) -> None:
    data = f"1\n00:00:01,000 --> 00:00:02,000\nx {text}<img src=x onerror=y>&lt;script&gt;\n".encode(errors="replace")
    for cue in read_captions(data):
        assert "<img" not in cue.text
        assert "<script" not in cue.text
        assert "-->" not in cue.text


def test_languages_are_tags() -> None:
    assert language_tag("pt-BR") == "pt-BR"
    for wrong in ("", "e", "english", "en/..", 'en"', "en-"):
        with pytest.raises(InvalidRequest):
            language_tag(wrong)


def test_captions_are_offered_beside_the_ladder() -> None:
    rung = Rendition("360p", "hls-video", "360p/index.m3u8", 1000, 6.0, 400_000, 300_000, "avc1.64001E", 640, 360, 25.0)
    sound = Rendition(
        "a0", "hls-audio", "a0/index.m3u8", 100, 6.0, 130_000, 128_000, "mp4a.40.2", channels=2, default=True
    )
    track = CaptionTrack("de", 'Deutsch "neu"', "captions/de.m3u8")
    master = m3u8.loads(multivariant([rung, sound], [track]))
    (variant,) = master.playlists
    assert (variant.stream_info.bandwidth, variant.stream_info.average_bandwidth) == (530_000, 428_000)
    assert variant.stream_info.codecs == "avc1.64001E,mp4a.40.2"
    assert [(one.type, one.name, one.language, one.default) for one in master.media] == [
        ("AUDIO", "Audio", None, "YES"),
        ("SUBTITLES", "Deutsch neu", "de", "NO"),
    ]
    playlist = m3u8.loads(caption_playlist("de.vtt", 6.02))
    assert playlist.target_duration == 7
    assert [segment.uri for segment in playlist.segments] == ["de.vtt"]
    assert playlist.is_endlist
