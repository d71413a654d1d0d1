"""A disk that a test can fill."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


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
        with (self.folder / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, self.free - leave))

    def clear(self) -> None:
        """Give back what `fill` took."""
        (self.folder / "filler").unlink()


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A tmpfs of that size; where none may be mounted, the last `size` bytes of the disk that `folder` is on."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        yield SmallDisk(folder, shutil.disk_usage(folder).free - size)
        return
    try:
        yield SmallDisk(folder, 0)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
