"""Makes the program appear in the menus of a Linux or BSD desktop."""

import os
import shutil
import sys
from pathlib import Path

_RESOURCES = Path(__file__).parent / "resources"
_NAME = "media-uploader"


def share_folder() -> Path:
    """Where this user's menus and icons are (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def install(share: Path, program: str) -> Path:
    """Write the entry and its icon below `share`; the entry. program: what it starts. Raises OSError."""
    entry = share / "applications" / f"{_NAME}.desktop"
    icon = share / "icons" / "hicolor" / "scalable" / "apps" / f"{_NAME}.svg"
    for folder in (entry.parent, icon.parent):
        folder.mkdir(parents=True, exist_ok=True)
    text = (_RESOURCES / entry.name).read_text(encoding="utf-8")
    entry.write_text(text.replace(f"Exec={_NAME}", f"Exec={_quoted(program)}"), encoding="utf-8")
    shutil.copyfile(_RESOURCES / icon.name, icon)
    return entry


def running_program() -> str:
    """What starts this program again."""
    if getattr(sys, "frozen", False):
        return sys.executable
    return shutil.which(sys.argv[0]) or shutil.which(_NAME) or _NAME


def _quoted(program: str) -> str:
    """For the key Exec (Desktop Entry Specification 1.5): in quotes, its special characters escaped twice."""
    for special in '\\"`$':
        program = program.replace(special, f"\\\\{special}" if special != "\\" else "\\" * 4)
    return f'"{program.replace("%", "%%")}"'
