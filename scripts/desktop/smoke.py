"""`python -m scripts.desktop.smoke DIR`: starts what was built there, without Python's help, and has it end again."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.desktop.details import APPLICATION, NAME

_START_S = 120.0


def programs(output: Path) -> tuple[Path, Path]:
    """The window's and the command's executable."""
    dist, suffix = output / "dist", ".exe" if sys.platform == "win32" else ""
    folder = dist / f"{APPLICATION}.app" / "Contents" / "MacOS" if sys.platform == "darwin" else dist / NAME
    return folder / f"{NAME}{suffix}", folder / f"media-upload{suffix}"


def clean_env() -> dict[str, str]:
    """Nothing of this Python, and no screen."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "QT_"))}
    return kept | {"QT_QPA_PLATFORM": "offscreen"}


def start_window(command: list[str], *, timeout_s: float = _START_S) -> None:
    """Until it has opened its journal and goes on running. AssertionError where it does not."""
    with tempfile.TemporaryDirectory() as own, tempfile.TemporaryFile() as log:
        process = subprocess.Popen([*command, "--folder", own], env=clean_env(), stderr=log)
        try:
            deadline = time.monotonic() + timeout_s
            while not Path(own, "hot-folders.db").exists():
                assert process.poll() is None, f"it ended with {process.returncode}"
                assert time.monotonic() < deadline, "it did not open its journal in time"
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(30)
            log.seek(0)
            said = log.read().decode(errors="replace")
            assert "Traceback" not in said, said


def ask(program: Path, *words: str) -> str:
    """What it prints. CalledProcessError where it fails."""
    done = subprocess.run([str(program), *words], env=clean_env(), check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    window, command = programs(Path(sys.argv[1]).absolute())
    print(ask(command, "--version").strip())
    start_window([str(window)])
    print(f"{window.name} starts")
