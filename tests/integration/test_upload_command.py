"""media-upload against a real API and store: what a person or a script that calls it relies on."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from appliance.domain.uploads import PUT_LIMIT
from gui.transfer.client import ApplianceClient, Credentials
from gui.transfer.errors import NotConfigured, Refused, SourceChanged, Unreachable
from gui.transfer.halting import Halt
from gui.transfer.network.answers import Answer
from gui.transfer.network.backoff import passes, with_retries
from gui.transfer.network.wire import Wire
from tests.integration.api_server import ApiClient, ApiServer

Upload = Callable[..., "subprocess.CompletedProcess[str]"]
RED_KEY = "the key of tenant red"


@pytest.fixture(scope="module")
def key(api: ApiServer) -> str:
    _, text = api.catalog.keys.create("red", RED_KEY, ["upload", "read", "delete"], now=1)
    return text


def clean_env(home: Path) -> dict[str, str]:
    """The environment of a user of this machine whose journals and connections are the test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEDIA_")}
    return kept | {"XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}


@pytest.fixture
def upload(api: ApiServer, key: str, tmp_path: Path) -> Upload:
    """Runs the command as a script does: no terminal, credentials in the data folder."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "credentials.json").write_text(json.dumps({"apiUrl": api.url, "apiKey": key}))
    env = clean_env(tmp_path)

    def run(*words: str | Path, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "gui.upload", *map(str, words)]
        return subprocess.run(
            command, cwd=tmp_path, env=env | more, capture_output=True, text=True, check=False, timeout=120
        )

    return run


@pytest.fixture
def client(api: ApiServer, key: str) -> Iterator[ApplianceClient]:
    with ApplianceClient(Credentials(api.url, key)) as made:
        yield made


def stored(api: ApiServer, file_id: str) -> bytes:
    record = api.catalog.files.find(file_id)
    assert record is not None
    return api.store.read(record.object_key)


def test_links_go_to_stdout_and_files_to_the_store(
    api: ApiServer, red: ApiClient, upload: Upload, tmp_path: Path
) -> None:
    (tmp_path / "a b.txt").write_bytes(b"first")
    (tmp_path / "Ünïcode ☂.bin").write_bytes(b"")
    done = upload("a b.txt", "Ünïcode ☂.bin", "--folder", "show/day 1", "--tag", "x", "--tag", "y")
    assert done.returncode == 0, done.stderr
    links = done.stdout.split()
    assert len(links) == 2
    listed = red.get("/files", params={"path": "show/day 1"}).json()["items"]
    assert {file["videoUrl"] for file in listed} == set(links)
    assert {file["name"] for file in listed} == {"a b.txt", "Ünïcode ☂.bin"}
    assert all(file["tags"] == ["x", "y"] and file["state"] == "uploaded" for file in listed)
    first = next(file for file in listed if file["name"] == "a b.txt")
    assert stored(api, first["fileId"]) == b"first"
    assert first["sha256Verified"]


def test_programs_read_json_and_a_repeat_sends_nothing(upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a film")
    first, second = (json.loads(upload("clip.mp4", "--json").stdout) for _ in range(2))
    assert not first["duplicate"]
    assert second["duplicate"]
    assert first["fileId"] == second["fileId"]
    assert upload("clip.mp4").stderr == "clip.mp4: was there already; nothing was sent.\n"


def test_a_private_file_is_private(red: ApiClient, upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "contract.pdf").write_bytes(b"%PDF")
    sent = json.loads(upload("contract.pdf", "--private", "--json").stdout)
    assert red.get(f"/get/{sent['fileId']}").json()["visibility"] == "private"


def test_a_large_file_goes_in_parts_and_arrives_whole(api: ApiServer, upload: Upload, tmp_path: Path) -> None:
    size = PUT_LIMIT + 17 * 1024 * 1024 + 1
    source = tmp_path / "large.bin"
    with source.open("wb") as file:
        for number in range(size // 1_000_003 + 1):
            file.write(number.to_bytes(8) * 125_001)
        file.truncate(size)
    sent = json.loads(upload("large.bin", "--json").stdout)
    with source.open("rb") as file:
        wanted = hashlib.file_digest(file, "sha256").hexdigest()
    assert hashlib.sha256(stored(api, sent["fileId"])).hexdigest() == wanted


def test_what_cannot_be_sent_is_named_and_the_rest_goes_on(upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_bytes(b"good")
    (tmp_path / "empty").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    done = upload("missing.mov", "empty", "circle", "good.txt")
    assert done.returncode == 1
    assert len(done.stdout.split()) == 1
    assert "missing.mov: there is no such file or folder.\n" in done.stderr
    assert "empty is empty; an empty folder has no place on the appliance.\n" in done.stderr
    assert "circle cannot be read: its links go in a circle.\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_names_that_are_no_text_or_would_steer_a_terminal_arrive(
    red: ApiClient, upload: Upload, tmp_path: Path
) -> None:
    (tmp_path / "latin \udce9.txt").write_bytes(b"1")
    (tmp_path / "two\nlines \x1b[31m.txt").write_bytes(b"2")
    done = upload("latin \udce9.txt", "two\nlines \x1b[31m.txt", "--folder", "odd")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["latin \ufffd.txt: sent.", "two\ufffdlines \ufffd[31m.txt: sent."]
    listed = red.get("/files", params={"path": "odd"}).json()["items"]
    assert "latin \ufffd.txt" in {file["name"] for file in listed}


def everything(terminal: int) -> str:
    """What is written to a terminal until nobody has it open."""
    chunks = []
    # Linux answers EIO then, others the end of the file.
    with contextlib.suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as file:
        while chunk := file.read(4096):
            chunks.append(chunk)
    return b"".join(chunks).decode()


def test_on_a_terminal_every_link_has_a_line_of_its_own(upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "one [red].txt").write_bytes(os.urandom(16))
    (tmp_path / "two.txt").write_bytes(os.urandom(16))
    driver, terminal = os.openpty()
    command = [sys.executable, "-m", "gui.upload", "one [red].txt", "two.txt"]
    env = clean_env(tmp_path) | {"MEDIA_DATA_DIR": str(tmp_path / "data"), "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = everything(driver)
    assert process.returncode == 0, shown
    screen = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line.rpartition("\r")[2]) for line in shown.split("\r\n")]
    assert [line for line in screen if line.startswith("http")] == re.findall(r"http://\S+", shown)
    assert [line for line in screen if line.endswith(": sent.")] == ["one [red].txt: sent.", "two.txt: sent."]


def test_a_refusal_is_the_appliances_sentence(api: ApiServer, tmp_path: Path) -> None:
    api.tenant("tiny", quota_bytes=3)
    _, text = api.catalog.keys.create("tiny", "k", ["upload"], now=1)
    (tmp_path / "large.txt").write_bytes(b"four")
    with ApplianceClient(Credentials(api.url, text)) as client, pytest.raises(Refused) as refused:
        client.upload(tmp_path / "large.txt")
    assert (refused.value.type, refused.value.status) == ("quota_exceeded", 403)
    assert api.catalog.tenants.get("tiny").pending_bytes == 0


def test_without_address_or_key_the_command_says_so(upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "data" / "credentials.json").unlink()
    (tmp_path / "a.txt").write_bytes(b"a")
    done = upload("a.txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--api-url" in done.stderr


def test_the_local_key_is_never_sent_elsewhere(upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    done = upload("a.txt", "--api-url", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert "No key" in done.stderr


def test_credentials_come_from_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_DATA_DIR", str(tmp_path))
    with pytest.raises(NotConfigured):
        Credentials.find()
    (tmp_path / "credentials.json").write_text('{"apiUrl": "http://host:8080", "apiKey": "mk_1"}')
    assert Credentials.find() == Credentials("http://host:8080", "mk_1")
    assert Credentials.find("http://host:8080/") == Credentials("http://host:8080", "mk_1")
    assert Credentials.find("http://other:8080", "mk_2") == Credentials("http://other:8080", "mk_2")
    with pytest.raises(NotConfigured, match="http://"):
        Credentials.find("other:8080", "mk_2")
    (tmp_path / "credentials.json").write_text("[]")
    with pytest.raises(NotConfigured):
        Credentials.find()


def test_a_file_that_shrinks_while_it_is_sent_is_given_up_and_cancelled(
    api: ApiServer, client: ApplianceClient, tmp_path: Path
) -> None:
    source = tmp_path / "shrinking.bin"
    source.write_bytes(b"x" * 1_000_000)

    def shrink(count: int) -> None:
        source.write_bytes(b"")

    with pytest.raises(SourceChanged, match="shorter"):
        client.upload(source, progress=shrink)
    assert api.catalog.tenants.get("red").pending_bytes == 0


def test_progress_adds_up_to_the_size(client: ApplianceClient, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(os.urandom(1_000_000))
    told: list[int] = []
    client.upload(tmp_path / "a.bin", progress=told.append)
    assert sum(told) == 1_000_000


class _Faulty(BaseHTTPRequestHandler):
    """Answers 503, then breaks the connection, then 200."""

    tries: list[str]

    def do_GET(self) -> None:
        self.tries.append(self.path)
        if len(self.tries) == 1:
            self.send_response(503)
            self.send_header("Retry-After", "3")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif len(self.tries) == 2:
            self.close_connection = True
        else:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def test_passing_failures_are_tried_again() -> None:
    handler = type("Handler", (_Faulty,), {"tries": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        pauses: list[float] = []
        wire = Wire()

        def ask() -> Answer:
            answer = wire.request("GET", f"http://127.0.0.1:{server.server_port}/", {})
            if answer.status == 503:
                raise Refused("Busy.", type_="busy", status=503, retry_after=answer.retry_after)
            return answer

        try:
            answer = with_retries(ask, Halt(), attempts=6, pause=pauses.append)
        finally:
            wire.close()
            server.shutdown()
            thread.join()
    assert answer.status == 200
    assert pauses[0] == 3
    assert 0 < pauses[1] <= 1


def test_an_appliance_that_is_away_is_named() -> None:
    client = ApplianceClient(Credentials("http://127.0.0.1:9", "mk_1"))
    with client, pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:9 does not answer") as away:
        client.me()
    assert not passes(away.value), "who waits for it decides when to look again"
