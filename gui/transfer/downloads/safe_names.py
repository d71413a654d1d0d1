"""Names and folders of an appliance as a local disk can hold them."""

import re
import unicodedata
from pathlib import Path

#: What Windows refuses, beside control characters; elsewhere only the separators matter, but disks are carried around.
_REFUSED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|\Z)", re.IGNORECASE)
_LONGEST = 255
#: Room for a number where the name is taken, and for the mark of an unfinished file.
_SPARE = 24


def safe_name(name: str) -> str:
    """One path component that every common file system takes; the same as `name` where that already is one."""
    clean = _REFUSED.sub("_", unicodedata.normalize("NFC", name)).rstrip(". ")
    if not clean or clean.startswith("..") or _DEVICES.match(clean):
        clean = f"_{clean}"
    return _short(clean)


def safe_folder(path: str) -> Path:
    """A relative folder, never above where it begins."""
    return Path(*(safe_name(part) for part in path.split("/") if part and part != "."))


def numbered(name: str, number: int) -> str:
    """`film.mp4`, `film (2).mp4`, …; the first has no number."""
    if number < 2:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"


def _short(name: str) -> str:
    """At most as many bytes as disks allow, the ending kept."""
    longest = _LONGEST - _SPARE
    if len(name.encode()) <= longest:
        return name
    stem, dot, ending = name.rpartition(".")
    tail = f".{ending}" if dot and stem and len(ending.encode()) <= 16 else ""
    kept = name.removesuffix(tail) if tail else name
    return kept.encode()[: longest - len(tail.encode())].decode(errors="ignore").rstrip(". ") + tail
