"""The upload engine on a bad network: nothing fails because of it, and every row that waits says why."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.uploads import PUT_LIMIT
from gui.transfer.transfers import State
from tests.integration.engines import GENEROUS_S, WAITING, EngineRig
from tests.servers import MinioServer, wait_until

LARGE = PUT_LIMIT + 5 * 1024 * 1024


@pytest.fixture
def rig(minio: MinioServer, tmp_path: Path) -> Iterator[EngineRig]:
    with EngineRig(minio, tmp_path) as made, no_row_without_a_reason(made):
        yield made


@contextmanager
def no_row_without_a_reason(rig: EngineRig) -> Iterator[None]:
    """Looks all the time; none must have failed either."""
    wrong: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for row in rig.engine.transfers():
                if (row.state in WAITING and not row.reason) or row.state is State.FAILED:
                    wrong.append(f"{row.name} is {row.state}: {row.reason}")

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert not wrong, wrong[:5]


@pytest.mark.long
@pytest.mark.parametrize("which", ["store_net", "api_net"])
def test_a_connection_that_is_away_suspends_and_comes_back(
    rig: EngineRig, which: str, request: pytest.FixtureRequest
) -> None:
    away_s = 30.0 if request.config.getoption("--long") else 3.0
    net = getattr(rig, which)
    rig.engine.set_options(replace(rig.options, limit=LARGE // 2))
    rig.engine.start()
    sources = [rig.file("large.bin", LARGE), *(rig.file(f"{number}.bin", 20_000) for number in range(20))]
    rig.engine.add(sources[:1], connection="red")
    rig.wait_row("large.bin", State.SENDING, sent=LARGE // 8)
    net.cut()
    rig.engine.add(sources[1:], connection="red")
    suspended = rig.wait_row("0.bin", State.SUSPENDED)
    assert suspended.problem == "unreachable"
    assert "does not answer" in suspended.reason
    until = time.monotonic() + away_s
    wait_until(lambda: time.monotonic() > until, timeout_s=away_s + GENEROUS_S, what="it was away")
    net.restore()
    rig.engine.set_options(rig.options)
    rig.settle()
    rig.check(rig.engine.transfers())
    assert len(rig.engine.transfers()) == 21


def test_connections_that_are_reset_are_made_again(rig: EngineRig) -> None:
    rig.store_net.resets = rig.api_net.resets = 0.01
    sources = [rig.file(f"{number}.bin", 200_000) for number in range(30)]
    rig.engine.start()
    rig.engine.add([*sources, rig.file("middle.bin", 3_000_000)], connection="red")
    rig.settle()
    rig.check(rig.engine.transfers())
    rig.api_net.resets = 0.0
    wait_until(
        lambda: len(list(rig.client("red").all_files(limit=200))) == 31,
        timeout_s=GENEROUS_S,
        what="each is there once, and no session that was begun in vain",
    )


def test_a_slow_connection_is_no_broken_one(rig: EngineRig) -> None:
    rig.store_net.rate = rig.api_net.rate = 64 * 1024
    rig.engine.start()
    rig.engine.add([rig.file(f"{number}.bin", 40_000) for number in range(12)], connection="red")
    rig.settle()
    rig.check(rig.engine.transfers())
    assert {row.attempts for row in rig.engine.transfers()} == {1}


def test_a_store_that_is_down_is_named(rig: EngineRig) -> None:
    rig.store_net.cut()
    rig.engine.start()
    rig.engine.add([rig.file("a.bin", 10)], connection="red")
    row = rig.wait_row("a.bin", State.SUSPENDED)
    assert row.reason.startswith("The object store does not answer")
    assert str(rig.store_net.port) in row.reason
    rig.engine.resume([row.id])
    rig.store_net.restore()
    rig.settle()
    rig.check(rig.engine.transfers())
