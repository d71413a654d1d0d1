"""A new device comes to its key; and what anybody may see without one: the pages, health and figures."""

import re
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from appliance.catalog.access import PAIRING_US
from appliance.ports.clock import system_clock
from appliance.web.pairing import TRIES_A_MINUTE
from tests.integration.api_server import ApiClient, ApiServer, problem_of
from tests.servers import MinioServer


@pytest.fixture
def fresh(minio: MinioServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API of its own: tries are counted by address, and every test here comes from the same one."""
    with ApiServer(minio, tmp_path_factory.mktemp("pairing")) as server:
        server.tenant("red")
        yield server


def offer(server: ApiServer, now: int | None = None) -> str:
    return server.catalog.pairings.offer("red", "laptop", ["read"], now=now or system_clock())


def pair(server: ApiServer, code: str, name: str = "tablet", host: str = "127.0.0.1") -> httpx.Response:
    body = {"code": code, "deviceName": name}
    return httpx.post(f"{server.url}/pair", json=body, headers={"Host": host}, trust_env=False)


def test_a_code_is_traded_once_for_a_named_key(fresh: ApiServer) -> None:
    code = offer(fresh)
    answer = pair(fresh, code.lower(), host="media.test:8080")
    assert answer.status_code == 201, answer.text
    paired = answer.json()
    assert (paired["tenantId"], paired["name"], paired["scopes"]) == ("red", "tablet", ["read"])
    assert (paired["apiUrl"], paired["cdnUrl"]) == ("http://media.test:8080", "http://media.test:8088")
    with ApiClient(fresh.url, paired["apiKey"], paired["keyId"], {}) as client:
        assert client.get("/me").json()["keyName"] == "tablet"
    problem_of(pair(fresh, code), 401, "unauthorized")


def test_a_device_without_a_name_gets_the_one_of_the_code(fresh: ApiServer) -> None:
    assert pair(fresh, offer(fresh), "").json()["name"] == "laptop"


def test_an_old_code_is_refused(fresh: ApiServer) -> None:
    problem_of(pair(fresh, offer(fresh, now=system_clock() - PAIRING_US - 1)), 401, "unauthorized")


def test_a_code_stands_five_wrong_tries(fresh: ApiServer) -> None:
    code = offer(fresh)
    for _ in range(5):
        problem_of(pair(fresh, f"{code[:5]}WRONGONE"), 401, "unauthorized")
    problem_of(pair(fresh, code), 401, "unauthorized")


def test_guessing_is_slowed_down(fresh: ApiServer) -> None:
    for _ in range(TRIES_A_MINUTE):
        problem_of(pair(fresh, "AAAA-BBBBBBBB"), 401, "unauthorized")
    answer = pair(fresh, offer(fresh))
    problem_of(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "60"


@pytest.mark.parametrize("path", ["/", "/pair"])
def test_pages_load_nothing_from_elsewhere(fresh: ApiServer, path: str) -> None:
    page = httpx.get(fresh.url + path, trust_env=False)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy
    for link in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        # Links with a host are for people to follow: they lead to the port that is published.
        assert "//127.0.0.1:8080/" in link or httpx.get(fresh.url + link, trust_env=False).status_code == 200
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", page.text)


def test_the_front_page_tells_how_to_begin_until_a_device_is_paired(fresh: ApiServer) -> None:
    assert "media-appliance pair" in httpx.get(fresh.url, trust_env=False).text
    pair(fresh, offer(fresh))
    after = httpx.get(fresh.url, trust_env=False).text
    assert "media-appliance pair" not in after
    assert "http://127.0.0.1:8080/docs" in after


def test_health_names_each_dependency(minio: MinioServer, fresh: ApiServer) -> None:
    assert httpx.get(f"{fresh.url}/healthz", trust_env=False).json() == {"status": "ok"}
    ready = httpx.get(f"{fresh.url}/readyz", trust_env=False)
    assert ready.status_code == 200
    assert {name: check["status"] for name, check in ready.json()["checks"].items()} == {"catalog": "ok", "store": "ok"}


def test_readiness_says_what_is_missing(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        MinioServer(tmp_path_factory.mktemp("store")) as store,
        ApiServer(store, tmp_path_factory.mktemp("a")) as server,
    ):
        store.stop()
        ready = httpx.get(f"{server.url}/readyz", timeout=30, trust_env=False)
        assert ready.status_code == 503
        checks = ready.json()["checks"]
        assert checks["catalog"]["status"] == "ok"
        assert checks["store"]["status"] == "error"
        assert checks["store"]["error"]


def test_figures_are_for_prometheus_and_do_not_grow_with_what_callers_make_up(fresh: ApiServer) -> None:
    with fresh.client("red") as client:
        client.upload("a.txt")
        for number in range(5):
            client.get(f"/nothing/{number}")
    text = httpx.get(f"{fresh.url}/metrics", trust_env=False).text
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["media_files", ("state", "stored")] == 1
    assert ("media_queue_events", ("service", "metadata"), ("state", "dead")) in samples
    labels = (("method", "OTHER"), ("route", "unknown"), ("status", "404"))
    assert samples["media_requests_total", *labels] == 5
