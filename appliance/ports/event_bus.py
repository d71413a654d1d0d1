"""The event bus: a topic with a queue per service, as SNS with SQS or a fanout exchange with queues."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.domain.events import Event


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event in one service's queue, leased to one worker.

    receipt: opaque; valid while the lease lasts. attempts: this one included.
    """

    service: str
    event: Event
    receipt: str
    attempts: int


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """ready: may be claimed now. delayed: waits for its time. leased: being worked on. dead: gave up.

    oldest_at: Unix microseconds at which the oldest event that is not dead was queued, or None.
    """

    service: str
    ready: int
    delayed: int
    leased: int
    dead: int
    oldest_at: int | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a service gave up on. error: the last attempt's, one line."""

    id: int
    service: str
    event: Event
    attempts: int
    error: str
    died_at: int


class EventBus(Protocol):
    """Delivery guarantee: at least once to every service, in no promised order; handlers are idempotent.

    An event that `publish` returned for is delivered to every service even if every process dies right after.
    A delivery whose lease ran out (its worker died or hung) is delivered again; its old receipt does nothing.
    `now` is Unix microseconds. All methods are safe to call from several threads and processes.
    """

    def publish(self, event: Event) -> None:
        """Put the event into every service's queue. A repeat may deliver twice."""
        ...

    def claim(self, service: str, *, now: int, lease_us: int, limit: int = 1) -> Sequence[Delivery]:
        """Up to `limit` deliveries whose time has come, oldest first, leased until now + lease_us; maybe none."""
        ...

    def wait(self, service: str, timeout_s: float) -> None:
        """Return when `service` may have something to claim, at the latest after the time-out. May return early."""
        ...

    def extend(self, delivery: Delivery, *, now: int, lease_us: int) -> bool:
        """Keep the lease while work goes on. False where it was lost: stop working."""
        ...

    def ack(self, delivery: Delivery) -> bool:
        """The work is done: forget the delivery. False where the lease was lost meanwhile."""
        ...

    def retry(self, delivery: Delivery, *, now: int, delay_us: int, error: str, counts: bool = True) -> bool:
        """Deliver again after a delay. False where the lease was lost.

        counts: False where the attempt says nothing of the event: the next one has the same number.
        """
        ...

    def bury(self, delivery: Delivery, *, now: int, error: str) -> bool:
        """Give up: move the event to the service's dead letters. False where the lease was lost."""
        ...

    def dead_letters(self, service: str | None = None, *, limit: int = 100) -> Sequence[DeadLetter]:
        """The newest dead letters."""
        ...

    def replay(self, *, service: str | None = None, ids: Sequence[int] | None = None, now: int) -> int:
        """Move dead letters back into their queues with no attempts counted; how many."""
        ...

    def depths(self) -> Sequence[QueueDepth]:
        """One row for every service."""
        ...
