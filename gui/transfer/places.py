"""Where a person's programs keep what is theirs, by the customs of each system."""

import os
import secrets
from pathlib import Path

import platformdirs

_NAME = "media-appliance"


def config_folder() -> Path:
    """Connections and preferences: `~/.config/media-appliance` on Linux. Need not exist."""
    return platformdirs.user_config_path(_NAME, appauthor=False, roaming=True)


def state_folder() -> Path:
    """Journals and ledgers, which belong to this machine: `~/.local/state/media-appliance` on Linux."""
    return platformdirs.user_state_path(_NAME, appauthor=False)


def cache_folder() -> Path:
    """What can be had again: `~/.cache/media-appliance` on Linux."""
    return platformdirs.user_cache_path(_NAME, appauthor=False)


def downloads_folder() -> Path:
    """Where a person expects what was downloaded."""
    return platformdirs.user_downloads_path()


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; its owner alone may read it, and open its folder where that is made here.

    Either the old or the new text is there after a crash. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
