"""A limit on bytes a second over everything that shares it."""

import threading
import time

from gui.transfer.halting import Halt

#: What may go at once after a pause, in seconds of the limit: smooth, and still in pieces of a useful size.
_BURST_S = 0.1
_LEAST = 4096
_LOOK_S = 0.25


class Throttle:
    """A token bucket whose rate may change while others wait at it. Safe to use from several threads."""

    def __init__(self, limit: int | None = None) -> None:
        self._changed = threading.Condition()
        self._limit = limit
        self._tokens = 0.0
        self._at = time.monotonic()

    @property
    def limit(self) -> int | None:
        """Bytes a second; None: no limit."""
        return self._limit

    def set(self, limit: int | None) -> None:
        with self._changed:
            self._limit = limit
            self._tokens = 0.0
            self._at = time.monotonic()
            self._changed.notify_all()

    def grant(self, wanted: int, halt: Halt) -> int:
        """How many bytes, 1 to `wanted`, may go now; waits until some may. Raises Interrupted."""
        while (limit := self._limit) is not None:
            with self._changed:
                halt.check()
                self._refill(limit)
                piece = min(wanted, max(_LEAST, int(limit * _BURST_S)))
                if self._tokens >= piece:
                    self._tokens -= piece
                    return piece
                self._changed.wait(min(_LOOK_S, (piece - self._tokens) / limit))
        return wanted

    def _refill(self, limit: int) -> None:
        now = time.monotonic()
        most = max(_LEAST, limit * _BURST_S)
        self._tokens = min(most, self._tokens + (now - self._at) * limit)
        self._at = now


class Slots:
    """A number of places that may change while others wait for one; a context manager by `taken`."""

    def __init__(self, count: int) -> None:
        self._changed = threading.Condition()
        self._count = count
        self._used = 0

    def set(self, count: int) -> None:
        with self._changed:
            self._count = count
            self._changed.notify_all()

    def take(self, halt: Halt) -> None:
        """Waits for a place. Raises Interrupted."""
        with self._changed:
            while self._used >= self._count:
                halt.check()
                self._changed.wait(_LOOK_S)
            self._used += 1

    def free(self) -> None:
        with self._changed:
            self._used -= 1
            self._changed.notify()
