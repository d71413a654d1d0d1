"""Another time of day for the appliance's own processes, by a small library that is loaded before the C library.

It reaches what is linked to the C library and inherits the environment: `up`, the API, the workers and their children.
MinIO is a static Go program and asks the kernel itself, nginx gets an environment of its own; and the kernel has one
time of day for all, so without a C compiler no process can be given another. libfaketime would be the library to take:
with a clock that is ahead it lets CPython's `time.sleep` fail, which waits for an absolute monotonic time.
"""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path

MOST_S = 20
_SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """is_ours: whether it can be turned."""

    def __init__(self, folder: Path) -> None:
        self._library = folder / "clock.so"
        self._file = folder / "clock"
        self._file.write_bytes(struct.pack("=q", 0))
        self.is_ours = self._build()

    @property
    def env(self) -> Mapping[str, str]:
        """What a process must be started with."""
        return {"LD_PRELOAD": str(self._library), "CHAOS_CLOCK": str(self._file)} if self.is_ours else {}

    def set(self, seconds: int) -> None:
        """From now on the clocks are that much ahead, or behind."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", seconds * 1_000_000_000))

    def _build(self) -> bool:
        compiler = shutil.which("cc")
        if compiler is None:
            return False
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(_SOURCE)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
