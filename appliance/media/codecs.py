"""Codec strings as browsers ask for them (RFC 6381 and the bindings that register with it)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream as the demuxer describes it. codec: FFmpeg's name. tag: the container's four characters, maybe binary.

    level: as FFmpeg counts it, negative where unknown. extradata: the decoder's configuration, maybe cut or empty.
    """

    codec: str
    tag: str
    profile: str | None
    level: int
    extradata: bytes
    in_mp4: bool
    width: int = 0
    height: int = 0
    pixels: str | None = None


def codec_string(stream: Stream) -> str:
    """The stream's codec as precisely as it is known; FFmpeg's own name where no binding defines one."""
    make = _BY_CODEC.get(stream.codec)
    return make(stream) if make else _NAMES.get(stream.codec, stream.codec)


def _h264(stream: Stream) -> str:
    """avc1.PPCCLL: profile, constraints and level bytes (RFC 6381, 3.3), from avcC or the first parameter set."""
    data = stream.extradata
    if data[:1] == b"\x01" and len(data) >= 4:
        return f"avc1.{data[1:4].hex().upper()}"
    start = data.find(b"\x00\x00\x01")
    if start >= 0 and len(data) >= start + 7 and data[start + 3] & 0x1F == 7:
        return f"avc1.{data[start + 4 : start + 7].hex().upper()}"
    return "avc1"


def _hevc(stream: Stream) -> str:
    """hvc1.P.C.TL.constraints (ISO/IEC 14496-15, annex E.3), from hvcC."""
    name = "hev1" if stream.tag == "hev1" else "hvc1"
    data = stream.extradata
    if data[:1] != b"\x01" or len(data) < 13:
        return name
    space, tier, profile = data[1] >> 6, "HL"[not data[1] & 0x20], data[1] & 0x1F
    compatibility = int(f"{int.from_bytes(data[2:6]):032b}"[::-1], 2)
    constraints = data[6:12].rstrip(b"\x00")
    parts = [name, f"{'ABC'[space - 1] if space else ''}{profile}", f"{compatibility:X}", f"{tier}{data[12]}"]
    return ".".join(parts + [f"{byte:X}" for byte in constraints])


def _vp9(stream: Stream) -> str:
    """vp09.PP.LL.BB ("VP Codec ISO Media File Format Binding"); the level by picture size where none is written."""
    profile = next((digit for digit in stream.profile or "" if digit.isdigit()), "0")
    level = stream.level if stream.level > 0 else _vp9_level(stream.width * stream.height)
    return f"vp09.{int(profile):02d}.{level:02d}.{_bits(stream):02d}"


_VP9_LEVELS = ((36_864, 10), (73_728, 11), (122_880, 20), (245_760, 21), (552_960, 30), (983_040, 31),
               (2_228_224, 40), (8_912_896, 50))  # fmt: skip


def _vp9_level(luma_samples: int) -> int:
    return next((level for largest, level in _VP9_LEVELS if luma_samples <= largest), 60)


def _av1(stream: Stream) -> str:
    """av01.P.LLT.BB ("AV1 Codec ISO Media File Format Binding", section 5), from av1C."""
    data = stream.extradata
    if len(data) < 4 or data[0] != 0x81:
        return "av01"
    profile, level, tier = data[1] >> 5, data[1] & 0x1F, "MH"[data[2] >> 7]
    high, twelve = data[2] >> 6 & 1, data[2] >> 5 & 1
    return f"av01.{profile}.{level:02d}{tier}.{12 if high and twelve else 10 if high else 8:02d}"


def _aac(stream: Stream) -> str:
    """mp4a.40.N: the audio object type (ISO/IEC 14496-3, 1.6.2.1)."""
    data = int.from_bytes(stream.extradata[:2])
    if len(stream.extradata) < 2:
        return f"mp4a.40.{_AAC_PROFILES.get(stream.profile or '', 2)}"
    kind = data >> 11
    return f"mp4a.40.{32 + (data >> 5 & 0x3F) if kind == 31 else kind}"


_AAC_PROFILES = {"Main": 1, "LC": 2, "SSR": 3, "LTP": 4, "HE-AAC": 5, "HE-AACv2": 29}


def _mp3(stream: Stream) -> str:
    return "mp4a.6B" if stream.in_mp4 else "mp3"


def _prores(stream: Stream) -> str:
    return stream.tag if stream.tag.startswith("ap") else "prores"


def _bits(stream: Stream) -> int:
    pixels = stream.pixels or ""
    return next((bits for bits in (10, 12) if f"p{bits}" in pixels), 8)


_BY_CODEC: Mapping[str, Callable[[Stream], str]] = {
    "h264": _h264, "hevc": _hevc, "vp9": _vp9, "av1": _av1, "aac": _aac, "mp3": _mp3, "prores": _prores,
}  # fmt: skip
_NAMES = {"ac3": "ac-3", "eac3": "ec-3", "dts": "dtsc", "mpeg4": "mp4v.20", "mp2": "mp4a.69"}
