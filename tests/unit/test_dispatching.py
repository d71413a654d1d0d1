"""More requests than threads: so many wait, the rest is refused at once and told when to come back."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from flask import Flask

from appliance.web.server import Listen, Listener
from tests.servers import wait_until

THREADS = 2
WAITING = 3


class Desk:
    """An application whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.at_work = 0
        self.app = Flask("desk", static_folder=None)
        self.app.add_url_rule("/work", view_func=self._work)
        self.app.add_url_rule("/healthz", view_func=self._health)

    def _work(self) -> str:
        self.at_work += 1
        self.let_go.wait(60)
        return "done"

    def _health(self) -> str:
        return "ok"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def listener(desk: Desk) -> Iterator[Listener]:
    listener = Listener(desk.app, Listen("127.0.0.1", 0, THREADS, waiting=WAITING))
    listener.start()
    yield listener
    desk.let_go.set()
    listener.stop()


def test_who_comes_when_too_many_wait_is_told_at_once(desk: Desk, listener: Listener) -> None:
    url = f"http://127.0.0.1:{listener.port}"
    with ThreadPoolExecutor(THREADS + WAITING + 1) as pool, httpx.Client(trust_env=False, timeout=60) as client:
        asked = [pool.submit(httpx.get, f"{url}/work", trust_env=False, timeout=60) for _ in range(THREADS)]
        wait_until(lambda: desk.at_work == THREADS, timeout_s=30, what="all threads are at work")
        asked += [pool.submit(httpx.get, f"{url}/work", trust_env=False, timeout=60) for _ in range(WAITING)]
        wait_until(lambda: listener.waiting == WAITING, timeout_s=30, what="as many wait as may")
        # All threads are held: the refusals come from elsewhere.
        for _ in range(20):
            refused = client.get(f"{url}/work")
            assert refused.status_code == 503
            assert refused.headers["Retry-After"] == "2"
            assert refused.headers["Content-Type"] == "application/problem+json"
            found = refused.json()
            assert found["type"] == "urn:media-appliance:problem:overloaded"
            assert found["retryAfter"] == 2
        health = pool.submit(httpx.get, f"{url}/healthz", trust_env=False, timeout=60)
        wait_until(lambda: listener.waiting == WAITING + 1, timeout_s=30, what="who asks for health waits as well")
        desk.let_go.set()
        assert [answer.result().text for answer in asked] == ["done"] * (THREADS + WAITING)
        assert health.result().status_code == 200
        assert client.get(f"{url}/work").text == "done"
