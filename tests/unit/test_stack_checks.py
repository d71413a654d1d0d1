"""What the stack refuses to start with, and what it hands to its children."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from appliance.config import Settings
from appliance.credentials import load_or_create
from appliance.domain.errors import SetupError
from appliance.stack.checks import check_machine, free_intake_port
from appliance.stack.children import Plan, settings_environment, store_child
from appliance.stack.native import settle
from appliance.stack.presence import claim, running_pid, stop
from appliance.stack.readiness import check_terminal
from appliance.stack.welcome import welcome
from tests.servers import free_port, wait_until


def settings(tmp_path: Path, **changes: object) -> Settings:
    ports = {"api_port": free_port(), "cdn_port": free_port(), "s3_port": free_port()}
    return Settings(**{"data_dir": tmp_path / "data", **ports, **changes})  # type: ignore[arg-type]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("field", ["api_port", "cdn_port", "s3_port", "intake_port"])
def test_a_port_in_use_is_named_with_its_setting(tmp_path: Path, taken: int, field: str) -> None:
    with pytest.raises(SetupError, match=rf"Port {taken} \(MEDIA_{field.upper()}\) is in use on 127\.0\.0\.1"):
        check_machine(settings(tmp_path, **{field: taken}))


def test_two_settings_of_one_port_are_noticed(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(SetupError, match="is in use"):
        check_machine(settings(tmp_path, api_port=port, cdn_port=port))


def test_the_stores_port_does_not_matter_where_the_store_is_elsewhere(tmp_path: Path, taken: int) -> None:
    check_machine(settings(tmp_path, s3_port=taken, s3_url="http://store.example.org:9000"))


def test_an_address_that_is_not_ours_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="MEDIA_BIND"):
        check_machine(settings(tmp_path, bind="192.0.2.1"))


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(SetupError, match=r"Cannot write to the data folder .*MEDIA_DATA_DIR"):
        check_machine(settings(tmp_path))


def test_an_intake_port_is_free(tmp_path: Path) -> None:
    port = free_intake_port("127.0.0.1")
    check_machine(settings(tmp_path, intake_port=port))


def test_a_second_appliance_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    assert running_pid(tmp_path) is None
    with claim(tmp_path):
        assert running_pid(tmp_path) == os.getpid()
        with pytest.raises(SetupError, match=rf"runs on .* already \(process {os.getpid()}\)"), claim(tmp_path):
            pass
    assert running_pid(tmp_path) is None
    with claim(tmp_path):
        pass


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def test_a_command_that_looks_for_the_running_appliance_elsewhere_says_so(tmp_path: Path) -> None:
    here = settings(tmp_path)
    check_terminal(here)
    here.data_dir.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            (here.data_dir / "credentials.json").write_text(json.dumps({"apiUrl": url}))
            with pytest.raises(SetupError, match=rf"runs at {url}, not on port {here.api_port}.*media\.toml"):
                check_terminal(here)
            check_terminal(settings(tmp_path, api_port=server.server_port))
        finally:
            server.shutdown()
            thread.join()
    check_terminal(here)


def holder(data_dir: Path) -> "subprocess.Popen[bytes]":
    """A process that holds the data folder."""
    code = (
        "import pathlib, signal, sys\n"
        "from appliance.stack.presence import claim\n"
        "with claim(pathlib.Path(sys.argv[1])): signal.pause()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(data_dir)])
    wait_until(lambda: running_pid(data_dir) == process.pid, timeout_s=10, what="the claim")
    return process


def test_a_killed_appliance_leaves_the_folder_free(tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.kill()
    process.wait()
    assert running_pid(tmp_path) is None


def test_a_running_appliance_can_be_stopped(tmp_path: Path) -> None:
    assert not stop(tmp_path)
    process = holder(tmp_path)
    assert stop(tmp_path)
    assert process.wait(5) == -signal.SIGTERM


def test_children_read_exactly_the_settings_of_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = settings(
        tmp_path, cors_origins="https://a.test,https://b.test", hosts="nas.example.org", log_level="ERROR"
    )
    environment = settings_environment(wanted)
    for name in [name for name in os.environ if name.startswith("MEDIA_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        if name.startswith("MEDIA_"):
            monkeypatch.setenv(name, value)
    assert Settings() == wanted


def test_what_is_left_open_is_settled_once(tmp_path: Path) -> None:
    plan = settle(settings(tmp_path))
    assert plan.settings.intake_port > 0
    assert plan.intake_url == f"http://127.0.0.1:{plan.settings.intake_port}"
    assert settle(plan.settings) == plan


def test_a_stack_on_one_address_reaches_its_store_there(tmp_path: Path) -> None:
    plan = settle(settings(tmp_path, bind="192.0.2.1"))
    assert plan.settings.store_url == f"http://192.0.2.1:{plan.settings.s3_port}"


def test_the_store_tells_of_events_twice_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_NOTIFY_WEBHOOK_ENABLE_OTHER", "on")
    own = settings(tmp_path, intake_port=18_500)
    secrets = load_or_create(own.data_dir)
    env = store_child(Plan(own, secrets), Path("/bin/minio")).env
    for target in ("FAST", "DURABLE"):
        assert env[f"MINIO_NOTIFY_WEBHOOK_ENDPOINT_{target}"] == "http://127.0.0.1:18500/events/minio"
        assert env[f"MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_{target}"] == f"Bearer {secrets.intake_token}"
    assert "MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_FAST" not in env
    assert env["MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DURABLE"] == str(own.data_dir / "minio-events")
    assert "MINIO_NOTIFY_WEBHOOK_ENABLE_OTHER" not in env


def test_the_welcome_fits_a_terminal_and_its_commands_are_commands(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "credentials.json").write_text(
        '{\n "apiUrl": "http://127.0.0.1:8080",\n "cdnUrl": "http://127.0.0.1:8088",\n'
        ' "s3Url": "http://127.0.0.1:9000",\n "apiKey": "mk_1"\n}\n'
    )
    text = welcome(settings(tmp_path))
    assert "http://127.0.0.1:8088" in text
    commands = text[text.index("  KEY=") : text.index("Ctrl-C")].replace("curl", "echo curl")
    answer = subprocess.run(["sh", "-euc", commands], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("curl -H Authorization: Bearer mk_1 ")
    assert answer.stdout.strip().endswith("http://127.0.0.1:8080/upload")
    lines = [line for line in text.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 80
