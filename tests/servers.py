"""Real servers for tests: each starts on loopback in a folder of its own, is waited for, and is stopped by its pid."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


def free_port() -> int:
    """A loopback TCP port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], bool], *, timeout_s: float, what: str, every_s: float = 0.01) -> None:
    """Return once `condition` holds; AssertionError naming `what` after the time-out.

    every_s: how long to wait before asking again, where asking is work for the machine.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(every_s)


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def minio_binary() -> str:
    """The MinIO that the appliance itself would run: its setting, then PATH, then its cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "media-appliance")
    found = [os.environ.get("MEDIA_MINIO_BINARY"), shutil.which("minio"), *map(str, cache.rglob("minio"))]
    for candidate in found:
        if candidate and Path(candidate).is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise RuntimeError("No MinIO here: start the appliance once, or name a binary in MEDIA_MINIO_BINARY.")


class MinioServer:
    """One MinIO with a data folder, root credentials and a port of its own. A context manager.

    env: further MINIO_* variables, webhook targets for instance. The data stay in `folder` over `stop` and `start`.
    """

    access_key = "test-access"
    secret_key = "test-secret-key"

    def __init__(self, folder: Path, *, port: int | None = None, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.folder / "minio.log"

    def start(self, *, timeout_s: float = 30) -> Self:
        """Return once the server takes reads and writes."""
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MINIO_")}
        settings = {
            "MINIO_ROOT_USER": self.access_key,
            "MINIO_ROOT_PASSWORD": self.secret_key,
            "MINIO_BROWSER": "off",
            "HOME": str(self.folder),
        }
        command = [minio_binary(), "server", "--quiet", "--address", f"127.0.0.1:{self.port}", str(data)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=inherited | settings | self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_until(self._ready, timeout_s=timeout_s, what=f"MinIO ready on port {self.port}")
        except BaseException:
            self.stop()
            raise
        return self

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"MinIO ended: {self.log.read_text()[-2000:]}"
        return answers(f"{self.url}/minio/health/cluster")

    def stop(self, *, timeout_s: float = 10) -> None:
        """End it in order; where that takes longer than the time-out, by force. Idempotent."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        self.kill()

    def kill(self) -> None:
        """End it by SIGKILL. Idempotent."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
