"""media-upload in longer runs: folders, interruptions, outages, revoked keys, a watched folder, and fetching back."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.domain.uploads import PUT_LIMIT
from tests.flaky_proxy import FlakyProxy
from tests.integration.api_server import ApiClient, ApiServer
from tests.servers import free_port, wait_until

DEADLINE_S = 120.0
MIB = 1024 * 1024


@dataclass
class Shell:
    """Runs the command as a user does whose key is `key` and whose journals are in a folder of the test."""

    folder: Path
    url: str
    key: str

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDIA_")}
        homes = {"XDG_STATE_HOME": str(self.folder / "state"), "XDG_CONFIG_HOME": str(self.folder / "config")}
        return kept | homes | {"MEDIA_KEY": self.key}

    def begin(self, *words: str | Path) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "gui.upload", *map(str, words), "--api-url", self.url]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str | Path) -> "subprocess.CompletedProcess[str]":
        with self.begin(*words) as process:
            output, errors = process.communicate(timeout=DEADLINE_S)
        assert "Traceback" not in errors, errors
        return subprocess.CompletedProcess(words, process.returncode, output, errors)


@pytest.fixture
def shell(api: ApiServer, tmp_path: Path) -> Shell:
    _, key = api.catalog.keys.create("red", "shell", ["upload", "read", "delete"], now=1)
    return Shell(tmp_path, api.url, key)


def names(client: ApiClient, folder: str) -> set[str]:
    return {file["name"] for file in client.get("/files", params={"path": folder, "limit": 200}).json()["items"]}


def test_a_folder_keeps_its_structure_and_links_come_in_order(shell: Shell, red: ApiClient, tmp_path: Path) -> None:
    for name in ("card/b.mov", "card/a.mov", "card/sub/c.mov", "single 🎬.mov"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(os.urandom(2 * MIB if name.endswith("a.mov") else 10))
    (tmp_path / "card" / "empty").mkdir()
    (tmp_path / "card" / "pipe").touch()
    (tmp_path / "card" / "pipe").unlink()
    os.mkfifo(tmp_path / "card" / "pipe")
    done = shell.run("single 🎬.mov", "card", "--folder", "order/x", "--json")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["file"] for answer in answers] == ["single 🎬.mov", "card/a.mov", "card/b.mov", "card/sub/c.mov"]
    assert names(red, "order/x") == {"single 🎬.mov"}
    assert names(red, "order/x/card") == {"a.mov", "b.mov"}
    assert names(red, "order/x/card/sub") == {"c.mov"}
    assert "card/empty is empty" in done.stderr
    assert "card/pipe is no file" in done.stderr


def test_an_empty_folder_alone_is_a_sentence_and_a_failure(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = shell.run("empty")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "empty is empty; an empty folder has no place on the appliance.\n"


def test_the_same_file_named_twice_is_sent_once(shell: Shell, red: ApiClient, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"twice")
    done = shell.run("a.bin", tmp_path / "a.bin", "--folder", "twice")
    links = done.stdout.split()
    assert (len(links), len(set(links))) == (2, 1)
    assert len(red.get("/files", params={"path": "twice"}).json()["items"]) == 1


def stored_parts(client: ApiClient, folder: str) -> int:
    """How many parts the one unfinished upload of a folder has in the store."""
    items = client.get("/files", params={"path": folder, "state": "waiting"}).json()["items"]
    return len(client.get(f"/upload/{items[0]['fileId']}").json()["parts"]) if items else 0


def test_what_ctrl_c_interrupted_goes_on_with_its_parts(
    shell: Shell, red: ApiClient, api: ApiServer, tmp_path: Path
) -> None:
    content = os.urandom(MIB) * (PUT_LIMIT // MIB + 40)
    (tmp_path / "large.bin").write_bytes(content)
    (tmp_path / "small.bin").write_bytes(b"small")
    words = ["large.bin", "small.bin", "--folder", "again", "--tag", "x"]
    with shell.begin(*words, "--limit", "12MB/s") as process:
        wait_until(lambda: stored_parts(red, "again") >= 1, timeout_s=DEADLINE_S, what="a part is stored")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, output) == (130, "")
    assert "The same command goes on with what is stored." in errors
    first = red.get("/files", params={"path": "again", "state": "waiting"}).json()["items"][0]["fileId"]
    done = shell.run(*words)
    assert done.returncode == 0, done.stderr
    assert "of an earlier run: what is stored of it is not sent again." in done.stderr
    listed = red.get("/files", params={"path": "again"}).json()["items"]
    assert {file["name"]: file["state"] for file in listed} == {"large.bin": "uploaded", "small.bin": "uploaded"}
    assert len(listed) == 2
    record = api.catalog.files.find(first)
    assert record is not None
    assert record.name == "large.bin"
    assert api.store.read(record.object_key) == content
    assert done.stdout.splitlines()[0].endswith(f"{first}.bin")


def test_another_command_does_not_send_what_one_left_behind(shell: Shell, red: ApiClient, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(os.urandom(MIB) * (PUT_LIMIT // MIB + 40))
    (tmp_path / "other.bin").write_bytes(b"other")
    with shell.begin("large.bin", "--folder", "left", "--limit", "12MB/s") as process:
        wait_until(lambda: stored_parts(red, "left") >= 1, timeout_s=DEADLINE_S, what="a part is stored")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE_S)
    done = shell.run("other.bin", "--folder", "left")
    assert (done.returncode, len(done.stdout.split())) == (0, 1)
    states = {file["name"]: file["state"] for file in red.get("/files", params={"path": "left"}).json()["items"]}
    assert states == {"other.bin": "uploaded"} or states == {"other.bin": "uploaded", "large.bin": "waiting"}
    assert shell.run("large.bin", "--folder", "left").returncode == 0


def test_commands_side_by_side_do_not_disturb_each_other(shell: Shell, red: ApiClient, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.bin").write_bytes(os.urandom(1000))
    running = [shell.begin(f"{number}.bin", "--folder", "beside") for number in range(3)]
    for process in running:
        with process:
            output, errors = process.communicate(timeout=DEADLINE_S)
            assert (process.returncode, len(output.split())) == (0, 1), errors
    assert names(red, "beside") == {"0.bin", "1.bin", "2.bin"}


def test_a_stopped_appliance_is_said_at_once(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"a")
    shell.url = f"http://127.0.0.1:{free_port()}"
    done = shell.run("a.bin")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"The appliance at {shell.url} does not answer." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_key_that_is_not_valid_is_said_once(shell: Shell, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.bin").write_bytes(b"a")
    shell.key = "mk_wrong"
    done = shell.run(*(f"{number}.bin" for number in range(5)))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_a_key_that_is_revoked_meanwhile_is_said_once_and_nothing_is_lost(
    shell: Shell, red: ApiClient, api: ApiServer, tmp_path: Path
) -> None:
    key_id, shell.key = api.catalog.keys.create("red", "to be revoked", ["upload", "read"], now=1)
    for number in range(40):
        (tmp_path / f"{number:02}.bin").write_bytes(os.urandom(MIB))
    files = [f"{number:02}.bin" for number in range(40)]
    with shell.begin(*files, "--folder", "revoked", "--limit", "2MB/s") as process:
        wait_until(lambda: len(names(red, "revoked")) > 2, timeout_s=DEADLINE_S, what="some arrived")
        api.catalog.keys.revoke(key_id, now=2)
        _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 2, errors
    assert len([line for line in errors.splitlines() if "key" in line]) == 1, errors
    assert "the same command goes on" in errors
    _, shell.key = api.catalog.keys.create("red", "its successor", ["upload", "read"], now=1)
    done = shell.run(*files, "--folder", "revoked")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 40
    assert names(red, "revoked") == set(files)
    assert len(red.get("/files", params={"path": "revoked", "limit": 200}).json()["items"]) == 40


@pytest.mark.parametrize(("text", "refused"), [("fast", True), ("0", True), ("10MB/s", False), ("50Mbit/s", False)])
def test_rates_are_written_as_people_do(shell: Shell, tmp_path: Path, text: str, refused: bool) -> None:
    (tmp_path / "a.bin").write_bytes(b"a")
    done = shell.run("a.bin", "--limit", text, "--folder", "rates")
    assert done.returncode == (2 if refused else 0), done.stderr


def test_files_or_a_folder_to_watch_are_needed(shell: Shell, tmp_path: Path) -> None:
    assert shell.run().returncode == 2
    assert shell.run("a", "--watch", "b").returncode == 2


@pytest.fixture
def watching(shell: Shell, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    (tmp_path / "in").mkdir()
    begun: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> "subprocess.Popen[str]":
        begun.append(shell.begin("--watch", "in", "--settle", "0.2", *words))
        return begun[-1]

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watched_folder_sends_until_it_is_ended(
    watching: Callable[..., "subprocess.Popen[str]"], red: ApiClient, tmp_path: Path, number: signal.Signals
) -> None:
    folder = f"watched {number}"
    process = watching("--folder", folder, "--after", "move", "--ignore", "*.bak", "--json")
    (tmp_path / "in" / "day 1").mkdir()
    (tmp_path / "in" / "day 1" / "a.mov").write_bytes(os.urandom(100))
    (tmp_path / "in" / "b.bak").write_bytes(b"not this")
    moved = tmp_path / "in" / "Sent" / "day 1" / "a.mov"
    wait_until(moved.exists, timeout_s=DEADLINE_S, what="the file arrived and was moved")
    process.send_signal(number)
    output, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, errors
    answer = json.loads(output)
    assert answer["file"] == str(tmp_path / "in" / "day 1" / "a.mov")
    assert names(red, f"{folder}/day 1") == {"a.mov"}
    assert errors.splitlines()[0] == f"Watching {tmp_path / 'in'}."
    assert errors.splitlines()[-1] == "Ended; what was not sent goes on with the same command."
    assert "Traceback" not in errors


def test_a_folder_is_watched_once(
    watching: Callable[..., "subprocess.Popen[str]"], shell: Shell, tmp_path: Path
) -> None:
    watching("--after", "delete")
    (tmp_path / "in" / "a.mov").write_bytes(b"a")
    wait_until(lambda: not (tmp_path / "in" / "a.mov").exists(), timeout_s=DEADLINE_S, what="it watches")
    done = shell.run("--watch", "in")
    assert done.returncode == 2
    assert "Another program" in done.stderr


def test_a_file_called_get_is_sent_by_its_path(shell: Shell, red: ApiClient, tmp_path: Path) -> None:
    (tmp_path / "get").write_bytes(b"a file called get")
    assert shell.run("./get", "--folder", "named").returncode == 0
    assert names(red, "named") == {"get"}


def test_an_appliance_that_goes_away_in_the_middle_is_waited_for(
    shell: Shell, red: ApiClient, api: ApiServer, tmp_path: Path
) -> None:
    files = [f"{number:02}.bin" for number in range(40)]
    for name in files:
        (tmp_path / name).write_bytes(os.urandom(MIB))
    with FlakyProxy(api.listener.port) as proxy:
        shell.url = proxy.url
        with shell.begin(*files, "--folder", "outage", "--limit", "2MB/s") as process:
            wait_until(lambda: len(names(red, "outage")) > 2, timeout_s=DEADLINE_S, what="some arrived")
            proxy.down = True
            proxy.cut()
            assert process.stderr is not None
            said = next(line for line in process.stderr if line.startswith("Waiting: "))
            proxy.down = False
            output, errors = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, errors
        assert "does not answer" in said
        assert len(output.split()) == 40
        assert names(red, "outage") == set(files)
        proxy.down = True
        proxy.cut()
        done = shell.run(files[0])
        assert (done.returncode, done.stdout) == (2, "")


def test_the_wait_for_an_appliance_can_be_limited(shell: Shell, red: ApiClient, api: ApiServer, tmp_path: Path) -> None:
    files = [f"{number:02}.bin" for number in range(40)]
    for name in files:
        (tmp_path / name).write_bytes(os.urandom(MIB))
    with FlakyProxy(api.listener.port) as proxy:
        shell.url = proxy.url
        words = [*files, "--folder", "limited", "--limit", "2MB/s"]
        with shell.begin(*words, "--offline-timeout", "1") as process:
            wait_until(lambda: len(names(red, "limited")) > 2, timeout_s=DEADLINE_S, what="some arrived")
            proxy.down = True
            proxy.cut()
            _, errors = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 2, errors
        assert "It was waited for 1 s." in errors
        proxy.down = False
        assert shell.run(*words[:-2]).returncode == 0
        assert names(red, "limited") == set(files)


def test_fetching_from_a_stopped_appliance_says_so(shell: Shell) -> None:
    shell.url = f"http://127.0.0.1:{free_port()}"
    done = shell.run("get", "show/day 1")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
