"""Pictures for tests, red on the left and blue on the right, in every format that comes in."""

import io

import pillow_heif
import pyvips
from PIL import Image

from appliance.domain.transformations import parse
from appliance.media.images import Images, Original, Picture, Variant

RED, BLUE = (220, 30, 20), (20, 30, 220)


def split(width: int = 400, height: int = 300) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """The file that Pillow writes."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def sources() -> dict[str, bytes]:
    """The same picture by extension; cr2 is a raw file as cameras lay it out."""
    photo = split()
    vips = pyvips.Image.new_from_buffer(encoded(photo, "PNG"), "")
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><rect width="200" height="300" '
        b'fill="#dc1e14"/><rect x="200" width="200" height="300" fill="#141edc"/></svg>'
    )
    heif = io.BytesIO()
    pillow_heif.from_pillow(photo).save(heif, quality=80)
    jpeg = encoded(photo, "JPEG", quality=95)
    return {
        "jpg": jpeg,
        "png": encoded(photo, "PNG"),
        "webp": encoded(photo, "WEBP"),
        "gif": encoded(photo, "GIF"),
        "bmp": encoded(photo, "BMP"),
        "tif": encoded(photo, "TIFF", compression="tiff_lzw"),
        "avif": vips.heifsave_buffer(compression="av1", Q=80, effort=1),
        "heic": heif.getvalue(),
        "svg": svg,
        "cr2": b"II*\x00\x08\x00\x00\x00\x00\x00" + bytes(40) + encoded(split(80, 60), "JPEG") + jpeg + bytes(90),
    }


def make(images: Images, data: bytes, text: str, *, ext: str = "jpg", accepts: str = "") -> Picture:
    """What a client that accepts those formats gets for a transformation."""
    variant = Variant(parse(text), frozenset(accepts.split()))
    return images.transform(Original([data], len(data), ext), variant)
