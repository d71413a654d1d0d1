"""Long polls: how many may wait at one time, and how they end early when the server stops."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Waiters:
    """Seats for requests that wait; who finds none is to come back instead of holding a thread."""

    def __init__(self, seats: int) -> None:
        self._seats = threading.BoundedSemaphore(seats) if seats > 0 else None
        self._closing = threading.Event()

    @contextmanager
    def seat(self) -> Iterator[bool]:
        """Whether this request may wait; the seat is its own within the block."""
        if self._seats is None or self._closing.is_set() or not self._seats.acquire(blocking=False):
            yield False
            return
        try:
            yield True
        finally:
            self._seats.release()

    @property
    def closing(self) -> bool:
        """The server stops: answer now."""
        return self._closing.is_set()

    def pause(self, seconds: float) -> None:
        """Let that time pass, less where the server stops."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """Nobody waits from now on."""
        self._closing.set()
