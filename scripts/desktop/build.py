"""`python -m scripts.desktop.build [--output DIR]`: the program as a folder, and that folder as one file to give away.

PyInstaller builds for the system and processor that it runs on: see .github/workflows/desktop.yml for all of them.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from scripts.desktop.details import APPLICATION, ICON, NAME, ROOT

_SPEC = ROOT / "scripts" / "desktop" / f"{NAME}.spec"
_ICON_SIZE = 1024


def build(output: Path) -> Path:
    """Everything is made below `output`; the folder or macOS bundle of the program."""
    work = output / "build"
    work.mkdir(parents=True, exist_ok=True)
    draw_icon(work / ICON)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN", str(_SPEC)]
    subprocess.run(command, cwd=output, check=True)
    return output / "dist" / (f"{APPLICATION}.app" if sys.platform == "darwin" else NAME)


def draw_icon(target: Path) -> None:
    """The program's icon as a PNG, of which PyInstaller makes what the system wants."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    app = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    image = QImage(_ICON_SIZE, _ICON_SIZE, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(ROOT / "gui" / "resources" / f"{NAME}.svg"), app).render(painter)
    painter.end()
    if not image.save(str(target)):
        raise OSError(f"{target} cannot be written.")


def pack(program: Path, output: Path) -> Path:
    """One file whose name says for what it is: a .zip on Windows and macOS, elsewhere a .tar.gz."""
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
    name = f"{NAME}-{version('media-appliance')}-{system}-{platform.machine().lower()}"
    if sys.platform == "darwin":
        # The bundle's links and rights survive in no other way.
        target = output / f"{name}.zip"
        subprocess.run(["ditto", "-c", "-k", "--keepParent", str(program), str(target)], check=True)
        return target
    form = "zip" if sys.platform == "win32" else "gztar"
    return Path(shutil.make_archive(str(output / name), form, program.parent, program.name))


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the desktop program for this system.")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "desktop", help="default: dist/desktop")
    output = parser.parse_args().output.absolute()
    program = build(output)
    print(program)
    print(pack(program, output))


if __name__ == "__main__":
    main()
