"""Where a picture's pixels go when it is transformed: arithmetic alone."""

from dataclasses import dataclass

from appliance.domain.errors import ResourceLimit
from appliance.domain.transformations import Crop, Gravity, Transformation

MAX_PIXELS = 50_000_000

_RIGHT = {Gravity.WEST: 0.0, Gravity.NORTH_WEST: 0.0, Gravity.SOUTH_WEST: 0.0,
          Gravity.EAST: 1.0, Gravity.NORTH_EAST: 1.0, Gravity.SOUTH_EAST: 1.0}  # fmt: skip
_DOWN = {Gravity.NORTH: 0.0, Gravity.NORTH_WEST: 0.0, Gravity.NORTH_EAST: 0.0,
         Gravity.SOUTH: 1.0, Gravity.SOUTH_WEST: 1.0, Gravity.SOUTH_EAST: 1.0}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """First the whole picture is resized to width × height, then cut or padded to box_width × box_height.

    left, top: where the box begins in the resized picture, negative where it is padded. smart: the place of the box
    is looked for in the picture instead.
    """

    width: int
    height: int
    box_width: int
    box_height: int
    left: int = 0
    top: int = 0
    smart: bool = False


def layout(width: int, height: int, asked: Transformation) -> Layout:
    """How a picture of that size, as shown, becomes what is asked for; ResourceLimit where that is too large."""
    resized = _resized(width, height, asked)
    box = _box(resized, asked)
    if max(resized[0] * resized[1], box[0] * box[1]) > max(MAX_PIXELS, width * height):
        raise ResourceLimit(f"The picture would have more than {MAX_PIXELS // 1_000_000} million pixels.")
    return Layout(
        *resized,
        *box,
        left=round((resized[0] - box[0]) * _RIGHT.get(asked.gravity, 0.5)),
        top=round((resized[1] - box[1]) * _DOWN.get(asked.gravity, 0.5)),
        smart=asked.gravity is Gravity.AUTO and box != resized,
    )


def _resized(width: int, height: int, asked: Transformation) -> tuple[int, int]:
    if asked.crop is Crop.CROP or (asked.width is None and asked.height is None):
        return width, height
    if asked.crop is Crop.SCALE and asked.width is not None and asked.height is not None:
        return asked.width, asked.height
    across = None if asked.width is None else asked.width / width
    down = None if asked.height is None else asked.height / height
    ratios = [ratio for ratio in (across, down) if ratio is not None]
    ratio = max(ratios) if asked.crop is Crop.FILL else min(ratios)
    if asked.crop is Crop.LIMIT:
        ratio = min(1.0, ratio)
    exact = (width * ratio, height * ratio)
    return max(1, round(exact[0])), max(1, round(exact[1]))


def _box(resized: tuple[int, int], asked: Transformation) -> tuple[int, int]:
    wanted = (asked.width or resized[0], asked.height or resized[1])
    if asked.crop is Crop.PAD:
        return wanted
    if asked.crop in (Crop.FILL, Crop.CROP):
        return min(wanted[0], resized[0]), min(wanted[1], resized[1])
    return resized
