"""Temporary folders for work on films: one per process, and none outlives the process that made it for long."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.domain.errors import NoRoom
from appliance.domain.sizes import readable

_LOCK = "lock"


class Workplace:
    """A folder in `root` that this process alone works in; those of processes that were killed are removed.

    A process holds a lock as long as it lives, whatever ends it. min_free: bytes of disk that no job may take, here
    and at `target`, a folder on the disk where what is made is kept in the end; None where that cannot be seen.
    """

    def __init__(self, root: Path, *, min_free: int, target: Path | None = None) -> None:
        """Raises OSError where `root` cannot be written."""
        root.mkdir(parents=True, exist_ok=True)
        self._min_free = min_free
        self._target = target
        self._folder = Path(tempfile.mkdtemp(prefix="work-", dir=root))
        self._lock = _lock(self._folder)
        _sweep(root, self._folder)

    @contextmanager
    def folder(self, need: int) -> Iterator[Path]:
        """An empty folder for one job that writes at most `need` bytes; gone afterwards.

        Raises NoRoom where a disk has no room for it now.
        """
        for disk in filter(None, (self._folder, self._target)):
            free = shutil.disk_usage(disk).free
            if free < need + self._min_free:
                raise NoRoom(
                    f"The disk at {disk} has {readable(free)} free; {readable(need)} are needed on top of the "
                    f"{readable(self._min_free)} that are kept back."
                )
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as name:
            yield Path(name)

    def close(self) -> None:
        """Remove the folder. Idempotent."""
        if self._lock is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock)
            self._lock = None


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where another process does."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _sweep(root: Path, own: Path) -> None:
    for folder in root.glob("work-*"):
        # One without a lock is being made at this moment.
        if folder == own or not (folder / _LOCK).exists():
            continue
        handle = _lock(folder)
        if handle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)
