"""The grammar of `/image/{transformation}/{key}`: what a picture is to be turned into, as one frozen value.

The words are Cloudinary's ("Transformation URL API reference"): parameters `name_value`, separated by commas, in any
order. Two texts that ask for the same picture parse to equal values, whose `str()` is the canonical text.

    w_ h_     pixels                            c_    fill, fit, limit, pad, crop, thumb, scale
    g_        center, north, …, auto            f_    jpg, png, webp, avif, gif, auto
    q_        1 to 100, auto                    dpr_  0.5 to 4
    r_        pixels, max                       a_    degrees, auto
    e_        blur[:n], sharpen[:n], grayscale  so_   seconds into a film
    t_        a named transformation
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from appliance.domain.errors import InvalidRequest

MAX_SIDE = 8192
MAX_TEXT = 200
#: A radius that rounds whatever there is: `r_max`.
ROUND = 1 << 20
_MAX_STRENGTH = 2000
_MAX_SECONDS = 1_000_000
_DEFAULT_STRENGTH = 100


class Crop(StrEnum):
    """How the picture meets its box. `scale` distorts where both sides are given, as Cloudinary's default does."""

    SCALE = "scale"
    FILL = "fill"
    FIT = "fit"
    LIMIT = "limit"
    PAD = "pad"
    CROP = "crop"


class Gravity(StrEnum):
    """What stays where something must go. `auto` looks for what people look at."""

    CENTER = "center"
    NORTH = "north"
    NORTH_EAST = "north_east"
    EAST = "east"
    SOUTH_EAST = "south_east"
    SOUTH = "south"
    SOUTH_WEST = "south_west"
    WEST = "west"
    NORTH_WEST = "north_west"
    AUTO = "auto"


class Format(StrEnum):
    """What the picture is encoded as. `auto` depends on what the client accepts."""

    AUTO = "auto"
    JPG = "jpg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"


#: Names for what pages ask for again and again; a strict appliance makes these alone, or what was signed.
NAMED = MappingProxyType({
    "thumb": "c_fill,f_auto,g_auto,h_180,w_320",
    "square": "c_fill,f_auto,g_auto,h_320,w_320",
    "preview": "c_limit,f_auto,h_1280,w_1280",
    "poster": "c_limit,f_auto,h_1080,w_1920",
    "full": "f_auto",
})  # fmt: skip

_TEXT = re.compile(r"[A-Za-z0-9_.,:-]+\Z")
_NAMED_ALONE = re.compile(r"t_([a-z]+)\Z")
_WHOLE = re.compile(r"[0-9]{1,6}\Z")
_DECIMAL = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,3})?\Z")
_DEGREES = re.compile(r"-?[0-9]{1,3}\Z")
_Name = TypeVar("_Name", bound=StrEnum)
_PLACED = frozenset({Crop.FILL, Crop.CROP, Crop.PAD})


@dataclass(frozen=True, slots=True)
class Transformation:
    """width, height, radius: pixels, None or 0 where not asked for. quality: 1 to 100, None for what suits the format.

    format: None for the source's own. angle: degrees clockwise, 0 to 359. blur, sharpen: 0 (none) to 2000.
    at: seconds into a film, None for the frame that shows it best.
    """

    width: int | None = None
    height: int | None = None
    crop: Crop = Crop.SCALE
    gravity: Gravity = Gravity.CENTER
    format: Format | None = None
    quality: int | None = None
    radius: int = 0
    angle: int = 0
    blur: int = 0
    sharpen: int = 0
    grayscale: bool = False
    at: float | None = None

    def __str__(self) -> str:
        """The canonical text, parameters by name; `q_auto` where nothing is asked for, since a text is never empty."""
        effects = [("e", f"blur:{self.blur}" if self.blur else None), ("e", "grayscale" if self.grayscale else None),
                   ("e", f"sharpen:{self.sharpen}" if self.sharpen else None)]  # fmt: skip
        parameters = [
            ("a", self.angle or None),
            ("c", self.crop if self.crop is not Crop.SCALE else None),
            *effects,
            ("f", self.format),
            ("g", self.gravity if self.gravity is not Gravity.CENTER else None),
            ("h", self.height),
            ("q", self.quality),
            ("r", "max" if self.radius == ROUND else self.radius or None),
            ("so", None if self.at is None else f"{self.at:.3f}".rstrip("0").rstrip(".")),
            ("w", self.width),
        ]
        return ",".join(f"{name}_{value}" for name, value in parameters if value is not None) or "q_auto"


def parse(text: str) -> Transformation:
    """The transformation that `text` asks for; InvalidRequest names the parameter at fault.

    `dpr` is multiplied into the sizes, and what makes no difference is left out, so that equal pictures are made once.
    """
    if not text or len(text) > MAX_TEXT or not _TEXT.match(text):
        raise _wrong("transformation", f"1 to {MAX_TEXT} of the characters A-Z a-z 0-9 _ . , : -")
    asked = _fields(text)
    if "t" in asked:
        asked = _fields(_named(asked.pop("t"))) | asked
    ratio = asked.pop("dpr", 1.0)
    blank = Transformation(**asked)
    for name, side in (("w", blank.width), ("h", blank.height)):
        if side is not None and not 1 <= round(side * ratio) <= MAX_SIDE:
            raise _wrong(name, f"1 to {MAX_SIDE} pixels, dpr included")
    return _settled(blank, ratio)


def is_named(text: str) -> bool:
    """Whether `text` is one named transformation and nothing else."""
    match = _NAMED_ALONE.match(text)
    return match is not None and match[1] in NAMED


def _settled(asked: Transformation, ratio: float) -> Transformation:
    boxed = asked.width is not None or asked.height is not None
    if asked.crop is not Crop.SCALE and not boxed:
        raise _wrong("c", "given together with w or h")
    gravity = asked.gravity
    if asked.crop not in _PLACED or (asked.crop is Crop.PAD and gravity is Gravity.AUTO):
        gravity = Gravity.CENTER
    return replace(
        asked,
        width=None if asked.width is None else round(asked.width * ratio),
        height=None if asked.height is None else round(asked.height * ratio),
        gravity=gravity,
        radius=asked.radius if asked.radius == ROUND else min(round(asked.radius * ratio), MAX_SIDE),
    )


def _fields(text: str) -> dict[str, Any]:
    """Fields of Transformation, and `dpr` and `t`, as the text has them."""
    fields: dict[str, Any] = {}
    for part in text.split(","):
        name, _, value = part.partition("_")
        read = _PARAMETERS.get(name)
        if read is None:
            known = ", ".join(sorted(_PARAMETERS))
            field = name or "transformation"
            raise InvalidRequest(f"{field}: there is no such parameter; there are {known}.", field=field)
        for field, found in read(name, value).items():
            if field in fields:
                raise InvalidRequest(f"{name}: given twice.", field=name)
            fields[field] = found
    if fields.pop("smart", False):
        fields.setdefault("gravity", Gravity.AUTO)
    return fields


def _side(name: str, value: str) -> dict[str, Any]:
    return {"width" if name == "w" else "height": _whole(name, value, MAX_SIDE)}


def _crop(name: str, value: str) -> dict[str, Any]:
    if value == "thumb":
        return {"crop": Crop.FILL, "smart": True}
    return {"crop": _one_of(Crop, name, value)}


def _gravity(name: str, value: str) -> dict[str, Any]:
    return {"gravity": _one_of(Gravity, name, value)}


def _format(name: str, value: str) -> dict[str, Any]:
    return {"format": Format.JPG if value == "jpeg" else _one_of(Format, name, value)}


def _quality(name: str, value: str) -> dict[str, Any]:
    return {"quality": None if value == "auto" else _whole(name, value, 100)}


def _dpr(name: str, value: str) -> dict[str, Any]:
    if not _DECIMAL.match(value) or not 0.5 <= float(value) <= 4:
        raise _wrong(name, "a number from 0.5 to 4")
    return {"dpr": float(value)}


def _radius(name: str, value: str) -> dict[str, Any]:
    return {"radius": ROUND if value == "max" else _whole(name, value, MAX_SIDE, least=0)}


def _angle(name: str, value: str) -> dict[str, Any]:
    if value == "auto":
        return {"angle": 0}
    if not _DEGREES.match(value) or abs(int(value)) > 360:
        raise _wrong(name, "degrees from -360 to 360, or auto")
    return {"angle": int(value) % 360}


def _effect(name: str, value: str) -> dict[str, Any]:
    effect, colon, strength = value.partition(":")
    if effect == "grayscale" and not colon:
        return {"grayscale": True}
    if effect not in ("blur", "sharpen"):
        raise _wrong(name, "blur, blur:n, sharpen, sharpen:n or grayscale")
    return {effect: _whole(name, strength, _MAX_STRENGTH) if colon else _DEFAULT_STRENGTH}


def _offset(name: str, value: str) -> dict[str, Any]:
    if not _DECIMAL.match(value) or float(value) > _MAX_SECONDS:
        raise _wrong(name, "seconds from the start, with at most three decimals")
    return {"at": float(value)}


def _name(name: str, value: str) -> dict[str, Any]:
    _named(value)
    return {name: value}


def _named(value: str) -> str:
    if value not in NAMED:
        raise _wrong("t", f"one of {', '.join(NAMED)}")
    return NAMED[value]


def _whole(name: str, value: str, most: int, *, least: int = 1) -> int:
    if not _WHOLE.match(value) or not least <= int(value) <= most:
        raise _wrong(name, f"a whole number from {least} to {most}")
    return int(value)


def _one_of(names: type[_Name], name: str, value: str) -> _Name:
    try:
        return names(value)
    except ValueError:
        raise _wrong(name, f"one of {', '.join(names)}") from None


def _wrong(name: str, right: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: must be {right}.", field=name)


_PARAMETERS: MappingProxyType[str, Callable[[str, str], dict[str, Any]]] = MappingProxyType({
    "w": _side, "h": _side, "c": _crop, "g": _gravity, "f": _format, "q": _quality, "dpr": _dpr,
    "r": _radius, "a": _angle, "e": _effect, "so": _offset, "t": _name,
})  # fmt: skip
