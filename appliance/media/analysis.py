"""From the probing child's closer look at a file to what the ladder is planned from."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from appliance.domain.errors import Malformed
from appliance.domain.sources import Gops, Picture, Sound, Source
from appliance.media.codecs import codec_string
from appliance.media.facts import best_picture, duration_of, shown_size, stream_of

#: ITU-T H.273, transfer characteristics and matrix coefficients.
_PQ, _HLG = 16, 18
_UNSPECIFIED = 2
_USUAL_RATES = tuple(
    Fraction(top, bottom)
    for top, bottom in ((24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60_000, 1001), (60, 1))
)
_HIGHEST_RATE = Fraction(240)


def source_of(answer: Mapping[str, Any]) -> Source:
    """The child's answer in the words of the domain. Raises Malformed where there is nothing to see or hear."""
    container = str(answer["format"]).partition(",")[0]
    streams: Sequence[Mapping[str, Any]] = answer["streams"]
    video = best_picture(streams)
    sounds = tuple(
        _sound(one, container == "mov")
        for one in streams
        if one["type"] == "audio" and one["codec"] and one["channels"]
    )
    if video is None and not sounds:
        raise Malformed("The file has nothing in it to see or hear.")
    duration = duration_of(answer, video or next(one for one in streams if one["type"] == "audio"))
    return Source(
        container=container,
        duration=duration,
        picture=_picture(video, container, answer.get("bitrate")) if video is not None else None,
        sounds=sounds,
    )


def _picture(stream: Mapping[str, Any], container: str, whole_bitrate: int | None) -> Picture:
    turned = stream.get("rotation", 0) % 180 == 90
    width, height = shown_size(stream, turned)
    assert width is not None and height is not None
    steady = bool(stream.get("steady"))
    return Picture(
        stream=stream["index"],
        codec=stream["codec"],
        codec_string=codec_string(stream_of(stream, container == "mov")),
        pixel_format=stream.get("pixels") or "unknown",
        width=width,
        height=height,
        frame_rate=_frame_rate(stream, steady),
        as_stored=stream.get("rotation", 0) == 0 and stream["aspect"] == 1,
        steady=steady,
        interlaced=bool(stream.get("interlaced")),
        transfer={_PQ: "pq", _HLG: "hlg"}.get(stream["transfer"], "sdr"),  # type: ignore[arg-type]
        colours_named=stream.get("matrix", _UNSPECIFIED) != _UNSPECIFIED,
        bitrate=_bitrate(stream, whole_bitrate),
        starts_with_key=bool(stream.get("starts_with_key")),
        gops=Gops(**stream["gops"]) if stream.get("gops") else None,
    )


def _bitrate(stream: Mapping[str, Any], whole: int | None) -> int | None:
    rate = stream["bitrate"] or stream.get("sampled_bitrate") or whole
    return round(rate) if rate else None


def _frame_rate(stream: Mapping[str, Any], steady: bool) -> Fraction:
    """The container's word where frames come steadily, else the usual rate nearest to the most common step."""
    said = Fraction(*stream["rate"]) if stream["rate"] else None
    step = stream.get("step")
    if said is not None and (steady or not step) and said <= _HIGHEST_RATE:
        return said
    seen = 1 / step if step else 25.0
    usual = min(_USUAL_RATES, key=lambda rate: abs(float(rate) - seen))
    if abs(float(usual) - seen) <= 0.04 * seen or seen > _USUAL_RATES[-1]:
        return usual
    return max(Fraction(1), Fraction(seen).limit_denominator(100))


def _sound(stream: Mapping[str, Any], in_mp4: bool) -> Sound:
    language = stream["language"]
    return Sound(
        stream=stream["index"],
        codec=stream["codec"],
        codec_string=codec_string(stream_of(stream, in_mp4)),
        channels=stream["channels"],
        sample_rate=stream["sample_rate"],
        starts_at_zero=stream["starts_at_zero"],
        bitrate=stream["bitrate"],
        language=language if language not in (None, "", "und") else None,
        title=stream["title"] or None,
        default=stream["default"],
    )
