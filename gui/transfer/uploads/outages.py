"""Connections that cannot be used at the moment, and the looking whether they can again."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gui.transfer.client import ApplianceClient
from gui.transfer.errors import Refused, TransferError
from gui.transfer.halting import Halt
from gui.transfer.network.backoff import delay
from gui.transfer.network.wire import Course

_FIRST_S = 0.5
#: An outage so soon after another one is taken for the same: looks at it do not begin to be frequent again.
_SAME_S = 20.0
_ANSWER_S = 10.0


@dataclass(slots=True)
class Outage:
    """reason, problem: for the rows that wait. store_url: where bytes could not be sent; '' where the API was it."""

    connection: str
    reason: str
    problem: str
    store_url: str
    failures: int
    due: float


class Outages:
    """Safe to use from several threads. now is of time.monotonic."""

    def __init__(self, clients: Callable[[str], ApplianceClient]) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._current: dict[str, Outage] = {}
        self._past: dict[str, tuple[int, float]] = {}

    def report(self, connection: str, reason: str, problem: str, store_url: str = "") -> None:
        """It cannot be used now; looked at again soon, then less often, at least every five seconds."""
        now = time.monotonic()
        with self._lock:
            if connection in self._current:
                return
            failures, ended = self._past.get(connection, (0, 0.0))
            failures = failures + 1 if now - ended < _SAME_S else 1
            due = now + delay(failures, first_s=_FIRST_S)
            self._current[connection] = Outage(connection, reason, problem, store_url, failures, due)

    def of(self, connection: str) -> Outage | None:
        with self._lock:
            return self._current.get(connection)

    def blocked(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._current)

    def hurry(self, connection: str) -> None:
        """Look at once."""
        with self._lock:
            if connection in self._current:
                self._current[connection].due = 0.0

    def due(self, now: float) -> list[Outage]:
        with self._lock:
            return [outage for outage in self._current.values() if outage.due <= now]

    def look(self, outage: Outage, halt: Halt) -> bool:
        """Whether it is over; where it is not, `outage` has the newest reason. Raises Interrupted."""
        try:
            client = self._clients(outage.connection).within(halt, attempts=1)
            client.me()
            if outage.store_url:
                self._knock(client, outage.store_url, halt)
        except TransferError as error:
            halt.check()
            with self._lock:
                outage.reason, outage.problem = str(error), error.problem
                outage.failures += 1
                outage.due = time.monotonic() + delay(outage.failures, first_s=_FIRST_S)
            return False
        with self._lock:
            self._current.pop(outage.connection, None)
            self._past[outage.connection] = (outage.failures, time.monotonic())
        return True

    def _knock(self, client: ApplianceClient, url: str, halt: Halt) -> None:
        """Any answer of the store will do but that it is out of order; it need not like the question."""
        parts = urlsplit(url)
        url = f"{parts.scheme}://{parts.netloc}/"
        answer = client.wire.request("GET", url, {}, course=Course(halt), answer_s=_ANSWER_S)
        if answer.status >= 500:
            raise Refused("The object store is out of order.", type_="store_unavailable", status=answer.status)
