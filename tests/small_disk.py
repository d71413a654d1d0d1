"""A disk that a test can fill."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: On a disk of many, so much more is taken and given back that what others write meanwhile makes no difference.
_OTHERS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """folder: on it. base: bytes free that do not count, where it is only the end of a large disk."""

    folder: Path
    base: int

    @property
    def free(self) -> int:
        return shutil.disk_usage(self.folder).free - self.base

    def fill(self, leave: int) -> None:
        """Take all but `leave` bytes."""
        _take(self.folder / "filler", self.free - leave + (_OTHERS if self.base else 0))

    def clear(self) -> None:
        """Give back what `fill` took."""
        (self.folder / "filler").unlink()
        (self.folder / "cushion").unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A tmpfs of that size; where none may be mounted, the last `size` bytes of the disk that `folder` is on."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        _take(folder / "cushion", _OTHERS)
        try:
            yield SmallDisk(folder, shutil.disk_usage(folder).free - size)
        finally:
            for name in ("cushion", "filler"):
                (folder / name).unlink(missing_ok=True)
        return
    try:
        yield SmallDisk(folder, 0)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _take(path: Path, size: int) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, size))
