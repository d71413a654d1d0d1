"""One worker: claims an event of its service's queue, lets the handler work on it, settles what became of it."""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.catalog.jobs import Jobs
from appliance.domain.errors import ApplianceError, ResourceLimit
from appliance.domain.events import Event
from appliance.ports import tracing
from appliance.ports.clock import Clock
from appliance.ports.event_bus import Delivery, EventBus

SECOND = 1_000_000
_FIRST_DELAY_US = SECOND
_LONGEST_DELAY_US = 5 * 60 * SECOND
#: For so long a store or catalog that is away makes no event of it a dead letter.
_PATIENCE_US = 24 * 3600 * SECOND
_log = logging.getLogger(__name__)


class Interrupted(Exception):
    """A handler stopped half-way because it was told to: the event is delivered again."""


class Defect(ApplianceError):
    """A handler raised what is no error of ours: a fault of the appliance, which its log shows."""

    permanent = False


class Handler(Protocol):
    """What a service does with an event; it may be called again for one that it has seen, whole or in part."""

    def __call__(self, event: Event, wanted: Callable[[], bool]) -> None:
        """Return when the event is dealt with for good. Raise a permanent ApplianceError to give it up.

        What else is raised is tried again. wanted: asked now and then by work that takes more than seconds;
        once it is false, raise Interrupted.
        """
        ...


class Worked(Protocol):
    """Told of each event that was worked on."""

    def __call__(self, service: str, outcome: str, seconds: float, error: Exception | None = None) -> None:
        """outcome: done, retried, failed or interrupted."""
        ...


def unheard(service: str, outcome: str, seconds: float, error: Exception | None = None) -> None:
    """Where nobody counts."""


def _nothing(event: Event, error: ApplianceError) -> None:
    """What most services have to say when an event is given up: the job and the dead letter tell it all."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One service: its queue's name, who works on it, on how many threads, and how long and how often it may take.

    lease_us: how long a dead worker holds an event back. attempts: after so many the event is buried.
    gave_up: called before an event is buried, maybe more than once, so that no file waits for it for ever.
    """

    service: str
    handler: Handler
    threads: int
    lease_us: int
    attempts: int
    gave_up: Callable[[Event, ApplianceError], None] = _nothing


class Lease:
    """That one delivery is still ours. `lost` turns true for good once the bus says otherwise."""

    def __init__(self, delivery: Delivery, lease_us: int) -> None:
        self.delivery = delivery
        self.lease_us = lease_us
        self.lost = False


class LeaseKeeper:
    """Extends the leases of work that goes on. `beat` is one step; a thread of the runner repeats it."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._lock = threading.Lock()
        self._held: set[Lease] = set()

    def hold(self, lease: Lease) -> None:
        with self._lock:
            self._held.add(lease)

    def release(self, lease: Lease) -> None:
        with self._lock:
            self._held.discard(lease)

    def beat(self, now: int) -> None:
        """Extend every lease that is held; mark those that are lost. What the bus cannot do now, the next beat does."""
        with self._lock:
            held = tuple(self._held)
        for lease in held:
            try:
                kept = self._bus.extend(lease.delivery, now=now, lease_us=lease.lease_us)
            except ApplianceError as error:
                _log.warning("the lease on event %d could not be extended: %s", lease.delivery.event.id, error)
                continue
            lease.lost = lease.lost or not kept


class Worker:
    """Repeats `step` for one service.

    Delivery guarantee: at least once. An event is forgotten only after its handler returned and the bus was told;
    a worker that dies in between repeats that one event, when its lease has run out. Where the lease was lost
    meanwhile the outcome is dropped, for another worker has the event.
    """

    def __init__(
        self,
        subscription: Subscription,
        bus: EventBus,
        jobs: Jobs,
        keeper: LeaseKeeper,
        clock: Clock,
        *,
        stopping: Callable[[], bool] = lambda: False,
        jitter: Callable[[], float] = random.random,
        worked: Worked = unheard,
    ) -> None:
        self._subscription = subscription
        self._bus = bus
        self._jobs = jobs
        self._keeper = keeper
        self._clock = clock
        self._stopping = stopping
        self._jitter = jitter
        self._worked = worked

    def step(self, now: int) -> bool:
        """Work on one event if there is one; whether there was. now: Unix microseconds."""
        subscription = self._subscription
        deliveries = self._bus.claim(subscription.service, now=now, lease_us=subscription.lease_us)
        for delivery in deliveries:
            if delivery.attempts > subscription.attempts:
                # Its workers died rather than failed, every time.
                self._bury(delivery, ResourceLimit("No attempt came to an end."))
            else:
                self._attempt(delivery)
        return bool(deliveries)

    def _attempt(self, delivery: Delivery) -> None:
        event = delivery.event
        with tracing.noted(
            request_id=event.request_id, event_id=event.id, file_id=event.file_id, service=delivery.service
        ):
            self._work(delivery)

    def _work(self, delivery: Delivery) -> None:
        began = time.perf_counter()
        outcome, error = self._outcome(delivery)
        seconds = time.perf_counter() - began
        self._worked(delivery.service, outcome, seconds, error)
        if outcome == "done":
            told = {"seconds": round(seconds, 3)}
            _log.info("%s is done with %s", delivery.service, delivery.event.type, extra=told)

    def _outcome(self, delivery: Delivery) -> tuple[str, Exception | None]:
        """Let the handler work and settle what became of it: done, retried, failed or interrupted, and why."""
        lease = Lease(delivery, self._subscription.lease_us)
        self._keeper.hold(lease)
        try:
            self._note(delivery, "running")
            self._subscription.handler(delivery.event, lambda: not (lease.lost or self._stopping()))
        except Interrupted:
            self._bus.retry(delivery, now=self._clock(), delay_us=0, error="interrupted", counts=False)
            return "interrupted", None
        except ApplianceError as error:
            return self._failed(delivery, error), error
        except Exception as error:  # a defect of a handler must not end the thread
            _log.exception("%s failed on event %d", delivery.service, delivery.event.id)
            return self._failed(delivery, Defect(f"{type(error).__name__}: {error}")), error
        else:
            self._note(delivery, "done")
            self._bus.ack(delivery)
            return "done", None
        finally:
            self._keeper.release(lease)

    def _failed(self, delivery: Delivery, error: ApplianceError) -> str:
        last = delivery.attempts >= self._subscription.attempts
        if last and error.outage and self._clock() - delivery.event.occurred_at < _PATIENCE_US:
            return self._postpone(delivery, error, counts=False)
        if error.permanent or last:
            return self._bury(delivery, error)
        return self._postpone(delivery, error)

    def _postpone(self, delivery: Delivery, error: ApplianceError, *, counts: bool = True) -> str:
        delay_us = backoff_us(delivery.attempts, self._jitter())
        if self._bus.retry(delivery, now=self._clock(), delay_us=delay_us, error=str(error), counts=counts):
            self._note(delivery, "retrying", str(error))
            _log.warning("%s tries event %d again: %s", delivery.service, delivery.event.id, error)
        return "retried"

    def _bury(self, delivery: Delivery, error: ApplianceError) -> str:
        try:
            self._subscription.gave_up(delivery.event, error)
        except ApplianceError as trouble:
            return self._postpone(delivery, trouble)
        if self._bus.bury(delivery, now=self._clock(), error=str(error)):
            self._note(delivery, "failed", str(error))
            _log.error("%s gave up on event %d: %s", delivery.service, delivery.event.id, error)
        return "failed"

    def _note(self, delivery: Delivery, state: str, error: str | None = None) -> None:
        file_id, now = delivery.event.file_id, self._clock()
        if file_id is not None:
            self._jobs.note(file_id, delivery.service, state, attempts=delivery.attempts, now=now, error=error)


def backoff_us(attempts: int, jitter: float) -> int:
    """The delay before the next attempt, in microseconds: exponential, with full jitter (0 to 1), five minutes at most.

    Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    return round(min(_LONGEST_DELAY_US, _FIRST_DELAY_US << (attempts - 1)) * jitter)
