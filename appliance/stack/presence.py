"""Whether an appliance runs on a data folder: a lock that the running one holds, with its process id inside."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from appliance.domain.errors import SetupError

_STOP_SECONDS = 15.0


@contextlib.contextmanager
def claim(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for this process; SetupError where another one does. The kernel frees it at any end."""
    path = _pid_file(data_dir)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    except OSError as error:
        raise SetupError(f"Cannot write to the data folder {data_dir}: {error.strerror}.") from None
    with file:
        if not _lock(file.fileno()):
            raise SetupError(
                f"An appliance runs on {data_dir} already (process {running_pid(data_dir)}); stop it first, "
                "or set MEDIA_DATA_DIR and other ports for a second one."
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def _lock(descriptor: int) -> bool:
    # More than one try: somebody who only asks (`running_pid`) holds the file for an instant too.
    for _ in range(10):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def running_pid(data_dir: Path) -> int | None:
    """The process that holds the data folder, or None."""
    try:
        with _pid_file(data_dir).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0) or None
    except FileNotFoundError:
        return None
    return None


def stop(data_dir: Path) -> bool:
    """Stop the appliance of a data folder and wait for its end; False where none runs, SetupError where it stays."""
    pid = running_pid(data_dir)
    if pid is None:
        return False
    try:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    except PermissionError:
        raise SetupError(f"Process {pid} belongs to another user; stop it as that one, or as root.") from None
    deadline = time.monotonic() + _STOP_SECONDS
    while running_pid(data_dir) is not None:
        if time.monotonic() > deadline:
            raise SetupError(f"Process {pid} does not stop; look into {data_dir / 'logs'}.")
        time.sleep(0.05)
    return True


def _pid_file(data_dir: Path) -> Path:
    return data_dir / "run" / "up.pid"
