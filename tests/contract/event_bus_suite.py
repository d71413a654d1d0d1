"""What every adapter of the event_bus port must do, over the real thing."""

import threading
import time

from appliance.domain.events import Event, EventType
from appliance.ports.clock import system_clock
from appliance.ports.event_bus import Delivery, EventBus

SECOND = 1_000_000
LEASE = 60 * SECOND
SERVICES = ("one", "two")
FILTERS = {service: frozenset(EventType) for service in SERVICES}


def event(number: int = 1) -> Event:
    return Event(
        number, EventType.OBJECT_CREATED, f"files/red/{number}.bin", f"file-{number}", number, 5, "etag", "0F"
    )  # fmt: skip


def claim_one(bus: EventBus, service: str = "one", *, now: int | None = None, lease_us: int = LEASE) -> Delivery:
    claimed = bus.claim(service, now=now or system_clock(), lease_us=lease_us)
    assert len(claimed) == 1
    return claimed[0]


def nothing_to_claim(bus: EventBus, service: str = "one", *, now: int | None = None) -> bool:
    return not bus.claim(service, now=now or system_clock(), lease_us=LEASE)


class EventBusContract:
    """Mix in, with a fixture `bus` of the services SERVICES whose queues are empty."""

    def test_every_service_gets_the_whole_event(self, bus: EventBus) -> None:
        bus.publish(event())
        for service in SERVICES:
            delivery = claim_one(bus, service)
            assert delivery.event == event()
            assert (delivery.service, delivery.attempts) == (service, 1)

    def test_what_is_acknowledged_is_gone_for_that_service_alone(self, bus: EventBus) -> None:
        bus.publish(event())
        assert bus.ack(claim_one(bus))
        assert nothing_to_claim(bus)
        assert claim_one(bus, "two").event == event()

    def test_what_is_leased_is_nobody_elses_until_the_lease_runs_out(self, bus: EventBus) -> None:
        bus.publish(event())
        now = system_clock()
        first = claim_one(bus, now=now, lease_us=SECOND)
        assert nothing_to_claim(bus, now=now + SECOND - 1)
        second = claim_one(bus, now=now + SECOND)
        assert (second.event, second.attempts) == (first.event, 2)

    def test_a_lost_lease_does_nothing_any_more(self, bus: EventBus) -> None:
        bus.publish(event())
        now = system_clock()
        lost = claim_one(bus, now=now, lease_us=1)
        kept = claim_one(bus, now=now + 1)
        assert not bus.extend(lost, now=now, lease_us=LEASE)
        assert not bus.ack(lost)
        assert not bus.retry(lost, now=now, delay_us=0, error="late")
        assert not bus.bury(lost, now=now, error="late")
        assert bus.ack(kept)

    def test_an_extended_lease_lasts_longer(self, bus: EventBus) -> None:
        bus.publish(event())
        now = system_clock()
        delivery = claim_one(bus, now=now, lease_us=SECOND)
        assert bus.extend(delivery, now=now, lease_us=10 * SECOND)
        assert nothing_to_claim(bus, now=now + 5 * SECOND)
        assert bus.ack(delivery)

    def test_a_retry_comes_after_its_delay(self, bus: EventBus) -> None:
        bus.publish(event())
        now = system_clock()
        assert bus.retry(claim_one(bus, now=now), now=now, delay_us=5 * SECOND, error="not yet")
        assert nothing_to_claim(bus, now=now + 5 * SECOND - 1)
        assert claim_one(bus, now=now + 5 * SECOND).attempts == 2

    def test_an_attempt_may_not_count(self, bus: EventBus) -> None:
        bus.publish(event())
        now = system_clock()
        assert bus.retry(claim_one(bus, now=now), now=now, delay_us=0, error="nobody was there", counts=False)
        assert claim_one(bus, now=now).attempts == 1

    def test_the_buried_are_kept_with_their_error(self, bus: EventBus) -> None:
        bus.publish(event())
        now = system_clock()
        assert bus.bury(claim_one(bus), now=now, error="broken for good")
        assert nothing_to_claim(bus, now=now + 10 * LEASE)
        (letter,) = bus.dead_letters()
        assert (letter.service, letter.event, letter.attempts) == ("one", event(), 1)
        assert (letter.error, letter.died_at) == ("broken for good", now)
        assert list(bus.dead_letters("two")) == []

    def test_a_replay_starts_anew(self, bus: EventBus) -> None:
        for number in range(3):
            bus.publish(event(number))
            bus.bury(claim_one(bus), now=system_clock(), error="broken")
        chosen = next(letter for letter in bus.dead_letters("one") if letter.event.id == 1)
        assert bus.replay(ids=[chosen.id], now=system_clock()) == 1
        again = claim_one(bus)
        assert (again.event.id, again.attempts) == (1, 1)
        assert bus.replay(service="two", now=system_clock()) == 0
        assert bus.replay(service="one", now=system_clock()) == 2
        assert list(bus.dead_letters()) == []

    def test_the_newest_dead_letters_come_first(self, bus: EventBus) -> None:
        for number in range(5):
            bus.publish(event(number))
            bus.bury(claim_one(bus), now=system_clock(), error="broken")
        assert [letter.event.id for letter in bus.dead_letters(limit=2)] == [4, 3]

    def test_the_oldest_is_claimed_first_and_no_more_than_asked_for(self, bus: EventBus) -> None:
        for number in range(5):
            bus.publish(event(number))
        claimed = bus.claim("one", now=system_clock(), lease_us=LEASE, limit=3)
        assert [delivery.event.id for delivery in claimed] == [0, 1, 2]
        assert [delivery.event.id for delivery in bus.claim("one", now=system_clock(), lease_us=LEASE, limit=9)] == [
            3,
            4,
        ]

    def test_depths_count_by_state(self, bus: EventBus) -> None:
        before = system_clock()
        for number in range(5):
            bus.publish(event(number))
        bus.bury(claim_one(bus), now=system_clock(), error="broken")
        bus.retry(claim_one(bus), now=system_clock(), delay_us=LEASE, error="later")
        claim_one(bus)
        one, two = bus.depths()
        assert (one.service, one.ready, one.delayed, one.leased, one.dead) == ("one", 2, 1, 1, 1)
        assert (two.service, two.ready, two.delayed, two.leased, two.dead) == ("two", 5, 0, 0, 0)
        assert two.oldest_at is not None
        assert before <= two.oldest_at <= system_clock()

    def test_several_claimers_share_without_overlap(self, bus: EventBus) -> None:
        for number in range(60):
            bus.publish(event(number))
        taken: list[int] = []

        def work() -> None:
            while deliveries := bus.claim("one", now=system_clock(), lease_us=LEASE):
                taken.extend(delivery.event.id for delivery in deliveries)
                assert all(bus.ack(delivery) for delivery in deliveries)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == list(range(60))

    def test_waiting_ends_when_something_is_published(self, bus: EventBus) -> None:
        started = threading.Event()
        woken = threading.Event()

        def wait() -> None:
            started.set()
            while nothing_to_claim(bus):
                bus.wait("one", 30)
            woken.set()

        thread = threading.Thread(target=wait)
        thread.start()
        started.wait()
        bus.publish(event())
        assert woken.wait(5)
        thread.join()

    def test_waiting_ends_when_a_dead_letter_is_replayed(self, bus: EventBus) -> None:
        bus.publish(event())
        bus.bury(claim_one(bus), now=system_clock(), error="broken")
        timer = threading.Timer(0.1, lambda: bus.replay(now=system_clock()))
        timer.start()
        deadline = time.monotonic() + 5
        while nothing_to_claim(bus):
            assert time.monotonic() < deadline
            bus.wait("one", 30)
        timer.join()

    def test_waiting_ends_when_a_retry_is_due(self, bus: EventBus) -> None:
        bus.publish(event())
        bus.retry(claim_one(bus), now=system_clock(), delay_us=SECOND // 5, error="later")
        started = time.monotonic()
        while nothing_to_claim(bus):
            bus.wait("one", 30)
        assert 0.1 < time.monotonic() - started < 5

    def test_waiting_ends_after_its_time(self, bus: EventBus) -> None:
        started = time.monotonic()
        bus.wait("one", 0.05)
        assert time.monotonic() - started < 5
