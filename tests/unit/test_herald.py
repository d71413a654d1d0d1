"""Telling people of trouble: each once until it is over, whoever hangs, and the marks of a disk."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import Catalog
from appliance.domain.errors import CatalogBusy
from appliance.domain.events import Event, EventType
from appliance.domain.room import Watermarks
from appliance.services.herald import Herald, Look
from appliance.services.telling import Telling
from appliance.watching import look_at_dead_letters
from tests.catalogs import Clock, opened
from tests.receiver import Receiver
from tests.servers import free_port

GB = 10**9


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with opened(tmp_path) as catalog:
        yield catalog


class Town:
    """One herald and those who listen to him. troubles: what a look finds, or raises."""

    def __init__(self, catalog: Catalog, *, listens: bool = True) -> None:
        self.heard: list[str] = []
        self.listens = listens
        self.troubles: Mapping[str, str] | Exception = {}
        self.herald = Herald(catalog, [Look(frozenset({"disk", "mail"}), self._find)], self._tell, Clock())

    def _find(self, standing: Collection[str]) -> Mapping[str, str]:
        if isinstance(self.troubles, Exception):
            raise self.troubles
        return self.troubles

    def _tell(self, sentence: str, *, over: bool) -> bool:
        if self.listens:
            self.heard.append(f"over: {sentence}" if over else sentence)
        return self.listens

    def round(self, **troubles: str) -> list[str]:
        """One round with these troubles; what was told in it."""
        self.heard.clear()
        self.troubles = troubles
        assert self.herald.run()
        return list(self.heard)


def test_each_trouble_is_told_once_and_its_end_too(catalog: Catalog) -> None:
    town = Town(catalog)
    assert town.round() == []
    assert town.round(disk="full") == ["full"]
    assert town.round(disk="fuller") == []
    assert town.round(disk="fuller", mail="away") == ["away"]
    assert town.round(mail="away") == ["over: full"]
    assert town.round() == ["over: away"]
    assert town.round() == []
    assert town.round(disk="full again") == ["full again"]


def test_what_nobody_took_is_told_later_and_forgotten_if_it_passed(catalog: Catalog) -> None:
    town = Town(catalog, listens=False)
    town.round(disk="full", mail="away")
    assert [alarm.told_at for alarm in catalog.alarms.all()] == [None, None]
    town.round(disk="full")
    town.listens = True
    assert town.round(disk="full") == ["full"]
    town.listens = False
    town.round()
    town.listens = True
    assert town.round() == ["over: full"]


def test_what_begins_again_before_its_end_was_told_is_no_news(catalog: Catalog) -> None:
    town = Town(catalog)
    town.round(disk="full")
    town.listens = False
    town.round()
    town.listens = True
    assert town.round(disk="full") == []
    assert town.round() == ["over: full"]


def test_a_look_that_fails_changes_nothing(catalog: Catalog) -> None:
    town = Town(catalog)
    town.round(disk="full")
    town.troubles = CatalogBusy("away")
    assert town.herald.run()
    assert town.round() == ["over: full"]


def test_alarms_of_others_are_told_and_left_alone(catalog: Catalog) -> None:
    town = Town(catalog)
    catalog.alarms.begin("backup", "No backup was made.", now=1)
    assert town.round() == ["No backup was made."]
    assert town.round() == []
    catalog.alarms.end("backup", now=2)
    assert town.round() == ["over: No backup was made."]
    assert catalog.alarms.all() == []


def test_two_heralds_do_not_tell_the_same(catalog: Catalog) -> None:
    first, second = Town(catalog), Town(catalog)
    ran: list[bool] = []

    def tell(sentence: str, *, over: bool) -> bool:
        ran.append(second.herald.run())
        return True

    first.herald = Herald(catalog, [Look(frozenset({"disk"}), first._find)], tell, Clock())
    first.round(disk="full")
    assert ran == [False]
    assert second.heard == []


def test_dead_letters_are_an_alarm_of_their_service(catalog: Catalog) -> None:
    clock = Clock()
    bus = SqlBus(catalog.queue, clock)
    look = look_at_dead_letters(bus)
    assert look.find(()) == {}
    bus.publish(Event(1, EventType.OBJECT_CREATED, "files/red/x.bin", "file-1", 1))
    (delivery,) = bus.claim("metadata", now=clock(), lease_us=10**6)
    bus.bury(delivery, now=clock(), error="The store refused.")
    found = look.find(())
    assert found.keys() == {"dead-letters/metadata"}
    sentence = found["dead-letters/metadata"]
    assert "gave up on 1 event, the last time because: The store refused. See `media-appliance dead-letters" in sentence
    bus.replay(now=clock())
    assert look.find(found.keys()) == {}


def test_everybody_is_told_by_his_own_url() -> None:
    with Receiver() as anna, Receiver() as ben:
        telling = Telling(f"{anna.url} foo://bar  {ben.url}", "studio")
        assert telling.unknown == ["foo"]
        assert telling("The disk is full.", over=False)
        assert telling("The disk is full.", over=True)
        assert anna.messages() == ben.messages() == ["The disk is full.", "Over: The disk is full."]
        assert {document["title"] for document in anna.documents} == {"Media appliance studio"}
        assert [document["type"] for document in anna.documents] == ["warning", "success"]


def test_who_refuses_or_is_away_is_named_without_his_password() -> None:
    with Receiver() as receiver:
        receiver.status = 500
        away = f"json://anna:geheim@127.0.0.1:{free_port()}/"
        results = list(Telling(f"{receiver.url} {away}", "studio").tell("x", over=False))
    assert all(told.complaint for told in results)
    assert "anna" in results[1].who
    assert "geheim" not in results[1].who + results[1].complaint


def test_who_hangs_is_given_up_and_not_asked_again_until_he_is_back() -> None:
    with Receiver() as receiver:
        receiver.hold.clear()
        telling = Telling(receiver.url, "studio", timeout_s=0.2)
        assert [told.complaint for told in telling.tell("one", over=False)] == ["it did not answer in time"]
        assert [told.complaint for told in telling.tell("two", over=False)] == ["it does not answer"]
        receiver.hold.set()
    assert "two" not in receiver.messages()


def test_a_file_is_refused_where_it_does_not_fit_beside_what_was_promised() -> None:
    marks = Watermarks(min_free=GB, warn_percent=10)
    assert marks.refusal(free=3 * GB, promised=GB, size=GB) is None
    refusal = marks.refusal(free=3 * GB, promised=GB, size=GB + 1)
    assert refusal == (
        "The disk of the store is full: 3 GB are free, 1 GB of them kept back and 1 GB promised to uploads that have "
        "begun, so there is no room for 1 GB. What has begun goes on; new uploads wait until space is freed."
    )
    assert Watermarks(min_free=0, warn_percent=10).refusal(free=0, promised=0, size=GB) is None


def test_people_are_warned_early_and_a_figure_at_the_mark_warns_once() -> None:
    marks = Watermarks(min_free=GB, warn_percent=10)
    assert marks.low(free=9 * GB, total=100 * GB)
    assert not marks.low(free=10 * GB, total=100 * GB)
    assert marks.low(free=10 * GB, total=100 * GB, standing=True)
    assert not marks.low(free=11 * GB, total=100 * GB, standing=True)
    assert marks.full(free=GB - 1)
    assert not marks.full(free=GB)
    assert marks.full(free=GB, standing=True)
    # On a small disk the watermark itself is the warning.
    assert marks.low(free=GB - 1, total=2 * GB)
