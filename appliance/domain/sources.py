"""What an encoder must know of a file before it can plan: facts of its streams, as they were found."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class Gops:
    """What the groups of pictures of a stream look like, by an index or a sample. longest: seconds between key frames.

    closed: no picture refers across a key frame. whole: from the container's index, not a sample.
    """

    longest: float
    closed: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A video stream. width, height: as shown, with square pixels and rotation applied. bitrate: bit/s.

    codec: FFmpeg's name. codec_string: RFC 6381. as_stored: shown exactly as it is stored (no rotation, square pixels).
    colours_named: it says which matrix its colours are coded by; else players guess by the height.
    steady: frames come at `frame_rate`, none missing. starts_with_key: decodable and visible from its first packet.
    """

    stream: int
    codec: str
    codec_string: str
    pixel_format: str
    width: int
    height: int
    frame_rate: Fraction
    as_stored: bool = True
    steady: bool = True
    interlaced: bool = False
    transfer: Literal["sdr", "pq", "hlg"] = "sdr"
    colours_named: bool = True
    bitrate: int | None = None
    starts_with_key: bool = False
    gops: Gops | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """An audio stream. language: as tagged, by RFC 5646 or ISO 639-2; None for unknown. bitrate: bit/s.

    starts_at_zero: it begins with the file, and has nothing before that a player would have to hide.
    """

    stream: int
    codec: str
    codec_string: str
    channels: int
    sample_rate: int
    starts_at_zero: bool = True
    bitrate: int | None = None
    language: str | None = None
    title: str | None = None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file to plan for. container: FFmpeg's first name of it. duration: seconds, None where none is known."""

    container: str
    duration: float | None
    picture: Picture | None
    sounds: tuple[Sound, ...] = ()
