"""The event bus in the catalog's own tables: nothing to run besides, and one transaction with the inbox."""

from collections.abc import Sequence

from appliance.catalog.queue import Queue, QueueRow
from appliance.domain.events import Event
from appliance.ports.clock import Clock
from appliance.ports.event_bus import DeadLetter, Delivery, QueueDepth


class SqlBus:
    """The EventBus contract over the catalog's queues: at least once to every service, whatever process dies.

    What the inbox received is in the queues already, by the same commit; `publish` is for events that come no such
    way. A receipt is `{row}:{lease}`. A waiter wakes within 5 ms of another process's commit.
    """

    def __init__(self, queue: Queue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock

    def publish(self, event: Event) -> None:
        self._queue.enqueue(event, now=self._clock())

    def claim(self, service: str, *, now: int, lease_us: int, limit: int = 1) -> Sequence[Delivery]:
        rows = self._queue.claim(service, now=now, lease_us=lease_us, limit=limit)
        return [Delivery(service, Event.from_json(row.event), f"{row.id}:{row.receipt}", row.attempts) for row in rows]

    def wait(self, service: str, timeout_s: float) -> None:
        seen = self._queue.newest()
        due = self._queue.next_due(service)
        if due is not None:
            timeout_s = min(timeout_s, (due - self._clock()) / 1_000_000)
        if timeout_s > 0:
            self._queue.wait(seen, timeout_s)

    def extend(self, delivery: Delivery, *, now: int, lease_us: int) -> bool:
        return self._queue.extend(*_lease(delivery), until=now + lease_us)

    def ack(self, delivery: Delivery) -> bool:
        return self._queue.delete(*_lease(delivery))

    def retry(self, delivery: Delivery, *, now: int, delay_us: int, error: str, counts: bool = True) -> bool:
        return self._queue.release(*_lease(delivery), available_at=now + delay_us, error=error, counts=counts)

    def bury(self, delivery: Delivery, *, now: int, error: str) -> bool:
        return self._queue.bury(*_lease(delivery), now=now, error=error)

    def dead_letters(self, service: str | None = None, *, limit: int = 100) -> Sequence[DeadLetter]:
        return [_dead_letter(row) for row in self._queue.dead(service, limit=limit)]

    def replay(self, *, service: str | None = None, ids: Sequence[int] | None = None, now: int) -> int:
        return self._queue.revive(service=service, ids=ids, now=now)

    def depths(self) -> Sequence[QueueDepth]:
        return [QueueDepth(service, *numbers) for service, numbers in self._queue.depths(self._clock()).items()]


def _lease(delivery: Delivery) -> tuple[int, str]:
    row_id, _, receipt = delivery.receipt.partition(":")
    return int(row_id), receipt


def _dead_letter(row: QueueRow) -> DeadLetter:
    return DeadLetter(row.id, row.service, Event.from_json(row.event), row.attempts, row.error or "", row.dead_at or 0)
