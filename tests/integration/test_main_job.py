"""The main job under fault: what was answered 2xx by the store is in the catalog, once, whatever dies meanwhile."""

import concurrent.futures
import contextlib
import json
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import pytest

from tests.integration.native_stack import NativeStack
from tests.servers import free_port, wait_until

_STORED = {"uploaded", "processing", "ready", "errored"}


@dataclass
class Caller:
    """Somebody who reaches the appliance by one host name, as if that name led to loopback."""

    stack: NativeStack
    host: str = "127.0.0.1"

    def __post_init__(self) -> None:
        key = json.loads((self.stack.settings.data_dir / "credentials.json").read_text())["apiKey"]
        self.auth = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        """One request to a URL of an answer; the name is resolved here, the Host header stays."""
        parts = urlsplit(url)
        address = "127.0.0.1" if parts.hostname == "media.test" else parts.hostname
        headers = {**more.pop("headers", {}), "Host": parts.netloc}
        target = parts._replace(netloc=f"{address}:{parts.port}").geturl()
        return self.client.request(method, target, headers=headers, **more)

    def api(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = f"http://{self.host}:{self.stack.settings.api_port}{path}"
        return self.send(method, url, headers={**self.auth, **more.pop("headers", {})}, **more)

    def ask(self, name: str, size: int) -> dict[str, Any]:
        answer = self.api("POST", "/upload", json={"name": name, "size": size})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def ask_until_answered(self, name: str, size: int) -> dict[str, Any]:
        """Ask again while nobody answers, as one and the same request."""
        again = {"Idempotency-Key": str(uuid.uuid4())}
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            with contextlib.suppress(httpx.TransportError):
                answer = self.api("POST", "/upload", json={"name": name, "size": size}, headers=again)
                answers.extend([answer.json()] if answer.status_code == 201 else [])
            return bool(answers)

        wait_until(answered, timeout_s=60, what="the API answers")
        return answers[0]

    def put(self, asked: dict[str, Any], body: bytes) -> int:
        return self.send("PUT", asked["uploadUrl"], content=body, headers=asked["headers"]).status_code

    def state(self, file_id: str) -> str:
        return str(self.api("GET", f"/get/{file_id}").json()["state"])

    def wait_stored(self, file_ids: set[str], timeout_s: float) -> None:
        wait_until(
            lambda: all(self.state(file_id) in _STORED for file_id in sorted(file_ids)),
            timeout_s=timeout_s,
            what="every file is there",
        )

    def all_files(self) -> list[str]:
        page = self.api("GET", "/files?limit=100").json()
        found = page["items"]
        while page["next"]:
            page = self.api("GET", f"/files?limit=100&cursor={page['next']}").json()
            found += page["items"]
        return [item["fileId"] for item in found]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    folder = tmp_path_factory.mktemp("appliance")
    stack = NativeStack.in_folder(
        folder, MEDIA_BIND="0.0.0.0", MEDIA_HOSTS="media.test", MEDIA_RATE_LIMIT="", MEDIA_INTAKE_PORT=str(free_port())
    )
    with stack.up():
        yield stack


@pytest.fixture
def caller(stack: NativeStack) -> Iterator[Caller]:
    with Caller(stack) as caller:
        yield caller


@contextlib.contextmanager
def api_down(stack: NativeStack) -> Iterator[None]:
    """The API is killed and, while its supervisor is frozen, not started again."""
    supervisor = stack.supervisor()
    supervisor.suspend()
    try:
        stack.child("serve").kill()
        yield
    finally:
        supervisor.resume()
    wait_until(lambda: stack.ready, timeout_s=60, what="the API is back")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "media.test", "localhost"])
def test_every_url_follows_the_name_by_which_the_caller_came(stack: NativeStack, host: str) -> None:
    with Caller(stack, host) as caller:
        asked = caller.ask("photo.bin", 9)
        assert {urlsplit(asked[name]).hostname for name in ("uploadUrl", "videoUrl", "page")} == {host}
        assert caller.put(asked, b"the bytes") == 200
        caller.wait_stored({asked["fileId"]}, 10)
        assert caller.send("GET", asked["videoUrl"]).content == b"the bytes"


def test_uploads_go_on_while_the_api_is_down(stack: NativeStack, caller: Caller) -> None:
    asked = [caller.ask(f"{number}.bin", 5) for number in range(50)]
    with api_down(stack):
        assert [caller.put(each, b"bytes") for each in asked] == [200] * 50
    caller.wait_stored({each["fileId"] for each in asked}, 30)


def test_a_killed_api_loses_and_doubles_nothing(
    stack: NativeStack, caller: Caller, request: pytest.FixtureRequest
) -> None:
    count = 500 if request.config.getoption("--long") else 150
    before = set(caller.all_files())
    sent: list[str] = []

    def upload(number: int) -> None:
        with Caller(stack) as own:
            asked = own.ask_until_answered(f"{number}.bin", 5)
            assert own.put(asked, b"bytes") == 200
            sent.append(asked["fileId"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        uploads = [pool.submit(upload, number) for number in range(count)]
        wait_until(lambda: len(sent) > count // 3, timeout_s=60, what="a third is sent")
        os.kill(stack.child("serve").pid, signal.SIGKILL)
        for each in uploads:
            each.result()
    wait_until(lambda: stack.ready, timeout_s=60, what="the API is back")
    caller.wait_stored(set(sent), 60)
    found = [file_id for file_id in caller.all_files() if file_id not in before]
    assert len(sent) == count
    assert sorted(found) == sorted(sent)


def test_reconcile_finds_what_the_store_forgot_to_tell(stack: NativeStack, caller: Caller) -> None:
    asked = [caller.ask(f"lost-{number}.bin", 5) for number in range(20)]
    queue = stack.settings.data_dir / "minio-events"

    def kept() -> list[Path]:
        return [path for path in queue.rglob("*") if path.is_file()]

    with api_down(stack):
        for each in asked:
            assert caller.put(each, b"bytes") == 200
        wait_until(lambda: len(kept()) >= 20, timeout_s=10, what="MinIO keeps the events")
        for event in kept():
            event.unlink()
    done = stack.run("reconcile", "--json")
    assert done.returncode == 0, done.stderr
    caller.wait_stored({each["fileId"] for each in asked}, 20)
