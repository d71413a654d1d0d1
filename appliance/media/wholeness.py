"""Whether what the encoder wrote has reached the disk.

On a full disk FFmpeg cuts its files off, says nothing and ends with code 0, even where there is room again by then.
"""

from pathlib import Path
from typing import BinaryIO

from appliance.domain.errors import TranscodeFailed

_END_OF_LIST = b"#EXT-X-ENDLIST\n"
_HEADER, _LARGE_HEADER = 8, 16


def check_whole(*paths: Path) -> None:
    """Raise TranscodeFailed where one of these MP4 files, segments or finished playlists is missing or cut off."""
    for path in paths:
        try:
            with path.open("rb") as file:
                whole = file.read().endswith(_END_OF_LIST) if path.suffix == ".m3u8" else _is_filled(file)
        except OSError:
            whole = False
        if not whole:
            raise TranscodeFailed(f"What the encoder wrote is cut off ({path.name}): the disk may be full.")


def _is_filled(file: BinaryIO) -> bool:
    """Whether boxes fill a file to its last byte (ISO/IEC 14496-12, 4.2); an empty one is not whole."""
    end, at = file.seek(0, 2), 0
    while at < end:
        file.seek(at)
        header = file.read(_LARGE_HEADER)
        size = int.from_bytes(header[:4])
        if size == 1:
            size = int.from_bytes(header[_HEADER:]) if len(header) == _LARGE_HEADER else 0
        if size < _HEADER:
            return False
        at += size
    return at == end > 0
