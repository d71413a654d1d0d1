"""Frames in high dynamic range as a usual screen shows them: tone-mapped, in the colours of BT.709; in children only.

Curves: SMPTE ST 2084 and ARIB STD-B67 as in ITU-R BT.2100; white at 203 cd/m² as in ITU-R BT.2408.
"""

from typing import Any

import pyvips

_PQ, _HLG = 16, 18
_WHITE = 203.0
_PEAK = 1000.0 / _WHITE
#: ITU-R BT.2087, linear light of BT.2020 primaries in those of BT.709.
_TO_BT709 = (
    (1.6605, -0.5876, -0.0728),
    (-0.1246, 1.1329, -0.0083),
    (-0.0182, -0.1006, 1.1187),
)


def is_hdr(frame: Any) -> bool:
    """By its transfer characteristics (ITU-T H.273)."""
    return int(frame.color_trc) in (_PQ, _HLG)


def from_hdr(frame: Any) -> Any:
    """The frame in 8-bit sRGB, neither turned nor stretched."""
    shown = frame.reformat(format="rgb48le")
    plane = shown.planes[0]
    samples = pyvips.Image.new_from_memory(bytes(plane), plane.line_size // 2, shown.height, 1, "ushort")
    packed = samples.crop(0, 0, shown.width * 3, shown.height).write_to_memory()
    signal = pyvips.Image.new_from_memory(packed, shown.width, shown.height, 3, "ushort")
    light = signal.maplut(_pq() if int(frame.color_trc) == _PQ else _hlg())
    # Extended Reinhard on the brightest of the three, so that hues stay.
    brightest = light[0].bandrank([light[1], light[2]], index=2)
    mapped = light * ((brightest / _PEAK**2 + 1) / (brightest + 1))
    matrix = pyvips.Image.new_from_array([list(row) for row in _TO_BT709])
    return mapped.recomb(matrix).copy(interpretation="scrgb").colourspace("srgb").copy_memory()


def _codes() -> Any:
    return pyvips.Image.identity(ushort=True) / 65535.0


def _pq() -> Any:
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = _codes() ** (1 / m2)
    top = (root > c1).ifthenelse(root - c1, 0)
    return (top / (c2 - root * c3)) ** (1 / m1) * (10_000 / _WHITE)


def _hlg() -> Any:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = _codes()
    scene = (code <= 0.5).ifthenelse(code * code / 3, (((code - c) / a).exp() + b) / 12)
    return scene**1.2 * _PEAK
