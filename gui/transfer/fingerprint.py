"""What tells a file from the same file changed, and the hashes by which stores know bytes."""

import base64
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from gui.transfer.errors import SourceChanged, SourceError, SourceUnreadable, shown
from gui.transfer.halting import Halt

_ENDS = 64 * 1024
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """size in bytes; mtime in nanoseconds; ends: a hash of the first and the last 64 KiB, '' where it was not taken."""

    size: int
    mtime_ns: int
    ends: str = ""

    def same_file(self, other: "Fingerprint") -> bool:
        """Whether both were taken of unchanged bytes, as far as can be told without reading them all."""
        if (self.size, self.mtime_ns) != (other.size, other.mtime_ns):
            return False
        return not (self.ends and other.ends) or self.ends == other.ends


@contextmanager
def opened(path: Path) -> Iterator[FileIO]:
    """The file, unbuffered, for reading. Raises SourceError, also for what fails while it is read."""
    try:
        with path.open("rb", buffering=0) as file:
            yield file
    except OSError as error:
        raise SourceError.of(path, error) from error


def look(path: Path) -> Fingerprint:
    """Size and mtime alone. Raises SourceError where there is no readable file."""
    try:
        return _of_stat(path, path.stat())
    except OSError as error:
        raise SourceError.of(path, error) from error


def take(path: Path) -> Fingerprint:
    """With the hash of both ends. Raises SourceError."""
    look(path)  # opening a pipe would wait for its writer
    with opened(path) as file:
        quick = _of_stat(path, os.fstat(file.fileno()))
        digest = hashlib.blake2b(file.read(_ENDS), digest_size=16)
        if quick.size > _ENDS:
            file.seek(max(_ENDS, quick.size - _ENDS))
            digest.update(file.read(_ENDS))
    return Fingerprint(quick.size, quick.mtime_ns, digest.hexdigest())


def check(path: Path, known: Fingerprint) -> None:
    """Raises SourceChanged where size or mtime differ now, SourceError where the file is gone."""
    if not look(path).same_file(known):
        raise SourceChanged(f"{shown(path)} changed while it was sent.")


def content(path: Path, known: Fingerprint) -> bytes:
    """All of a small file. Raises SourceChanged where it is not what `known` says."""
    with opened(path) as file:
        data = file.read(known.size + 1)
    if len(data) != known.size:
        raise SourceChanged(f"{shown(path)} changed while it was sent.")
    check(path, known)
    return data


def sha256_of(path: Path, halt: Halt) -> str:
    """Of the whole file, in hexadecimal. Raises SourceError, Interrupted."""
    return _digest(path, "sha256", 0, None, halt)


def md5_of(path: Path, offset: int, length: int, halt: Halt) -> str:
    """Of a range, in hexadecimal. Raises SourceChanged where the file ends before; Interrupted."""
    return _digest(path, "md5", offset, length, halt)


def crc32_of(path: Path, offset: int, length: int, halt: Halt) -> str:
    """Of a range, as S3's `x-amz-checksum-crc32` has it. Raises SourceChanged where the file ends before; Interrupted.

    Five times as fast as MD5: zlib has the instructions for it.
    """
    value = 0
    for chunk in _chunks(path, offset, length, halt):
        value = zlib.crc32(chunk, value)
    return base64.b64encode(value.to_bytes(4)).decode()


def joined_etag(etags: Sequence[str]) -> str:
    """The etag that S3 and MinIO give an object made of parts with these etags."""
    joined = hashlib.md5(b"".join(map(bytes.fromhex, etags)), usedforsecurity=False)
    return f"{joined.hexdigest()}-{len(etags)}"


def etag_of(path: Path, size: int, part_size: int | None, halt: Halt) -> str:
    """The etag an object of this file has: sent in one piece, or in parts of `part_size` bytes."""
    if part_size is None:
        return md5_of(path, 0, size, halt)
    starts = range(0, size, part_size)
    return joined_etag([md5_of(path, start, min(part_size, size - start), halt) for start in starts])


def _of_stat(path: Path, status: os.stat_result) -> Fingerprint:
    if stat.S_ISDIR(status.st_mode):
        raise SourceUnreadable(f"{shown(path)} is a folder; name the files in it.")
    if not stat.S_ISREG(status.st_mode):
        raise SourceUnreadable(f"{shown(path)} is no file that could be sent, but a device or a pipe.")
    return Fingerprint(status.st_size, status.st_mtime_ns)


def _digest(path: Path, name: str, offset: int, length: int | None, halt: Halt) -> str:
    digest = hashlib.new(name, usedforsecurity=False)
    for chunk in _chunks(path, offset, length, halt):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path, offset: int, length: int | None, halt: Halt) -> Iterator[memoryview]:
    """Each is to be used before the next is asked for: they share their memory."""
    view = memoryview(bytearray(_CHUNK))
    with opened(path) as file:
        file.seek(offset)
        left = length
        while left is None or left > 0:
            halt.check()
            count = file.readinto(view if left is None else view[: min(_CHUNK, left)])
            if not count:
                break
            yield view[:count]
            left = None if left is None else left - count
    if left:
        raise SourceChanged(f"{shown(path)} became shorter while it was sent.")
