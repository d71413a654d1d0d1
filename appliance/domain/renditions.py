"""The ladder: which renditions a file gets, as pure functions of what is known of it.

Rates and sizes follow Apple's "HLS Authoring Specification for Apple Devices", the table for H.264 and 16:9.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from appliance.domain.errors import DurationLimit, Malformed
from appliance.domain.soundtracks import AudioRung, audio_ladder, audio_tracks
from appliance.domain.sources import Picture, Source

Level = Literal["preview", "full"]


class TranscodeChoice(StrEnum):
    """What a tenant wants made of its films: nothing, the first playable form alone, or the ladder."""

    NONE = "none"
    PREVIEW = "preview"
    FULL = "full"


#: Height of the 16:9 frame that a rung must fit into → most bits a second.
#: Apple lists 432, 720 and 1080 twice; one of each will do.
VIDEO_RUNGS = {1080: 6_000_000, 720: 3_000_000, 540: 2_000_000, 432: 1_100_000, 360: 365_000, 234: 145_000}
PREVIEW_HEIGHT = 360
MAX_FRAME_RATE = 60
KEYFRAME_SECONDS = 2
SEGMENT_SECONDS = 4
#: Below the largest rung come those that are smaller than this share of it.
_NEAR = 0.9
#: Codecs in which each picture stands alone and costs most of the work to decode; a preview can leave some out.
_INTRA_ONLY = frozenset({"prores", "dnxhd", "cfhd", "jpeg2000", "mjpeg", "dvvideo", "v210", "rawvideo"})
_SPARING_SECONDS, _SPARING_RATE = 20.0, 23
#: A source is copied up to this multiple of what its size would be encoded at; the least and the most of that, bit/s.
_COPY_FACTOR, _COPY_LEAST, _COPY_MOST = 2.0, 2_500_000, 20_000_000
_COPY_PIXELS = ("yuv420p", "yuvj420p")
_COPY_PROFILES = ("avc1.42", "avc1.4D", "avc1.58", "avc1.64")


@dataclass(frozen=True, slots=True)
class VideoRung:
    """One video rendition. max_bitrate: bit/s, the cap of an encoded one. copied: the source's own packets."""

    name: str
    width: int
    height: int
    max_bitrate: int
    copied: bool = False


@dataclass(frozen=True, slots=True)
class LadderPlan:
    """All that one encoder process is to make. Beside video, audio rungs are its tracks; alone, they are the ladder.

    frame_rate: of the encoded rungs; None where they keep the source's own times, because a copied rung does.
    sparing: of an intra-only source only every second picture need be decoded.
    """

    level: Level
    source: Source
    video: tuple[VideoRung, ...]
    audio: tuple[AudioRung, ...]
    frame_rate: Fraction | None
    sparing: bool = False

    @property
    def rungs(self) -> tuple[VideoRung | AudioRung, ...]:
        return (*self.video, *self.audio)

    @property
    def copies_video(self) -> bool:
        return any(rung.copied for rung in self.video)

    @property
    def keyframe_interval(self) -> int:
        """Frames from one key frame to the next in encoded rungs."""
        rate = self.frame_rate or (self.source.picture.frame_rate if self.source.picture else Fraction(25))
        return max(1, round(rate * KEYFRAME_SECONDS))


@dataclass(frozen=True, slots=True)
class Rendition:
    """A finished rendition. bitrate: the peak, average: the mean, both bit/s. path: relative to its generation."""

    name: str
    kind: Literal["hls-video", "hls-audio", "mp4", "audio"]
    path: str
    bytes: int
    duration: float
    bitrate: int
    average: int
    codecs: str
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    channels: int | None = None
    label: str | None = None
    language: str | None = None
    default: bool = False


def download_name(rung: Rendition) -> str:
    """What the single file of one rung is called."""
    return f"{rung.name}.mp4" if rung.kind == "hls-video" else f"{rung.name}.m4a"


def file_prefix(tenant_id: str, file_id: str) -> str:
    """Under which keys everything lies that was made from a file; ends with a slash."""
    return f"renditions/{tenant_id}/{file_id}/"


def generation_prefix(tenant_id: str, file_id: str, number: int) -> str:
    """Under which keys one generation lies; ends with a slash."""
    return f"{file_prefix(tenant_id, file_id)}{number}/"


def plan_ladder(
    source: Source, level: Level, *, may_copy: bool = True, max_duration: float | None = None
) -> LadderPlan:
    """What to make of `source`. `preview`: the one rendition that is done soonest; `full`: the ladder.

    may_copy: False encodes also what could be copied. max_duration: seconds.
    Raises DurationLimit where the source runs longer, Malformed where there is nothing to see or hear.
    """
    if max_duration is not None and (source.duration or 0) > max_duration:
        raise DurationLimit(f"The file runs {source.duration:.0f} s; the limit is {max_duration:.0f} s.")
    picture = source.picture
    if picture is None and not source.sounds:
        raise Malformed("The file has nothing in it to see or hear.")
    if picture is None:
        return LadderPlan(level, source, (), audio_ladder(source.sounds[0], shortest=level == "preview"), None)
    copied = may_copy and can_be_copied(picture)
    video = _video_ladder(picture, level, copied=copied)
    sparing = level == "preview" and not copied and _is_slow(picture, source.duration)
    rate = None if copied else steady_rate(picture.frame_rate / 2 if sparing else picture.frame_rate)
    return LadderPlan(level, source, video, audio_tracks(source.sounds, only_default=level == "preview"), rate, sparing)


def can_be_copied(picture: Picture) -> bool:
    """Whether the stream can be a rung as it is: H.264 that any device plays, cut at its own key frames."""
    gops = picture.gops
    return (
        picture.codec == "h264"
        and picture.codec_string.startswith(_COPY_PROFILES)
        and picture.pixel_format in _COPY_PIXELS
        and picture.as_stored
        and not picture.interlaced
        and picture.transfer == "sdr"
        and picture.starts_with_key
        and picture.frame_rate <= MAX_FRAME_RATE
        and gops is not None
        and gops.closed
        and gops.longest <= SEGMENT_SECONDS + 0.1
        and picture.bitrate is not None
        and picture.bitrate <= _copy_limit(picture)
    )


def _is_slow(picture: Picture, duration: float | None) -> bool:
    """Whether decoding every picture would keep somebody waiting who only wants to see whether it is the right film."""
    long = duration is not None and duration > _SPARING_SECONDS
    return long and picture.codec in _INTRA_ONLY and picture.frame_rate >= _SPARING_RATE and picture.height > 540


def _copy_limit(picture: Picture) -> float:
    usual = _COPY_FACTOR * _bitrate(picture.width, picture.height)
    return min(_COPY_MOST, max(_COPY_LEAST, usual))


def steady_rate(rate: Fraction) -> Fraction:
    """The frame rate to encode at: the source's own, or the largest whole fraction of it up to 60 a second."""
    divisor = -(-rate // MAX_FRAME_RATE) if rate > MAX_FRAME_RATE else 1
    return rate / divisor


def height_class(width: int, height: int) -> int:
    """The height of the smallest 16:9 frame, standing or lying, that holds the picture: 1920 x 800 is 1080."""
    return max(min(width, height), round(max(width, height) * 9 / 16))


def _video_ladder(picture: Picture, level: Level, *, copied: bool) -> tuple[VideoRung, ...]:
    """The source's own size first, at most the table's largest unless it is copied; then what the table has below."""
    own = height_class(picture.width, picture.height)
    if copied:
        top = VideoRung(f"{own}p", picture.width, picture.height, picture.bitrate or 0, copied=True)
    else:
        top = _rung(picture, min(own, PREVIEW_HEIGHT if level == "preview" else max(VIDEO_RUNGS)))
    if level == "preview":
        return (top,)
    below = [height for height in VIDEO_RUNGS if height < height_class(top.width, top.height) * _NEAR]
    return top, *(_below(picture, top, height) if copied else _rung(picture, height) for height in below)


def _below(picture: Picture, top: VideoRung, height: int) -> VideoRung:
    """A rung under a copied one: never more bits than the copy has for as many pixels, or players would prefer it."""
    rung = _rung(picture, height)
    share = (rung.width * rung.height / (top.width * top.height)) ** 0.75
    cap = min(rung.max_bitrate, max(64_000, round(top.max_bitrate * share)))
    return VideoRung(rung.name, rung.width, rung.height, cap)


def _rung(picture: Picture, height: int) -> VideoRung:
    own = height_class(picture.width, picture.height)
    scale = min(1.0, height / own)
    width, tall = _even(picture.width, scale), _even(picture.height, scale)
    return VideoRung(f"{height}p", width, tall, _bitrate(width, tall))


def _bitrate(width: int, height: int) -> int:
    """The table's cap for a picture, between its lines and for other shapes by the power 0.75 of the pixel count."""
    own = height_class(width, height)
    line = min((height for height in VIDEO_RUNGS if height >= own), default=max(VIDEO_RUNGS))
    pixels = width * height / (line * line * 16 / 9)
    share: float = min(pixels, 8.0) ** 0.75
    return max(min(VIDEO_RUNGS.values()), round(VIDEO_RUNGS[line] * share / 1000) * 1000)


def _even(length: int, scale: float) -> int:
    """4:2:0 has one colour sample for two pixels. Rounded to the nearest, but never up from the source."""
    return max(2, min(2 * round(length * scale / 2), 2 * (length // 2)))
