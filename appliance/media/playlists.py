"""HLS playlists (RFC 8216): what the packager wrote, measured, and the multivariant playlist over it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.renditions import Rendition
from appliance.media.captions import CaptionTrack

_EXTINF = re.compile(r"#EXTINF:([0-9.]+),[^\n]*\n([^#\n]+)")
_FIRST_CHOICE = 2_500_000
_AUDIO, _SUBTITLES = "audio", "subtitles"


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of one media playlist: seconds and bytes of each, and bytes of the initialisation section."""

    durations: tuple[float, ...]
    sizes: tuple[int, ...]
    init_bytes: int

    @property
    def duration(self) -> float:
        return sum(self.durations)

    @property
    def bytes(self) -> int:
        return sum(self.sizes) + self.init_bytes

    @property
    def average(self) -> int:
        """Bit/s over all (AVERAGE-BANDWIDTH, RFC 8216 4.3.4.2)."""
        return round(sum(self.sizes) * 8 / self.duration) if self.duration else 0

    @property
    def peak(self) -> int:
        """Bit/s of the worst run of segments lasting 0.5 to 1.5 target durations (BANDWIDTH, RFC 8216 4.1)."""
        target = max((round(duration) for duration in self.durations), default=0)
        worst = self.average
        for first in range(len(self.durations)):
            seconds, size = 0.0, 0
            for duration, weight in zip(self.durations[first:], self.sizes[first:], strict=True):
                seconds, size = seconds + duration, size + weight
                if seconds > 1.5 * target:
                    break
                if seconds >= 0.5 * target and seconds > 0:
                    worst = max(worst, round(size * 8 / seconds))
        return worst


def read_segments(folder: Path, playlist: str, init: str) -> Segments:
    """What is in `folder` by its playlist. Raises OSError where a segment is missing."""
    found = _EXTINF.findall((folder / playlist).read_text())
    return Segments(
        tuple(float(duration) for duration, _ in found),
        tuple((folder / name.strip()).stat().st_size for _, name in found),
        (folder / init).stat().st_size,
    )


def multivariant(renditions: Sequence[Rendition], captions: Sequence[CaptionTrack] = ()) -> str:
    """The playlist over all HLS renditions of one generation (RFC 8216, 4.3.4); captions are added to it later.

    Variants come with the one that most networks carry first, where players without a measurement start.
    """
    video = [one for one in renditions if one.kind == "hls-video"]
    audio = [one for one in renditions if one.kind == "hls-audio"]
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if video:
        lines += [_audio_line(one) for one in audio]
    lines += [_caption_line(track) for track in captions]
    for one in _ordered(video or audio):
        lines += [_variant_line(one, audio if video else [], bool(captions)), one.path]
    return "\n".join(lines) + "\n"


def _ordered(variants: Sequence[Rendition]) -> list[Rendition]:
    falling = sorted(variants, key=lambda one: one.bitrate, reverse=True)
    first = next((one for one in falling if one.bitrate <= _FIRST_CHOICE), falling[-1])
    return [first, *(one for one in falling if one is not first)]


def _variant_line(one: Rendition, audio: Sequence[Rendition], has_captions: bool) -> str:
    codecs = dict.fromkeys([one.codecs, *(track.codecs for track in audio)])
    fields = {
        "BANDWIDTH": str(one.bitrate + max((track.bitrate for track in audio), default=0)),
        "AVERAGE-BANDWIDTH": str(one.average + max((track.average for track in audio), default=0)),
        "CODECS": _quoted(",".join(codecs)),
    }
    if one.width and one.height:
        fields["RESOLUTION"] = f"{one.width}x{one.height}"
    if one.frame_rate:
        fields["FRAME-RATE"] = f"{one.frame_rate:.3f}"
    if audio:
        fields["AUDIO"] = _quoted(_AUDIO)
    if has_captions:
        fields["SUBTITLES"] = _quoted(_SUBTITLES)
    return "#EXT-X-STREAM-INF:" + _joined(fields)


def _audio_line(one: Rendition) -> str:
    fields = {"TYPE": "AUDIO", "GROUP-ID": _quoted(_AUDIO), "NAME": _quoted(one.label or "Audio")}
    if one.language:
        fields["LANGUAGE"] = _quoted(one.language)
    fields |= {"DEFAULT": "YES" if one.default else "NO", "AUTOSELECT": "YES"}
    return "#EXT-X-MEDIA:" + _joined(fields | {"CHANNELS": _quoted(str(one.channels or 2)), "URI": _quoted(one.path)})


def _caption_line(track: CaptionTrack) -> str:
    fields = {
        "TYPE": "SUBTITLES", "GROUP-ID": _quoted(_SUBTITLES), "NAME": _quoted(track.label),
        "LANGUAGE": _quoted(track.language), "DEFAULT": "NO", "AUTOSELECT": "YES",
        "FORCED": "NO", "URI": _quoted(track.uri),
    }  # fmt: skip
    return "#EXT-X-MEDIA:" + _joined(fields)


def _joined(fields: dict[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in fields.items())


def _quoted(text: str) -> str:
    """A quoted-string holds neither quotes nor line breaks (RFC 8216, 4.2)."""
    return '"' + "".join(character for character in text if character not in '"\r\n') + '"'
