"""Transformed pictures, uncached: ours, with the way through the child, against Pillow doing the same in process."""

import io
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from PIL import Image, ImageOps

from appliance.domain.transformations import parse
from appliance.media.images import Images, Original, Variant

SIZE = (6000, 4000)
BOX = (300, 200)
TEXT = "w_300,h_200,c_fill,f_jpg,q_80"
ROUNDS = 3
SECONDS = 4.0
_TURNED = 6


def run() -> dict[str, Any]:
    """Pictures a second, medians of three alternating rounds, one caller each, of a photo of 24 million pixels.

    Both turn it upright, fill the same box with the same part of it, resize well and write JPEG of the same quality.
    """
    photo = _photo()
    images = Images()
    variant = Variant(parse(TEXT))

    def ours() -> bytes:
        return images.transform(Original([photo], len(photo), "jpg"), variant).data

    def peer() -> bytes:
        with Image.open(io.BytesIO(photo)) as image:
            ImageOps.exif_transpose(image, in_place=True)
            made = ImageOps.fit(image, BOX, Image.Resampling.LANCZOS)
            buffer = io.BytesIO()
            made.save(buffer, "JPEG", quality=80, optimize=True)
            return buffer.getvalue()

    try:
        assert _size(ours()) == _size(peer()) == BOX
        rates: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for make, rate in zip((ours, peer), rates, strict=True):
                rate.append(_rate(make))
    finally:
        images.close()
    mine, theirs = median(rates[0]), median(rates[1])
    return {
        "bench": "images",
        "ours": round(mine, 1),
        "peer": round(theirs, 1),
        "unit": "pictures/s",
        "ratio": round(mine / theirs, 1),
        "aim": 3,
    }


def _photo() -> bytes:
    """Fine structure and noise everywhere, so that the decoder has as much to do as with a real photo."""
    image = Image.effect_mandelbrot(SIZE, (-2.2, -1.2, 1.0, 1.2), 90).convert("RGB")
    noise = Image.effect_noise(SIZE, 30).convert("RGB")
    exif = image.getexif()
    exif[0x0112] = _TURNED
    buffer = io.BytesIO()
    Image.blend(image, noise, 0.3).save(buffer, "JPEG", quality=90, exif=exif)
    return buffer.getvalue()


def _size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.width, image.height


def _rate(make: Callable[[], bytes]) -> float:
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < SECONDS:
        make()
        done += 1
    return done / elapsed
