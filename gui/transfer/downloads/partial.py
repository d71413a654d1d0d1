"""An unfinished download on disk: its bytes, and beside them a note of which of them have come."""

import errno
import json
import os
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from gui.transfer.downloads.ranges import Span
from gui.transfer.downloads.safe_names import numbered
from gui.transfer.errors import TargetUnusable, shown

PIECE = 8 * 1024 * 1024
_NOTE_S = 1.0


class Partial:
    """`.{file id}.part` in the folder where the file is to be, and its note `.{file id}.part.json`.

    Pieces of PIECE bytes; a piece counts once all of it was written, so a crash costs at most the pieces that were
    coming in and those of the last second. Bytes of another object (another etag or size) are not gone on with. A
    context manager that leaves both files unless `finish` or `discard` was called. `write` and `done` may be called
    from several threads. Methods raise TargetUnusable where the disk does not take it.
    """

    def __init__(self, folder: Path, file_id: str, size: int, etag: str | None) -> None:
        self._path = folder / f".{file_id}.part"
        self._note = folder / f".{file_id}.part.json"
        self._object = {"fileId": file_id, "size": size, "etag": etag, "piece": PIECE}
        self._size = size
        self._lock = threading.Lock()
        self._noted_at = 0.0
        self._done: set[int] = set()
        self._descriptor = -1
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._done = self._noted()
            self._check_space(folder)
            fresh = 0 if self._done else os.O_TRUNC
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | fresh)
            os.truncate(self._path, size)
        except OSError as error:
            self._close()
            raise _unusable(folder, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def path(self) -> Path:
        return self._path

    @property
    def received(self) -> int:
        """Bytes of whole pieces that are there."""
        with self._lock:
            return sum(self._span(number).length for number in self._done)

    def missing(self) -> list[Span]:
        """What has to be fetched, in order."""
        with self._lock:
            count = -(-self._size // PIECE)
            return [self._span(number) for number in range(count) if number not in self._done]

    def write(self, offset: int, data: bytes) -> None:
        """Bytes at their place."""
        try:
            if hasattr(os, "pwrite"):
                os.pwrite(self._descriptor, data, offset)
                return
            with self._lock:
                os.lseek(self._descriptor, offset, os.SEEK_SET)
                os.write(self._descriptor, data)
        except OSError as error:
            raise _unusable(self._path.parent, error) from error

    def done(self, span: Span) -> None:
        """All of a piece was written."""
        with self._lock:
            self._done.add(span.start // PIECE)
            now = time.monotonic()
            if now - self._noted_at < _NOTE_S:
                return
            self._noted_at = now
            self._write_note()

    def finish(self, target: Path) -> Path:
        """Give the file its name, with a number where that is taken by another one; where it is now."""
        try:
            os.fsync(self._descriptor)
            self._close(whole=True)
            found = self._named(target)
        except OSError as error:
            raise _unusable(target.parent, error) from error
        _unlink(self._note)
        return found

    def discard(self) -> None:
        """Take both files away. Idempotent."""
        with self._lock:
            self._done.clear()
        self._close()

    def _named(self, target: Path) -> Path:
        for number in range(1, 10_000):
            free = target.with_name(numbered(target.name, number))
            try:
                # Taking the name first: two downloads of one name must not overwrite each other.
                os.close(os.open(free, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                continue
            self._path.replace(free)
            return free
        raise OSError(errno.EEXIST, "there are thousands of files of that name")

    def _span(self, number: int) -> Span:
        start = number * PIECE
        return Span(start, min(PIECE, self._size - start), self._size)

    def _noted(self) -> set[int]:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            if {name: note[name] for name in self._object} != self._object or not self._path.exists():
                return set()
            return {int(number) for number in note["done"]}
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return set()

    def _write_note(self) -> None:
        draft = self._note.with_suffix(".tmp")
        try:
            # The bytes first: the note must not say more than the disk holds after a power cut.
            os.fsync(self._descriptor)
            draft.write_text(json.dumps({**self._object, "done": sorted(self._done)}), encoding="utf-8")
            draft.replace(self._note)
        except OSError as error:
            raise _unusable(self._path.parent, error) from error

    def _check_space(self, folder: Path) -> None:
        rest = self._size - sum(self._span(number).length for number in self._done)
        free = shutil.disk_usage(folder).free
        if rest > free:
            raise TargetUnusable(
                f"There is not enough room in {shown(folder)}: {rest / 1e9:.1f} GB to come, {free / 1e9:.1f} GB free."
            )

    def _close(self, *, whole: bool = False) -> None:
        """Leave what a later try can go on with, and nothing else."""
        with self._lock:
            if self._descriptor < 0:
                return
            if self._path.exists():
                with suppress(TargetUnusable):
                    self._write_note()
            os.close(self._descriptor)
            self._descriptor = -1
            if not self._done and not whole:
                _unlink(self._path, self._note)


def discard(folder: Path, file_id: str) -> None:
    """Take away what an unfinished download left in its folder. Idempotent."""
    _unlink(folder / f".{file_id}.part", folder / f".{file_id}.part.json")


def _unlink(*paths: Path) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


def _unusable(folder: Path, error: OSError) -> TargetUnusable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TargetUnusable(f"The disk of {shown(folder)} is full.")
    return TargetUnusable(f"Cannot write to {shown(folder)}: {(error.strerror or str(error)).lower()}.")
