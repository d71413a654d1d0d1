"""Tells threads of this process that any process changed something they wait for."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from appliance.domain.errors import CatalogBusy

#: What can be waited for: a value that grows whenever the thing happens.
CHANGES = "SELECT MAX(id) FROM change"
QUEUES = "SELECT seq FROM sqlite_sequence WHERE name = 'delivery'"

_INTERVAL_S = 0.004
_log = logging.getLogger(__name__)


class Pulse:
    """Watches the catalog and wakes waiters, across processes and without a socket.

    While somebody waits, one thread asks for the two newest ids every 4 ms (10 µs a look on SQLite), and at once
    after a commit of this process.
    """

    def __init__(self, query_value: Callable[[str], Any]) -> None:
        self._query_value = query_value
        self._changed = threading.Condition()
        self._poked = threading.Event()
        self._values: dict[str, int] = {CHANGES: 0, QUEUES: 0}
        self._waiters = 0
        self._stopped = False
        self._thread: threading.Thread | None = None

    def wait(self, what: str, seen: int, timeout_s: float) -> int:
        """Return the newest value of `what` as soon as it is past `seen`, at the latest after the time-out."""
        with self._changed:
            self._waiters += 1
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._watch, name="catalog-pulse", daemon=True)
                self._thread.start()
            self._poked.set()
            try:
                self._changed.wait_for(lambda: self._stopped or self._values[what] > seen, timeout_s)
            finally:
                self._waiters -= 1
            return self._values[what]

    def read(self, what: str) -> int:
        """The value of `what` now, for the next `wait`."""
        return self._query_value(what) or 0

    def poke(self) -> None:
        """This process committed: look at once."""
        self._poked.set()

    def stop(self) -> None:
        """Wake everybody for the last time."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._poked.set()
        if self._thread is not None:
            self._thread.join(1)

    def _watch(self) -> None:
        while not self._stopped:
            if not self._waiters:
                self._poked.wait()
            self._poked.wait(_INTERVAL_S)
            self._poked.clear()
            self._look()

    def _look(self) -> None:
        try:
            fresh = {what: self.read(what) for what in self._values}
        except CatalogBusy as error:
            _log.warning("%s", error)
            return
        if fresh != self._values:
            with self._changed:
                self._values = fresh
                self._changed.notify_all()
