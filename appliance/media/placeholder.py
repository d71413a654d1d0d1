"""A picture's placeholder: about 25 bytes that a page paints while it waits for the picture.

ThumbHash by Evan Wallace (https://evanw.github.io/thumbhash/): average colour, shape and the lowest frequencies of
luminance, two colour differences and alpha. Written from the description of its bits; no decoder is needed here.
"""

import base64
import math
from collections.abc import Sequence

MAX_SIDE = 100


def thumbhash(width: int, height: int, rgba: bytes) -> bytes:
    """The hash of a picture of at most 100 × 100 pixels, given as rows of R, G, B, A bytes, alpha not multiplied in.

    Raises ValueError for any other size.
    """
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and len(rgba) == width * height * 4):
        raise ValueError(f"a ThumbHash is made of 1 to {MAX_SIDE} pixels a side")
    light, yellow_blue, red_green, alphas = _channels(rgba)
    has_alpha = min(alphas) < 1
    longest = max(width, height)
    most = 5 if has_alpha else 7
    across = max(1, math.floor(most * width / longest + 0.5))
    down = max(1, math.floor(most * height / longest + 0.5))
    waves = _Waves(width, height)
    l_dc, l_ac, l_scale = waves.encode(light, max(3, across), max(3, down))
    p_dc, p_ac, p_scale = waves.encode(yellow_blue, 3, 3)
    q_dc, q_ac, q_scale = waves.encode(red_green, 3, 3)
    is_landscape = width > height
    header = (
        _level(l_dc, 63) | _level(0.5 + 0.5 * p_dc, 63) << 6 | _level(0.5 + 0.5 * q_dc, 63) << 12
        | _level(l_scale, 31) << 18 | has_alpha << 23
    )  # fmt: skip
    shape = (
        (down if is_landscape else across) | _level(p_scale, 63) << 3 | _level(q_scale, 63) << 9 | is_landscape << 15
    )
    packed = bytearray(header.to_bytes(3, "little") + shape.to_bytes(2, "little"))
    levels = [*l_ac, *p_ac, *q_ac]
    if has_alpha:
        a_dc, a_ac, a_scale = waves.encode(alphas, 5, 5)
        packed.append(_level(a_dc, 15) | _level(a_scale, 15) << 4)
        levels += a_ac
    nibbles = [_level(one, 15) for one in levels]
    if len(nibbles) % 2:
        nibbles.append(0)
    packed.extend(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return bytes(packed)


def thumbhash_text(width: int, height: int, rgba: bytes) -> str:
    """The same in base64, as browsers' decoders take it."""
    return base64.b64encode(thumbhash(width, height, rgba)).decode()


def _channels(rgba: bytes) -> tuple[list[float], list[float], list[float], list[float]]:
    """Luminance, yellow against blue, red against green, alpha; what is transparent shows the average colour."""
    alphas = [value / 255 for value in rgba[3::4]]
    weight = sum(alphas)
    averages = [
        sum(value * alpha for value, alpha in zip(rgba[band::4], alphas, strict=True)) / 255 / weight if weight else 0.0
        for band in range(3)
    ]
    red, green, blue = (
        [average * (1 - alpha) + alpha * value / 255 for value, alpha in zip(rgba[band::4], alphas, strict=True)]
        for band, average in enumerate(averages)
    )
    light = [(r + g + b) / 3 for r, g, b in zip(red, green, blue, strict=True)]
    yellow_blue = [(r + g) / 2 - b for r, g, b in zip(red, green, blue, strict=True)]
    red_green = [r - g for r, g in zip(red, green, strict=True)]
    return light, yellow_blue, red_green, alphas


class _Waves:
    """Cosine transforms (DCT-II) of one size of picture, the lower-left triangle of the lowest frequencies."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height

    def encode(self, values: Sequence[float], across: int, down: int) -> tuple[float, list[float], float]:
        """(constant, the others from 0 to 1 row by row, their scale)."""
        columns = [self._cosines(self._width, frequency) for frequency in range(across)]
        rows = [
            [self._dot(values[start : start + self._width], column) for column in columns]
            for start in range(0, len(values), self._width)
        ]
        constant, others = 0.0, []
        for frequency in range(down):
            cosines = self._cosines(self._height, frequency)
            number = 0
            while number * down < across * (down - frequency):
                found = self._dot([row[number] for row in rows], cosines) / (self._width * self._height)
                if frequency or number:
                    others.append(found)
                else:
                    constant = found
                number += 1
        scale = max((abs(one) for one in others), default=0.0)
        return constant, [0.5 + 0.5 / scale * one if scale else one for one in others], scale

    @staticmethod
    def _cosines(length: int, frequency: int) -> list[float]:
        return [math.cos(math.pi / length * frequency * (position + 0.5)) for position in range(length)]

    @staticmethod
    def _dot(left: Sequence[float], right: Sequence[float]) -> float:
        return sum(one * other for one, other in zip(left, right, strict=True))


def _level(value: float, most: int) -> int:
    return min(most, max(0, math.floor(most * value + 0.5)))
