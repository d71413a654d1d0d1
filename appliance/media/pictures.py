"""Opening a picture in a child: which decoder may look at it, how large it is, which way is up."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import pillow_heif
import pyvips

from appliance.media import raw_previews, svg
from appliance.media.child_loop import Limit
from appliance.media.pixels import from_frame, from_rows

MAX_PIXELS = 200_000_000
_HEIF_ERRORS = (OSError, ValueError, RuntimeError, SyntaxError)
_FRAME = re.compile(rb"P6 ([0-9]{1,5}) ([0-9]{1,5}) 255\n")
_AV1_BRANDS = (b"avif", b"avis")
#: The only decoders of libvips that may be reached, whatever a file begins with.
_LOADERS = (
    "VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp", "VipsForeignLoadNsgif", "VipsForeignLoadHeif",
    "VipsForeignLoadTiff", "VipsForeignLoadSvg",
)  # fmt: skip
_FORMATS = {"jpegload": "jpg", "pngload": "png", "webpload": "webp", "gifload": "gif"}


def prepare() -> None:
    """Shut every decoder but those in the table, and keep nothing of one file for the next."""
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in _LOADERS:
        pyvips.operation_block_set(name, False)
    pyvips.cache_set_max(0)


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture before its pixels are decoded. width, height: as shown, of one page. pages: more than 1 if animated.

    format: jpg, png, webp, gif or avif; empty for what browsers do not show. has_alpha: something may be transparent.
    resized: the picture, or all pages of it one below the other, at (width, height) as shown and the right way up.
    """

    width: int
    height: int
    pages: int
    format: str
    has_alpha: bool
    resized: Callable[[int, int, int], Any]


def open_picture(data: bytes, ext: str) -> Opened:
    """The picture in `data`, whose name has the extension `ext`. Raises ValueError, or Limit by its size alone."""
    if ext in raw_previews.EXTENSIONS:
        preview, orientation = raw_previews.find_preview(data)
        return _open_by_vips(preview, orientation)
    if data[4:8] == b"ftyp" and not any(brand in data[8 : int.from_bytes(data[:4])] for brand in _AV1_BRANDS):
        return _open_heif(data)
    frame = _FRAME.match(data)
    if frame is not None:
        return _open_frame(data, frame)
    if data[:2] == b"BM":
        return _open_bitmap(data)
    return _open_by_vips(data)


def _open_by_vips(data: bytes, orientation: int = 1) -> Opened:
    try:
        header = pyvips.Image.new_from_buffer(data, "")
        loader = _text(header, "vips-loader").removesuffix("_buffer")
        pages = header.get("n-pages") if header.get_typeof("n-pages") and loader in ("gifload", "webpload") else 1
    except pyvips.Error as error:
        raise ValueError(reason(error)) from None
    if loader == "svgload":
        svg.check_alone(data)
    _check_size(header.width * header.height * pages)
    if header.get_typeof("orientation") and header.get("orientation") > 1:
        orientation = header.get("orientation")
    turned = orientation >= 5

    def resized(width: int, height: int, pages: int) -> Any:
        wanted = (height, width) if turned else (width, height)
        options = "fail_on=truncated" + (f",n={pages}" if pages > 1 else "")
        image = pyvips.Image.thumbnail_buffer(
            data, wanted[0], height=wanted[1], size="force", no_rotate=True, option_string=options
        )
        # Decoders give rows once, in order; cutting, turning and looking for the subject take them in any.
        return _upright(image.copy_memory(), orientation)

    width, height = (header.height, header.width) if turned else (header.width, header.height)
    name = "avif" if loader == "heifload" else _FORMATS.get(loader, "")
    return Opened(width, height, pages, name, header.hasalpha(), resized)


def _open_heif(data: bytes) -> Opened:
    try:
        heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    except _HEIF_ERRORS as error:
        raise ValueError(str(error)) from None
    width, height = heif.size
    _check_size(width * height)
    profile = heif.info.get("icc_profile")

    def decoded() -> Any:
        try:
            rows = bytes(heif.data)
        except _HEIF_ERRORS as error:
            raise ValueError(str(error)) from None
        image = from_rows(rows, heif.stride, width, height, len(heif.mode))
        if profile:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        return image

    return Opened(width, height, 1, "", heif.mode[-1] in "Aa", _resizer(decoded))


def _open_frame(data: bytes, head: re.Match[bytes]) -> Opened:
    """A still of ours: Netpbm's "P6", eight bits."""
    width, height, start = int(head[1]), int(head[2]), head.end()
    if len(data) - start != width * height * 3 or not width * height:
        raise ValueError("not a frame")
    return Opened(width, height, 1, "", False, _resizer(lambda: from_rows(data[start:], width * 3, width, height, 3)))


def _open_bitmap(data: bytes) -> Opened:
    try:
        opened: Any = av.open(io.BytesIO(data), format="bmp_pipe")
        with opened as container:
            context = container.streams.video[0].codec_context
            if context is None:
                raise ValueError("nothing to see in it")
            _check_size(context.width * context.height)
            frame = next(container.decode(video=0))
    except (av.FFmpegError, IndexError, StopIteration) as error:
        raise ValueError(str(error) or "nothing to see in it") from None
    has_alpha = any(component.is_alpha for component in frame.format.components)
    return Opened(
        frame.width, frame.height, 1, "", has_alpha, _resizer(lambda: from_frame(frame, alpha=has_alpha))
    )  # fmt: skip


def _resizer(decoded: Callable[[], Any]) -> Callable[[int, int, int], Any]:
    def resized(width: int, height: int, _pages: int) -> Any:
        return decoded().thumbnail_image(width, height=height, size="force").copy_memory()

    return resized


def _upright(image: Any, orientation: int) -> Any:
    if orientation == 1:
        return image
    image = image.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    return image.autorot()


def _check_size(pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise Limit(f"it has more than {MAX_PIXELS // 1_000_000} million pixels")


def _text(image: Any, field: str) -> str:
    return str(image.get(field)) if image.get_typeof(field) else ""


def reason(error: Any) -> str:
    """What libvips says is wrong, in one line."""
    lines = [line.strip() for line in str(error.detail or error.message).splitlines() if line.strip()]
    return lines[0][:200] if lines else "not a picture"
