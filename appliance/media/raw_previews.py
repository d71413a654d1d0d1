"""The picture that a camera puts beside its raw data: a JPEG of its own making, ready to be shown."""

from collections.abc import Iterator

#: Cameras' raw formats by extension. Most are TIFF inside, which would open as the smallest of their pictures.
EXTENSIONS = frozenset({"cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2"})

_START = b"\xff\xd8\xff"
# Frames of a JPEG that everybody decodes: baseline, extended, progressive. Raw data itself is often lossless JPEG (C3).
_SHOWN_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_ORIENTATION = 0x0112
_TIFF_MAGIC = frozenset({b"II*\x00", b"MM\x00*", b"IIRO", b"IIRS", b"IIU\x00"})
_MOST_HEADERS = 400


def find_preview(data: bytes) -> tuple[bytes, int]:
    """(the largest embedded JPEG and what follows it, orientation by EXIF 1 to 8 that the raw file gives, else 1).

    The file is searched for JPEGs instead of being understood: that holds for every maker, and a wrong turn in
    somebody's private structure leads nowhere. ValueError where there is none.
    """
    found = [(width * height, offset) for offset, width, height in _pictures(data)]
    if not found:
        raise ValueError("the camera left no picture in it that can be shown")
    _, offset = max(found)
    return data[offset:], _orientation(data)


def _pictures(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(offset, width, height) of what begins like a JPEG and can be shown."""
    offset = data.find(_START)
    while offset >= 0:
        size = _size(data, offset + 2)
        if size is not None:
            yield offset, *size
        offset = data.find(_START, offset + 2)


def _size(data: bytes, offset: int) -> tuple[int, int] | None:
    """Width and height by the frame header (ITU-T T.81, B.2.2), None where there is no such header."""
    for _ in range(_MOST_HEADERS):
        while data[offset : offset + 2] == b"\xff\xff":
            offset += 1
        if len(data) < offset + 9 or data[offset] != 0xFF:
            return None
        marker, length = data[offset + 1], int.from_bytes(data[offset + 2 : offset + 4])
        if marker in _SHOWN_FRAMES:
            height, width = (int.from_bytes(data[at : at + 2]) for at in (offset + 5, offset + 7))
            is_eight_bit = data[offset + 4] == 8
            return (width, height) if width and height and is_eight_bit else None
        if marker in (0xD9, 0xDA) or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            return None
        offset += 2 if marker in _STANDALONE else 2 + length
    return None


def _orientation(data: bytes) -> int:
    """The orientation in the first directory (TIFF 6.0, section 2), 1 where the file has none there."""
    if data[:4] not in _TIFF_MAGIC:
        return 1
    order = "little" if data[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], order)  # type: ignore[arg-type]

    directory = number(4, 4)
    for entry in range(number(directory, 2)):
        at = directory + 2 + entry * 12
        if number(at, 2) == _ORIENTATION:
            value = number(at + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1
