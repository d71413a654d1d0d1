"""A small disk for the appliance: a tmpfs where this machine lets us mount one, else a plain folder."""

import contextlib
import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

BYTES = 1_400_000_000
_FILLER = "filler"


class Disk:
    """folder: where it is. is_small: whether it can be filled without harm to anybody else."""

    def __init__(self, folder: Path, *, is_small: bool) -> None:
        self.folder = folder
        self.is_small = is_small

    def fill(self) -> None:
        """Leave not a byte. Whoever writes meanwhile may take some before us."""
        with contextlib.suppress(OSError), (self.folder / _FILLER).open("wb") as file:
            free = shutil.disk_usage(self.folder).free
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, free)
            file.seek(0, os.SEEK_END)
            try:
                while True:
                    os.write(file.fileno(), bytes(4096))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Take away what `fill` put there. Idempotent."""
        (self.folder / _FILLER).unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A disk of BYTES in `folder`; the folder itself where nothing may be mounted: root alone may, if at all."""
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={BYTES},mode=700", "chaos", str(folder)]
    mounted = (
        os.geteuid() == 0 and subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0
    )
    try:
        yield Disk(folder, is_small=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
