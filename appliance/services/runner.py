"""Threads for the services of one process: workers at their queues, and what runs by the clock."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.catalog.jobs import Jobs
from appliance.domain.errors import ApplianceError
from appliance.ports.clock import Clock
from appliance.ports.event_bus import EventBus
from appliance.services.worker import SECOND, LeaseKeeper, Subscription, Worked, Worker, unheard

_WAIT_S = 1.0
_AFTER_FAILURE_S = 1.0
_AFTER_TIMED_FAILURE_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timed:
    """What runs at the start and then every `interval_s` seconds, counted from its end; sooner if it failed."""

    name: str
    interval_s: float
    run: Callable[[], object]


class Runner:
    """All threads of the services. They outlive any error of a handler; only `stop` ends them."""

    def __init__(
        self,
        bus: EventBus,
        jobs: Jobs,
        clock: Clock,
        subscriptions: Sequence[Subscription],
        timed: Sequence[Timed] = (),
        worked: Worked = unheard,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._stopping = threading.Event()
        self._keeper = LeaseKeeper(bus)
        beat_s = min((one.lease_us for one in subscriptions), default=SECOND) / SECOND / 3
        self._threads = [self._thread("lease-keeper", self._repeat_timed, self._beat, beat_s)]
        for subscription in subscriptions:
            for number in range(subscription.threads):
                worker = Worker(
                    subscription, bus, jobs, self._keeper, clock, stopping=self._stopping.is_set, worked=worked
                )
                name = f"{subscription.service}-{number + 1}"
                self._threads.append(self._thread(name, self._repeat_steps, worker, subscription.service))
        for one in timed:
            self._threads.append(self._thread(one.name, self._repeat_timed, one.run, one.interval_s))

    def start(self) -> None:
        """Start every thread; call once."""
        for thread in self._threads:
            thread.start()

    def alive(self) -> bool:
        """Whether every thread still runs."""
        return all(thread.is_alive() for thread in self._threads)

    def stop(self, timeout_s: float) -> bool:
        """Let every worker finish its event and end; whether all did in time. What did not is delivered again."""
        self._stopping.set()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _thread(self, name: str, target: Callable[..., None], *args: object) -> threading.Thread:
        return threading.Thread(target=target, args=args, name=name, daemon=True)

    def _repeat_steps(self, worker: Worker, service: str) -> None:
        while not self._stopping.is_set():
            try:
                if not worker.step(self._clock()):
                    self._bus.wait(service, _WAIT_S)
            except Exception:
                _log.exception("the queue of %s cannot be worked on now", service)
                self._stopping.wait(_AFTER_FAILURE_S)

    def _repeat_timed(self, run: Callable[[], object], interval_s: float) -> None:
        while not self._stopping.is_set():
            pause_s = interval_s
            try:
                run()
            except Exception as error:
                # Soon again: at a start the store may not be there yet.
                pause_s = min(interval_s, _AFTER_TIMED_FAILURE_S)
                name, known = threading.current_thread().name, isinstance(error, ApplianceError)
                _log.warning("%s runs again in %g s: %s", name, pause_s, error, exc_info=not known)
            self._stopping.wait(pause_s)

    def _beat(self) -> None:
        self._keeper.beat(self._clock())
