"""What the settings of the API do: each test starts one of its own."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.integration.api_server import ApiServer, problem_of
from tests.servers import MinioServer, wait_until

Start = Callable[..., ApiServer]


@pytest.fixture
def start(minio: MinioServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts an API with these options and the tenant `red`."""
    with ExitStack() as stack:

        def begin(threads: int = 16, **changes: Any) -> ApiServer:
            server = ApiServer(minio, tmp_path_factory.mktemp("api"), changes, threads)
            stack.enter_context(server)
            server.tenant("red")
            return server

        yield begin


def test_a_full_disk_refuses_uploads_with_a_sentence(start: Start) -> None:
    with start(min_free_bytes=1 << 60).client("red") as client:
        found = problem_of(client.post("/upload", json={"name": "a", "size": 1}), 507, "storage_full", "size")
        assert "The disk of the store is full" in found["detail"]
        assert client.get("/files").status_code == 200


def test_each_key_has_a_rate_of_its_own(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server = start(rate_limit="3/hour")
    with server.client("red") as client, server.client("red") as other:
        left = [client.get(path).headers["x-ratelimit-remaining"] for path in ("/me", "/files", "/me")]
        assert left == ["2", "1", "0"]
        refused = client.get("/me")
        found = problem_of(refused, 429, "rate_limited")
        assert 0 < found["retryAfter"] <= 3601
        assert refused.headers["retry-after"] == str(found["retryAfter"])
        assert other.get("/me").status_code == 200
        assert client.get("/healthz").status_code == 200
    assert "ratelimit" not in caplog.text, "who asks too often must not fill the log"


def test_fixed_addresses_are_used_whatever_the_caller_says(start: Start) -> None:
    server = start(api_url="https://api.example.com", cdn_url="https://cdn.example.com")
    with server.client("red", Host="api.example.com") as client:
        asked = client.ask()
        assert asked["page"].startswith("https://api.example.com/watch/")
        assert asked["url"].startswith("https://cdn.example.com/videos/")
        assert asked["uploadUrl"].startswith(f"http://api.example.com:{server.minio.port}/")
    with server.client("red") as client:
        assert client.ask()["url"].startswith("https://cdn.example.com/")


def test_only_named_origins_may_call_from_a_browser(start: Start) -> None:
    with start(cors_origins=("https://a.example",)).client("red") as client:
        allowed = client.get("/me", headers={"Origin": "https://a.example"})
        assert allowed.headers["access-control-allow-origin"] == "https://a.example"
        assert "Origin" in allowed.headers["vary"]
        other = client.get("/me", headers={"Origin": "https://b.example"})
        assert "access-control-allow-origin" not in other.headers
        preflight = {"Origin": "https://b.example", "Access-Control-Request-Method": "POST"}
        assert "access-control-allow-origin" not in client.options("/upload", headers=preflight).headers


def test_a_stop_ends_long_polls_early_and_answers_them(start: Start) -> None:
    server = start()
    answers: list[httpx.Response] = []
    with server.client("red") as client:
        since = client.get("/changes").json()["next"]
        poll = threading.Thread(target=lambda: answers.append(client.get(f"/changes?since={since}&wait=30")))
        poll.start()
        wait_until(lambda: server.listener.busy() == 1, timeout_s=5, what="the poll waits")
        began = time.monotonic()
        server.listener.stop()
        poll.join(10)
        assert time.monotonic() - began < 5
    assert [answer.status_code for answer in answers] == [200]
    assert answers[0].json()["changes"] == []


def test_a_stopped_listener_takes_no_connections(start: Start) -> None:
    server = start()
    server.listener.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/healthz", trust_env=False)
