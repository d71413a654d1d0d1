"""Installations as people make them. With --long from a fresh environment and as a built program; otherwise from this
environment, whose packages are more."""

import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from scripts.desktop.build import build
from scripts.desktop.details import ROOT
from scripts.desktop.smoke import ask, clean_env, programs, start_window
from tests.integration.api_server import ApiClient, ApiServer


@pytest.fixture
def key(api: ApiServer) -> str:
    _, text = api.catalog.keys.create("red", "installed", ["upload", "read"], now=1)
    return text


def send(command: list[str], folder: Path, api: ApiServer, key: str) -> str:
    """The link of a file that an installed media-upload sends."""
    (folder / "installed.bin").write_bytes(os.urandom(100))
    env = clean_env() | {"XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
    words = ["installed.bin", "--api-url", api.url, "--key", key]
    done = subprocess.run([*command, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_command_alone_brings_no_server_along(
    api: ApiServer, red: ApiClient, key: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--long"):
        subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
        python = tmp_path / "venv" / "bin" / "python"
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
        listed = subprocess.run([str(python), "-m", "pip", "list"], check=True, capture_output=True, text=True).stdout
        for package in ("flask", "ffmpeg", "nginx", "minio", "waitress", "PySide6"):
            assert package.lower() not in listed.lower()
        command = [str(python.with_name("media-upload"))]
    else:
        assert distribution("media-appliance").entry_points.select(name="media-upload")
        command = [sys.executable, "-m", "gui.upload"]
    assert red.get(f"/get/{Path(send(command, tmp_path, api, key)).stem}").json()["name"] == "installed.bin"


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_desktop_program_starts(
    api: ApiServer, red: ApiClient, key: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--long"):
        build(tmp_path)
        window, command = programs(tmp_path)
        assert ask(command, "--version").startswith("media-upload, version ")
        link = send([str(command)], tmp_path, api, key)
        assert red.get(f"/get/{Path(link).stem}").json()["name"] == "installed.bin"
        start_window([str(window)])
    else:
        start_window([sys.executable, "-m", "gui"])
