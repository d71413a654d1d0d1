"""The change feed, by long poll."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from appliance.ports.clock import system_clock
from tests.integration.api_server import ApiClient, ApiServer, problem_of
from tests.servers import wait_until

SEATS = 4


def cursor(client: ApiClient) -> str:
    response = client.get("/changes")
    assert response.json()["changes"] == []
    return str(response.json()["next"])


def test_the_feed_begins_now_and_goes_on_where_it_was(red: ApiClient) -> None:
    red.upload()
    since = cursor(red)
    file_id = red.upload("new.mp4")["fileId"]
    red.delete(f"/delete/{file_id}?trash=true")
    first = red.get(f"/changes?since={since}").json()
    assert [(change["event"], change["fileId"]) for change in first["changes"]] == [
        ("created", file_id),
        ("uploaded", file_id),
        ("trashed", file_id),
    ]
    assert first["changes"][0]["file"] == red.get(f"/get/{file_id}").json()
    assert (first["more"], first["retryAfter"]) == (False, None)
    assert red.get(f"/changes?since={first['next']}").json()["changes"] == []
    assert red.get(f"/changes?since={since}").json() == first


def test_a_waiter_hears_of_a_change_at_once(red: ApiClient) -> None:
    since = cursor(red)
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(red.get, f"/changes?since={since}&wait=30")
        began = time.monotonic()
        asked = red.ask()
        heard = poll.result(10).json()
        assert time.monotonic() - began < 2
    assert [change["fileId"] for change in heard["changes"]] == [asked["fileId"]]


def test_a_quiet_wait_ends_in_time_and_moves_the_cursor(red: ApiClient, blue: ApiClient) -> None:
    since = cursor(red)
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(red.get, f"/changes?since={since}&wait=1")
        blue.ask()
        heard = poll.result(10).json()
    assert heard["changes"] == []
    assert heard["next"] != since


def test_who_finds_no_seat_is_told_to_come_back(red: ApiClient, api: ApiServer) -> None:
    since = cursor(red)
    url = f"/changes?since={since}&wait=30"
    answers: list[httpx.Response] = []
    polls = [threading.Thread(target=lambda: answers.append(red.get(url))) for _ in range(SEATS)]
    for poll in polls:
        poll.start()
    wait_until(lambda: api.listener.busy() == SEATS, timeout_s=10, what="all seats are taken")
    refused: list[httpx.Response] = []

    def refuse() -> bool:
        refused.append(red.get(f"/changes?since={since}&wait=1"))
        return refused[-1].json()["retryAfter"] is not None

    wait_until(refuse, timeout_s=10, what="a further poll returns at once")
    assert (refused[-1].json()["changes"], refused[-1].json()["next"]) == ([], since)
    red.ask()
    for poll in polls:
        poll.join(10)
    assert [len(answer.json()["changes"]) for answer in answers] == [1] * SEATS


def test_who_hangs_up_leaves_his_seat(red: ApiClient, api: ApiServer) -> None:
    since = cursor(red)
    for _ in range(SEATS):
        with pytest.raises(httpx.ReadTimeout):
            red.get(f"/changes?since={since}&wait=30", timeout=0.3)
    wait_until(
        lambda: red.get(f"/changes?since={since}&wait=0.1").json()["retryAfter"] is None,
        timeout_s=5,
        what="a seat is free again",
    )


def test_a_cursor_that_is_too_old_is_gone(red: ApiClient, api: ApiServer) -> None:
    red.ask()
    since = cursor(red)
    for _ in range(3):
        red.ask()
    api.catalog.changes.forget(before=system_clock())
    problem_of(red.get(f"/changes?since={since}"), 410, "gone", "since")


@pytest.mark.parametrize("wait", ["31", "-1", "nan", "inf", "x"])
def test_nobody_waits_longer_than_half_a_minute(red: ApiClient, wait: str) -> None:
    problem_of(red.get(f"/changes?wait={wait}"), 400, "invalid", "wait")


def test_many_changes_come_in_pages(red: ApiClient) -> None:
    since = cursor(red)
    asked = [red.ask()["fileId"] for _ in range(203)]
    first = red.get(f"/changes?since={since}").json()
    assert (len(first["changes"]), first["more"]) == (200, True)
    second = red.get(f"/changes?since={first['next']}").json()
    assert (len(second["changes"]), second["more"]) == (3, False)
    assert [change["fileId"] for change in first["changes"] + second["changes"]] == asked
