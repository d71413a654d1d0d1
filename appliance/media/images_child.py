"""The child process that makes pictures out of pictures, by libvips.

A request: `{"ext", "variants": [{"transformation", "accepts": []}], "placeholder": bool, "body": n}` and the picture;
the reply: `{"width", "height", "pictures": [{"format", "width", "height", "length"}], "placeholder": text or null}`
and theirs. Without variants it tells the size alone.
It needs neither network nor files, and gives up both.
"""

import os
from typing import Any

# Read by libvips when it is loaded. Parallel requests have children of their own.
os.environ["VIPS_CONCURRENCY"] = "2"

import pyvips

from appliance.domain.errors import RequestError, ResourceLimit
from appliance.domain.layouts import Layout, layout
from appliance.domain.transformations import ROUND, Format, Transformation, parse
from appliance.media import encoding, pictures
from appliance.media.child_loop import Limit, Reply, isolate, serve
from appliance.media.pictures import Opened
from appliance.media.placeholder import thumbhash_text

_PLACEHOLDER_SIDE = 64
_WHITE = [255, 255, 255]


def work(request: dict[str, Any], body: bytes) -> Reply:
    """All variants of one picture, and its placeholder where it is asked for."""
    try:
        opened = pictures.open_picture(body, request["ext"])
        made = [_variant(opened, parse(one["transformation"]), one["accepts"]) for one in request["variants"]]
        placeholder = _placeholder(opened) if request.get("placeholder") else None
    except pyvips.Error as error:
        raise ValueError(pictures.reason(error)) from None
    except ResourceLimit as error:
        raise Limit(str(error)) from None
    except RequestError as error:
        raise ValueError(str(error)) from None
    facts = [
        {"format": name, "width": width, "height": height, "length": len(data)} for name, width, height, data in made
    ]
    size = {"width": opened.width, "height": opened.height}
    return Reply({**size, "pictures": facts, "placeholder": placeholder}, b"".join(data for *_, data in made))


def _variant(opened: Opened, asked: Transformation, accepts: list[str]) -> tuple[str, int, int, bytes]:
    plan = layout(opened.width, opened.height, asked)
    name = encoding.choose(asked.format, opened, plan, frozenset(accepts))
    pages = opened.pages if name in (Format.GIF, Format.WEBP) else 1
    resized = _plain(opened.resized(plan.width, plan.height, pages))
    height = resized.height // pages
    if pages == 1:
        image = _finish(_place(resized, plan, asked), asked)
        return name, image.width, image.height, encoding.encode(image, name, asked.quality)
    frames = [_finish(_place(_page(resized, number, height), plan, asked), asked) for number in range(pages)]
    strip = pyvips.Image.arrayjoin(frames, across=1).copy()
    for field in ("delay", "loop"):
        if resized.get_typeof(field):
            strip.set_type(resized.get_typeof(field), field, resized.get(field))
    strip.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    return name, strip.width, frames[0].height, encoding.encode(strip, name, asked.quality)


def _page(strip: Any, number: int, height: int) -> Any:
    return strip.crop(0, number * height, strip.width, height)


def _plain(image: Any) -> Any:
    """Eight bits and red, green, blue or grey, whatever the camera or printer meant."""
    if image.interpretation in ("srgb", "b-w") and image.format == "uchar":
        return image
    if image.get_typeof("icc-profile-data") and image.interpretation in ("cmyk", "lab", "labs", "labq", "xyz"):
        return image.icc_transform("srgb", embedded=True)
    return image.colourspace("b-w" if image.interpretation == "grey16" else "srgb")


def _place(image: Any, plan: Layout, asked: Transformation) -> Any:
    width, height = plan.box_width, plan.box_height
    if (width, height) == (plan.width, plan.height):
        return image
    if plan.smart:
        return image.smartcrop(width, height, interesting="attention")
    if width >= plan.width and height >= plan.height:
        return _flat(image).embed(-plan.left, -plan.top, width, height, extend="background", background=_WHITE)
    return image.crop(max(0, plan.left), max(0, plan.top), width, height)


def _finish(image: Any, asked: Transformation) -> Any:
    if asked.angle % 90:
        image = _with_alpha(image).rotate(asked.angle, background=[0, 0, 0, 0])
    elif asked.angle:
        image = image.rot(f"d{asked.angle}")
    if asked.blur:
        image = image.gaussblur(asked.blur / 20)
    if asked.sharpen:
        image = image.sharpen(sigma=1, m2=3 * asked.sharpen / 100)
    if asked.grayscale:
        image = image.colourspace("b-w")
    return _rounded(image, asked.radius) if asked.radius else image


def _rounded(image: Any, radius: int) -> Any:
    width, height = image.width, image.height
    # An ellipse is what is left when nothing straight is.
    across, down = (width / 2, height / 2) if radius == ROUND else (min(radius, width / 2), min(radius, height / 2))
    shape = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" rx="{across}" ry="{down}"/></svg>'
    )
    mask = pyvips.Image.svgload_buffer(shape.encode())[3]
    solid = _with_alpha(image)
    alpha = (solid[-1] * mask / 255).cast("uchar")
    return solid.extract_band(0, n=solid.bands - 1).bandjoin(alpha)


def _with_alpha(image: Any) -> Any:
    return image if image.hasalpha() else image.bandjoin(255)


def _flat(image: Any) -> Any:
    return encoding.flat(image if image.bands >= 3 else image.colourspace("srgb"))


def _placeholder(opened: Opened) -> str:
    ratio = _PLACEHOLDER_SIDE / max(opened.width, opened.height)
    width, height = (max(1, round(side * ratio)) for side in (opened.width, opened.height))
    image = _with_alpha(_plain(opened.resized(width, height, 1)).colourspace("srgb"))
    return thumbhash_text(image.width, image.height, bytes(image.write_to_memory()))


def main() -> None:
    """Serve until standard input ends."""
    pictures.prepare()
    isolate()
    serve(work)


if __name__ == "__main__":
    main()
