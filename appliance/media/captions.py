"""Captions: SubRip or WebVTT as people have them, in; clean WebVTT and its HLS playlist out.

WebVTT is the W3C's "WebVTT: The Web Video Text Tracks Format". What is kept: times, positions, text and the tags that
the standard lists. Styles, regions, notes and markup of any other kind are left out: players put text into a page.
"""

import html
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.domain.errors import InvalidRequest

MAX_BYTES = 1024 * 1024
MAX_CUES = 50_000

_TIME = r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:[ \t]+(.*))?\s*\Z")
_SETTING = re.compile(
    r"(?:vertical:(?:rl|lr)|align:(?:start|center|end|left|right)"
    r"|(?:line|position|size):-?\d{1,4}(?:\.\d{1,4})?%?(?:,[a-z-]{3,10})?)\Z"
)
_TAG = re.compile(
    r"</?(?:b|i|u|c|ruby|rt)(?:\.[\w-]+)*>|<(?:v|lang)(?:\.[\w-]+)*[ \t][^<>&\n]*>|</(?:v|lang)>"
    r"|<(?:\d{1,4}:)?[0-5]\d:[0-5]\d\.\d{3}>"
)
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8}){0,3}\Z")


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption. start, end: milliseconds. text: WebVTT cue text, escaped, its lines divided by a line feed."""

    start: int
    end: int
    text: str
    settings: str = ""


@dataclass(frozen=True, slots=True)
class CaptionTrack:
    """A caption file of a film. language: RFC 5646. uri: of its HLS playlist, relative to the multivariant one."""

    language: str
    label: str
    uri: str


def language_tag(text: str) -> str:
    """`text` itself where it looks like an RFC 5646 language tag, else InvalidRequest."""
    if not _LANGUAGE.match(text):
        raise InvalidRequest("language must be a tag such as en, de or pt-BR.", field="language")
    return text


def read_captions(data: bytes) -> tuple[Cue, ...]:
    """The cues of a WebVTT or SubRip file, by time. Raises InvalidRequest where it is neither, or too large."""
    if len(data) > MAX_BYTES:
        raise InvalidRequest(f"Captions are limited to {MAX_BYTES} bytes.", field="body")
    text = re.sub(r"\r\n?", "\n", _decoded(data)).replace("\0", "\ufffd")
    cues = sorted(_cues(text), key=lambda cue: (cue.start, cue.end))
    if not cues:
        raise InvalidRequest("There is no caption in it; WebVTT and SubRip are understood.", field="body")
    if len(cues) > MAX_CUES:
        raise InvalidRequest(f"Captions are limited to {MAX_CUES} cues.", field="body")
    return tuple(cues)


def write_webvtt(cues: tuple[Cue, ...]) -> str:
    """A WebVTT file of these cues and nothing else."""
    blocks = ["WEBVTT"]
    for cue in cues:
        settings = f" {cue.settings}" if cue.settings else ""
        blocks.append(f"{_stamp(cue.start)} --> {_stamp(cue.end)}{settings}\n{cue.text}")
    return "\n\n".join(blocks) + "\n"


def caption_playlist(uri: str, duration: float) -> str:
    """The media playlist of a WebVTT file as one segment; only subtitles may be as long as that (RFC 8216, 6.2.4).

    duration: seconds of the film.
    """
    return (
        "#EXTM3U\n#EXT-X-VERSION:7\n"
        f"#EXT-X-TARGETDURATION:{max(1, math.ceil(duration))}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        f"#EXTINF:{duration:.6f},\n{uri}\n#EXT-X-ENDLIST\n"
    )


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or else what old subtitle editors wrote."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace").lstrip("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _cues(text: str) -> Iterator[Cue]:
    """Both formats are blocks with a timing line; what stands before it is a name or number, and of no use."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.strip("\n").split("\n")
        number, timing = next(
            ((number, match) for number, line in enumerate(lines[:2]) if (match := _TIMING.match(line))), (0, None)
        )
        if timing is None:
            continue
        start, end = _milliseconds(*timing.groups()[:4]), _milliseconds(*timing.groups()[4:8])
        content = "\n".join(filter(None, (_clean(line) for line in lines[number + 1 :])))
        if content and end > start:
            yield Cue(start, end, content, _settings(timing[9] or ""))


def _milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))


def _settings(text: str) -> str:
    return " ".join(part for part in text.split() if _SETTING.match(part))


def _clean(line: str) -> str:
    """The line with the standard's tags, all else that looks like markup left out and the rest escaped."""
    kept, end = [], 0
    for tag in _TAG.finditer(line):
        kept += [_escaped(line[end : tag.start()]), tag[0]]
        end = tag.end()
    return "".join([*kept, _escaped(line[end:])]).strip()


def _escaped(text: str) -> str:
    plain = html.unescape(_MARKUP.sub("", text))
    return html.escape(_MARKUP.sub("", plain), quote=False)


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
