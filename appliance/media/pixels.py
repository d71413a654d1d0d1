"""From decoded rows of bytes to a picture that libvips works on; in children only."""

from typing import Any

import pyvips


def from_rows(rows: Any, stride: int, width: int, height: int, bands: int) -> Any:
    """A picture of 8-bit samples whose rows begin `stride` bytes apart."""
    packed = rows
    if stride != width * bands:
        packed = pyvips.Image.new_from_memory(rows, stride, height, 1, "uchar").crop(0, 0, width * bands, height)
        packed = packed.write_to_memory()
    image = pyvips.Image.new_from_memory(packed, width, height, bands, "uchar")
    return image.copy(interpretation="srgb" if bands >= 3 else "b-w")


def from_frame(frame: Any, *, alpha: bool = False) -> Any:
    """A decoded video frame as it is stored: neither turned nor stretched."""
    shown = frame.reformat(format="rgba" if alpha else "rgb24")
    plane = shown.planes[0]
    return from_rows(bytes(plane), plane.line_size, shown.width, shown.height, 4 if alpha else 3)
