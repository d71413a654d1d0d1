"""Pictures of windows, light and dark, for people to look at."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget

from gui import theme
from gui.theme import Look


def photograph(config: pytest.Config, widget: QWidget, name: str) -> None:
    """Write `name-light.png` and `name-dark.png` into the folder of `--screenshots`, where one was given."""
    folder: Path | None = config.getoption("--screenshots")
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    app = theme.application()
    for look in (Look.DARK, Look.LIGHT):
        theme.apply(app, look)
        app.processEvents()
        widget.grab().save(str(folder / f"{name}-{look}.png"))
