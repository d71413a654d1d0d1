"""What a finished picture is encoded as, and how well; in children only."""

from typing import Any

from appliance.domain.layouts import Layout
from appliance.domain.transformations import Format
from appliance.media.pictures import Opened

#: AV1 is the smallest and takes ten times as long to make: beyond this WebP is sent, so that nobody waits for seconds.
_AVIF_PIXELS = 1_000_000
_QUALITY = {Format.JPG: 80, Format.WEBP: 78, Format.AVIF: 52}
#: AVIF's scale is another: 52 looks as JPEG's 80 does.
_AVIF_SCALE = 0.65
_WHITE = [255, 255, 255]


def choose(asked: Format | None, opened: Opened, plan: Layout, accepts: frozenset[str]) -> Format:
    """The format to answer in: what is asked for, the best that the client takes, or the source's own."""
    if asked is not None and asked is not Format.AUTO:
        return asked
    plain = Format.GIF if opened.pages > 1 else Format.PNG if opened.has_alpha else Format.JPG
    if asked is None:
        return Format(opened.format) if opened.format else plain
    if "avif" in accepts and opened.pages == 1 and plan.box_width * plan.box_height <= _AVIF_PIXELS:
        return Format.AVIF
    return Format.WEBP if "webp" in accepts else plain


def encode(image: Any, name: Format, quality: int | None) -> bytes:
    """The bytes, without any metadata but the colour profile. quality: 1 to 100, None for what suits the format."""
    level = quality or _QUALITY.get(name, 0)
    data: bytes
    match name:
        case Format.JPG:
            data = flat(image).jpegsave_buffer(Q=level, optimize_coding=True, keep="icc")
        case Format.WEBP:
            data = image.webpsave_buffer(Q=level, effort=3, keep="icc")
        case Format.AVIF:
            scaled = max(1, round(quality * _AVIF_SCALE)) if quality else level
            data = image.heifsave_buffer(compression="av1", Q=scaled, effort=2, keep="icc")
        case Format.GIF:
            data = image.gifsave_buffer(effort=4, keep="icc")
        case _:
            data = image.pngsave_buffer(compression=6, keep="icc")
    return data


def flat(image: Any) -> Any:
    """Without transparency, on white."""
    return image.flatten(background=_WHITE) if image.hasalpha() else image
