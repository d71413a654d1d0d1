"""Workers: what becomes of an event that its handler finishes, fails, drops or sits on."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import Catalog, open_catalog
from appliance.domain.errors import ApplianceError, StoreRejected, StoreUnavailable, TranscodeFailed
from appliance.domain.events import Event, EventType
from appliance.ports.clock import system_clock
from appliance.services.runner import Runner, Timed
from appliance.services.worker import SECOND, Handler, Interrupted, LeaseKeeper, Subscription, Worker, backoff_us
from tests.servers import wait_until

LEASE_US = 60 * SECOND
HOUR = 3600 * SECOND
EVENT = Event(1, EventType.OBJECT_CREATED, "files/red/x.bin", "file-1", 1)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = open_catalog(
        f"sqlite:///{tmp_path / 'catalog.db'}", system_clock, queues={"service": frozenset(EventType)}
    )
    yield opened
    opened.close()


class Bench:
    """One worker of one service, with a clock that a test moves."""

    def __init__(self, catalog: Catalog, handler: Handler, *, attempts: int = 3) -> None:
        self.now = 1_000 * SECOND
        self.catalog = catalog
        self.bus = SqlBus(catalog.queue, lambda: self.now)
        self.keeper = LeaseKeeper(self.bus)
        self.stopping = False
        self.worker = Worker(
            Subscription("service", handler, 1, LEASE_US, attempts),
            self.bus,
            catalog.jobs,
            self.keeper,
            lambda: self.now,
            stopping=lambda: self.stopping,
            jitter=lambda: 1.0,
        )
        self.bus.publish(EVENT)

    def step(self) -> bool:
        return self.worker.step(self.now)

    def job(self) -> tuple[str, int, str | None]:
        # A write that waits comes after the notes, which do not.
        self.catalog.db.write(lambda: None)
        (job,) = self.catalog.jobs.of_file("file-1")
        return job.state, job.attempts, job.error


def failing(error: Exception) -> Handler:
    def handler(event: Event, wanted: Callable[[], bool]) -> None:
        raise error

    return handler


def test_a_finished_event_is_forgotten(catalog: Catalog) -> None:
    seen = []
    bench = Bench(catalog, lambda event, wanted: seen.append(event))
    assert bench.step()
    assert seen == [EVENT]
    assert not bench.step()
    assert bench.job() == ("done", 1, None)
    assert catalog.db.query_value("SELECT COUNT(*) FROM delivery") == 0


def test_a_passing_failure_is_tried_again_later_and_later(catalog: Catalog) -> None:
    bench = Bench(catalog, failing(TranscodeFailed("busy")))
    assert bench.step()
    assert bench.job() == ("retrying", 1, "busy")
    assert not bench.step()
    bench.now += SECOND
    assert bench.step()
    bench.now += SECOND
    assert not bench.step()
    bench.now += SECOND
    assert bench.step()
    assert bench.job() == ("failed", 3, "busy")
    assert [letter.error for letter in bench.bus.dead_letters()] == ["busy"]


def test_a_store_that_is_away_for_hours_makes_no_dead_letters_but_one_that_stays_away_does(catalog: Catalog) -> None:
    bench = Bench(catalog, failing(StoreUnavailable("away")))
    began, tries = bench.now, 0
    while bench.now < began + 20 * HOUR:
        tries += bench.step()
        bench.now += 5 * 60 * SECOND
    assert bench.bus.dead_letters() == []
    assert bench.job() == ("retrying", 3, "away")
    assert tries == 240
    bench.now += 10 * HOUR
    assert bench.step()
    assert [letter.error for letter in bench.bus.dead_letters()] == ["away"]


def test_being_stopped_is_no_attempt(catalog: Catalog) -> None:
    bench = Bench(catalog, failing(Interrupted()))
    for _ in range(10):
        assert bench.step()
    assert bench.bus.dead_letters() == []


def test_a_permanent_failure_is_buried_at_once(catalog: Catalog) -> None:
    bench = Bench(catalog, failing(StoreRejected("never")))
    assert bench.step()
    assert bench.job() == ("failed", 1, "never")
    bench.now += 10**12
    assert not bench.step()


def test_a_defect_of_the_handler_is_tried_again(catalog: Catalog) -> None:
    bench = Bench(catalog, failing(ZeroDivisionError("oops")))
    assert bench.step()
    assert bench.job() == ("retrying", 1, "ZeroDivisionError: oops")


def test_an_event_that_kills_its_workers_is_buried_untried(catalog: Catalog) -> None:
    calls: list[Event] = []
    bench = Bench(catalog, lambda event, wanted: calls.append(event))
    for _ in range(3):
        bench.bus.claim("service", now=bench.now, lease_us=SECOND)
        bench.now += SECOND
    assert bench.step()
    assert calls == []
    assert bench.job() == ("failed", 4, "No attempt came to an end.")


def test_the_outcome_of_lost_work_is_dropped(catalog: Catalog) -> None:
    still_wanted = []

    def slow(event: Event, wanted: Callable[[], bool]) -> None:
        still_wanted.append(wanted())
        bench.now += LEASE_US
        (taken,) = bench.bus.claim("service", now=bench.now, lease_us=LEASE_US)
        assert taken.attempts == 2
        bench.keeper.beat(bench.now)
        still_wanted.append(wanted())

    bench = Bench(catalog, slow)
    assert bench.step()
    assert still_wanted == [True, False]
    assert catalog.db.query_value("SELECT COUNT(*) FROM delivery") == 1


def test_a_lease_is_kept_while_work_goes_on(catalog: Catalog) -> None:
    def slow(event: Event, wanted: Callable[[], bool]) -> None:
        for _ in range(5):
            bench.now += LEASE_US // 2
            bench.keeper.beat(bench.now)
            assert not bench.bus.claim("service", now=bench.now, lease_us=LEASE_US)
        assert wanted()

    bench = Bench(catalog, slow)
    assert bench.step()
    assert bench.job()[0] == "done"


def test_interrupted_work_is_delivered_again_at_once(catalog: Catalog) -> None:
    def asks(event: Event, wanted: Callable[[], bool]) -> None:
        if not wanted():
            raise Interrupted

    bench = Bench(catalog, asks)
    bench.stopping = True
    assert bench.step()
    bench.stopping = False
    assert bench.step()
    assert bench.job() == ("done", 1, None)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (60, 300)])
def test_delays_double_up_to_five_minutes_with_full_jitter(attempts: int, seconds: int) -> None:
    assert backoff_us(attempts, 1.0) == seconds * SECOND
    assert backoff_us(attempts, 0.5) == seconds * SECOND // 2
    assert backoff_us(attempts, 0.0) == 0


def test_a_runner_works_until_it_is_stopped_and_outlives_failures(catalog: Catalog) -> None:
    bus = SqlBus(catalog.queue, system_clock)
    seen: list[int] = []
    tries: list[int] = []
    ran = threading.Event()

    def handler(event: Event, wanted: Callable[[], bool]) -> None:
        seen.append(event.id)

    def timed() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ApplianceError("this time it did not work")
        ran.set()

    runner = Runner(
        bus,
        catalog.jobs,
        system_clock,
        [Subscription("service", handler, 3, LEASE_US, 3)],
        [Timed("clock", 0.01, timed)],
    )
    runner.start()
    for number in range(50):
        bus.publish(Event(number, EventType.OBJECT_CREATED, "files/red/x.bin", None, 1))
    wait_until(lambda: len(seen) == 50, timeout_s=10, what="all events are worked on")
    assert ran.wait(5)
    assert runner.stop(5)
    assert sorted(seen) == list(range(50))
    bus.publish(EVENT)
    assert bus.depths()[0].ready == 1
