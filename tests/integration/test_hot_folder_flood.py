"""The worst day of a hot folder: thousands of files that grow, a killed program, a drive that goes away.

With --long 5,000 files and a drive that is away for ten seconds; otherwise 300, and as long as it takes to be noticed.
"""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.transfer.client import ApplianceClient
from gui.transfer.credentials import Credentials
from tests.integration.api_server import ApiServer

SETTLE_S = 2.0
CHUNKS = 4
DEADLINE_S = 300.0


class Drive:
    """A folder on a drive of its own that can be unmounted; where this user may not mount, one that is renamed away.

    `inside` is where files are written, which goes on while `folder` is away.
    """

    def __init__(self, place: Path) -> None:
        self.folder, self.inside = place / "hot", place / "drive"
        for folder in (self.folder, self.inside):
            folder.mkdir(parents=True)
        self.mounts = os.geteuid() == 0 and self._run("mount", "-t", "tmpfs", "none", str(self.inside))
        if self.mounts:
            self.come()
        else:
            self.folder.rmdir()
            self.inside.rename(self.folder)
            self.inside = self.folder

    def go(self) -> None:
        if self.mounts:
            assert self._run("umount", "-l", str(self.folder))
        else:
            self.inside = self.folder.rename(self.folder.with_name("away"))

    def come(self) -> None:
        if self.mounts:
            assert self._run("mount", "--bind", str(self.inside), str(self.folder))
        else:
            self.inside = self.inside.rename(self.folder)

    def close(self) -> None:
        if self.mounts:
            self._run("umount", "-l", str(self.folder))
            self._run("umount", "-l", str(self.inside))

    def _run(self, *command: str) -> bool:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Flood(threading.Thread):
    """Writes the files: every third grows in rounds, every fourth gets its name at the end, most lie in subfolders."""

    def __init__(self, drive: Drive, count: int) -> None:
        super().__init__(daemon=True)
        self.wanted: dict[str, str] = {}
        #: Files that stood still for so long while they grew that they may have gone up in between.
        self.stalled: set[str] = set()
        self._drive, self._count = drive, count

    def run(self) -> None:
        for first in range(0, self._count, 100):
            self._write(range(first, min(first + 100, self._count)))

    def _write(self, numbers: range) -> None:
        contents = {number: f"content of {number} ".encode() * (number % 50 + CHUNKS) for number in numbers}
        written: dict[int, float] = {}
        for chunk in range(CHUNKS):
            for number, content in contents.items():
                if chunk and number % 3:
                    continue
                size = len(content) // CHUNKS
                end = len(content) if number % 3 or chunk == CHUNKS - 1 else size * (chunk + 1)
                now = time.monotonic()
                if now - written.get(number, now) >= SETTLE_S * 0.9:
                    self.stalled.add(name_of(number))
                self._append(draft_of(number), content[:end])
                written[number] = time.monotonic()
        for number, content in contents.items():
            if draft_of(number) != name_of(number):
                self._rename(draft_of(number), name_of(number))
            self.wanted[name_of(number)] = hashlib.md5(content, usedforsecurity=False).hexdigest()

    def _append(self, name: str, content: bytes) -> None:
        for _ in range(100):
            path = self._drive.inside / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                have = path.stat().st_size if path.exists() else 0
                with path.open("ab") as file:
                    file.write(content[have:])
            except FileNotFoundError:
                time.sleep(0.02)  # the folder is just being renamed
            else:
                return
        raise AssertionError(f"{name} could not be written")

    def _rename(self, old: str, new: str) -> None:
        for _ in range(100):
            try:
                (self._drive.inside / old).rename(self._drive.inside / new)
            except FileNotFoundError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"{old} could not be renamed")


def name_of(number: int) -> str:
    folder = ("", "day 1/", "day 1/cam A/", "ünïcode ☂/")[number % 7 % 4]
    return f"{folder}clip {number:05}.bin"


def draft_of(number: int) -> str:
    return f"{name_of(number)}.tmp" if number % 4 == 0 else name_of(number)


class Program:
    """`media-upload --watch`, started anew as often as the test wants."""

    def __init__(self, folder: Path, home: Path, api: ApiServer, key: str) -> None:
        self._command = [
            sys.executable, "-m", "gui.upload", "--watch", str(folder), "--settle", str(SETTLE_S), "--folder", "flood",
            "--api-url", api.url, "--key", key,
        ]  # fmt: skip
        self._env = os.environ | {"XDG_STATE_HOME": str(home)}
        self._log = home / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._env, stdout=subprocess.DEVNULL, stderr=log)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def end(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(60)
        self._process = None
        return code

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    made = Drive(tmp_path)
    yield made
    made.close()


@pytest.fixture
def client(api: ApiServer) -> Iterator[ApplianceClient]:
    api.tenant("flood")
    _, key = api.catalog.keys.create("flood", "k", ["upload", "read"], now=1)
    with ApplianceClient(Credentials(api.url, key)) as made:
        yield made


@pytest.fixture
def program(api: ApiServer, drive: Drive, client: ApplianceClient, tmp_path: Path) -> Iterator[Program]:
    (tmp_path / "home").mkdir()
    made = Program(drive.folder, tmp_path / "home", api, client._credentials.api_key)
    yield made
    made.close()


@pytest.mark.timeout(1800)
def test_every_file_of_a_flood_is_in_the_catalog_once(
    client: ApplianceClient, drive: Drive, program: Program, request: pytest.FixtureRequest
) -> None:
    long = bool(request.config.getoption("--long"))
    count = 5000 if long else 300
    flood = Flood(drive, count)
    program.start()
    flood.start()
    until(lambda: len(arrived(client)) >= count // 5, "a fifth arrived")
    program.end(signal.SIGKILL)
    program.start()
    until(lambda: len(arrived(client)) >= count // 2, "half arrived")
    drive.go()
    if long:
        time.sleep(10)
    until(lambda: is_away(program), "the program says that the folder is away")
    drive.come()
    flood.join(DEADLINE_S)
    assert not flood.is_alive()
    until(lambda: len(names(client)) >= count, "all arrived")
    assert program.end(signal.SIGTERM) == 0
    # Once more from the start: what comes before the last file has been looked at again.
    program.start()
    (drive.inside / "last.bin").write_bytes(b"last")
    until(lambda: "last.bin" in names(client), "the last one arrived")
    assert program.end(signal.SIGTERM) == 0
    assert "Traceback" not in program.log, program.log
    check(client, flood)


def until(condition: Callable[[], bool], what: str) -> None:
    """As `wait_until`, but not so often: each look lists all files, on the same machine that sends them."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S:g} s: {what}"
        time.sleep(0.5)


def check(client: ApplianceClient, flood: Flood) -> None:
    files = arrived(client)
    etags = {(relative(file), file["etag"]) for file in files}
    missing = {name for name, etag in flood.wanted.items() if (name, etag) not in etags}
    assert not missing
    counted = Counter(relative(file) for file in files)
    twice = {name: times for name, times in counted.items() if times > 1 and name not in flood.stalled}
    assert not twice
    assert len({(relative(file), file["etag"]) for file in files}) == len(files)
    assert counted.keys() == flood.wanted.keys() | {"last.bin"}
    unfinished = [file["name"] for file in client.all_files(limit=200) if file["state"] not in ("uploaded", "ready")]
    assert not unfinished


def arrived(client: ApplianceClient) -> list[dict[str, Any]]:
    return list(client.all_files(states=["uploaded"], limit=200))


def names(client: ApplianceClient) -> set[str]:
    return {relative(file) for file in arrived(client)}


def relative(file: dict[str, Any]) -> str:
    return str(f"{file['path']}/{file['name']}".removeprefix("flood/"))


def is_away(program: Program) -> bool:
    """By the last of its words on the folder."""
    lines = [line for line in program.log.splitlines() if "it goes on as soon as" in line or "Watching" in line]
    return bool(lines) and "it goes on as soon as" in lines[-1]
