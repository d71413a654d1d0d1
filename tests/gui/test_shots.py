"""Every view in both looks and at two scales, without a complaint of Qt; `--screenshots` keeps the pictures."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.gui.conftest import OFFSCREEN


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_view_is_drawn(request: pytest.FixtureRequest, tmp_path: Path, look: str, scale: int) -> None:
    kept: Path | None = request.config.getoption("--screenshots")
    folder = kept / "window" if kept else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "QT_SCALE_FACTOR": str(scale), "MEDIA_DATA_DIR": str(tmp_path / "none")}
    command = [sys.executable, "-m", "tests.gui.shots", str(folder), look]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=240)
    complaints = [line for line in ended.stderr.splitlines() if not any(word in line for word in OFFSCREEN)]
    assert (ended.returncode, complaints) == (0, [])
    pictures = sorted(folder.glob(f"*-{look}-{scale * 100}.png"))
    assert len(pictures) > 15
    for picture in pictures:
        image = QImage(str(picture))
        colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
        assert len(colours) > 8, f"{picture.name} shows nothing"
