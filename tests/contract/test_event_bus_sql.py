"""The event_bus port on tables of the catalog, and what is that adapter's own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import Catalog, open_catalog
from appliance.domain.events import EventType
from appliance.ports.clock import system_clock
from appliance.ports.event_bus import EventBus
from tests.contract.event_bus_suite import FILTERS, SERVICES, EventBusContract, claim_one, event

#: Opens the same catalog, says so, and publishes one event for every line it is sent.
_PUBLISHER = """
import sys
from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import open_catalog
from appliance.ports.clock import system_clock
from tests.contract.event_bus_suite import FILTERS, event
catalog = open_catalog(sys.argv[1], system_clock, queues=FILTERS)
bus = SqlBus(catalog.queue, system_clock)
print("ready", flush=True)
for line in sys.stdin:
    bus.publish(event(int(line)))
    print(system_clock(), flush=True)
catalog.close()
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'catalog.db'}"


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    opened = open_catalog(url, system_clock, queues=FILTERS)
    yield opened
    opened.close()


@pytest.fixture
def bus(catalog: Catalog) -> EventBus:
    return SqlBus(catalog.queue, system_clock)


class TestSqlBus(EventBusContract):
    """All of the port."""


def test_the_inbox_fills_the_queues_in_its_own_transaction(catalog: Catalog, bus: EventBus) -> None:
    catalog.inbox.announce(EventType.FILE_DELETED, file_id="f", key="files/red/f.bin", now=1)
    delivered = [claim_one(bus, service).event for service in SERVICES]
    assert delivered[0] == delivered[1]
    assert (delivered[0].type, delivered[0].file_id) == (EventType.FILE_DELETED, "f")
    assert delivered[0].id == catalog.db.query_value("SELECT id FROM inbox")


def test_events_outlive_every_process(url: str) -> None:
    first = open_catalog(url, system_clock, queues=FILTERS)
    SqlBus(first.queue, system_clock).publish(event())
    first.close()
    second = open_catalog(url, system_clock, queues=FILTERS)
    assert claim_one(SqlBus(second.queue, system_clock)).event == event()
    second.close()


def test_a_waiter_wakes_within_milliseconds_of_another_processs_commit(url: str, bus: EventBus) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PUBLISHER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as publisher:
        assert publisher.stdin is not None
        assert publisher.stdout is not None
        assert publisher.stdout.readline() == "ready\n"
        delays = []
        for number in range(20):
            publisher.stdin.write(f"{number}\n")
            deadline = time.monotonic() + 5
            while not (claimed := bus.claim("one", now=system_clock(), lease_us=10**9)):
                assert time.monotonic() < deadline
                bus.wait("one", 5)
            woken = system_clock()
            delays.append(woken - int(publisher.stdout.readline()))
            bus.ack(claimed[0])
        publisher.stdin.close()
    # The claim itself takes a commit; the machine may be busy with other things in a few of the rounds.
    assert sorted(delays)[len(delays) // 2] < 20_000
