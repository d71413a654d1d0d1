"""The README as a newcomer follows it: its own lines, in their order, against the appliance that they start."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from appliance.stack.presence import stop
from tests.servers import free_port, minio_binary

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Settings for an appliance beside any other; what the README starts on them is stopped at the end."""
    data_dir = tmp_path_factory.mktemp("readme") / "data"
    settings = {
        "MEDIA_DATA_DIR": str(data_dir),
        "MEDIA_API_PORT": str(free_port()),
        "MEDIA_CDN_PORT": str(free_port()),
        "MEDIA_S3_PORT": str(free_port()),
        "MEDIA_MINIO_BINARY": minio_binary(),
    }
    yield {name: value for name, value in os.environ.items() if not name.startswith("MEDIA_")} | settings
    stop(data_dir)


@pytest.fixture(scope="module")
def output(env: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the README's lines print, all of them run in one shell."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    # Files are written where the reader stands; here that is not the checkout.
    lines = "\n".join(blocks).replace("scripts/run", f"{ROOT}/scripts/run").replace(". .venv", f". {ROOT}/.venv")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=tmp_path_factory.mktemp("reader"),
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_demo_prints_a_link(output: str, env: Mapping[str, str]) -> None:
    assert re.search(rf"^http://127\.0\.0\.1:{env['MEDIA_CDN_PORT']}/videos/default/\S+\.mp4$", output, re.MULTILINE)


def test_pairing_prints_its_line(output: str, env: Mapping[str, str]) -> None:
    assert f"http://127.0.0.1:{env['MEDIA_API_PORT']}/pair#" in output


def test_the_walk_through_goes_as_told(output: str) -> None:
    codes = [line for line in output.splitlines() if re.fullmatch(r"\d{3}", line)]
    assert codes == ["412", "206", "204"]
    documents = [json.loads(text) for text in re.findall(r"^\{\n.*?^\}", output, re.MULTILINE | re.DOTALL)]
    asked, ready, completed = documents
    assert asked["state"] == "waiting"
    assert asked["headers"]["if-none-match"] == "*"
    assert (ready["title"], ready["type"], ready["state"]) == ("My film", "mp4", "ready")
    assert (ready["width"], ready["height"]) == (1280, 720)
    assert ready["codecs"]["video"].startswith("avc1.")
    assert "[4,5,6,7,8,9,10,11,12]" in output
    assert completed["state"] in ("uploaded", "ready")
    assert completed["size"] == 200_000_000


def doctor(env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    command = ["media-appliance", "doctor", "--json"]
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{env['PATH']}"
    return subprocess.run(command, env={**env, "PATH": path}, capture_output=True, text=True, check=False, timeout=60)


def test_the_doctor_finds_nothing_wrong_then(output: str, env: Mapping[str, str]) -> None:
    done = doctor(env)
    assert done.returncode == 0, done.stdout + done.stderr
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert findings["notifications"]["detail"] == "both targets tell of what is stored and removed"
    assert findings["edge"]["detail"].endswith("serves files")


def test_the_doctor_says_what_to_do_where_nothing_runs(env: Mapping[str, str], tmp_path: Path) -> None:
    ports = {f"MEDIA_{name}_PORT": str(free_port()) for name in ("API", "CDN", "S3")}
    done = doctor({**env, **ports, "MEDIA_DATA_DIR": str(tmp_path)})
    assert done.returncode == 1
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert findings["disk"]["ok"]
    for name in ("API", "credentials", "store, internal", "store, public", "signatures", "notifications", "edge"):
        assert not findings[name]["ok"], name
        assert findings[name]["advice"], name
    assert "media-appliance up" in findings["API"]["advice"]
