"""media-upload get: files come back from a whole appliance by link, page, id and folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.native_stack import NativeStack

MIB = 1024 * 1024
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    stack = NativeStack.in_folder(tmp_path_factory.mktemp("stack"))
    with stack.up():
        yield stack


@pytest.fixture
def command(stack: NativeStack, tmp_path: Path) -> Command:
    """media-upload as a user of that machine runs it."""
    homes = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "gui.upload", *words],
            cwd=tmp_path, env={**stack.env, **homes}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_files_come_back_by_every_kind_of_link(command: Command, tmp_path: Path) -> None:
    content = os.urandom(3 * MIB)
    (tmp_path / "a b.bin").write_bytes(content)
    sent = json.loads(command("a b.bin", "--private", "--wait", "--json").stdout)
    for number, wanted in enumerate((sent["videoUrl"], sent["page"], sent["fileId"])):
        done = command("get", wanted, "-o", f"out {number}")
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"out {number}/a b.bin\n"
        assert (tmp_path / f"out {number}" / "a b.bin").read_bytes() == content
    again = command("get", sent["videoUrl"], "-o", "out 0", "--json")
    assert again.stderr == "a b.bin: was there already.\n"
    assert json.loads(again.stdout)["proof"] in ("sha256", "etag")
    (tmp_path / "out 0" / "a b.bin").write_bytes(b"mine")
    assert command("get", sent["videoUrl"], "-o", "out 0").stdout == "out 0/a b (2).bin\n"
    assert (tmp_path / "out 0" / "a b.bin").read_bytes() == b"mine"


def test_a_folder_comes_back_with_its_structure(command: Command, tmp_path: Path) -> None:
    for name in ("card/one.bin", "card/sub/two.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert command("card", "--folder", "show").returncode == 0
    done = command("get", "show/card", "-o", "back")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["back/card/one.bin", "back/card/sub/two.bin"]
    assert (tmp_path / "back/card/sub/two.bin").read_bytes() == b"card/sub/two.bin"


def test_what_is_not_there_is_named_and_the_rest_comes(command: Command, tmp_path: Path) -> None:
    (tmp_path / "here.bin").write_bytes(b"here")
    link = command("here.bin").stdout.strip()
    done = command("get", "no/such folder", link, "-o", "out")
    assert (done.returncode, done.stdout) == (1, "out/here.bin\n")
    assert done.stderr.splitlines()[0].startswith("no/such folder: ")
