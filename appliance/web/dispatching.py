"""Requests that wait for a thread: so many and no more. Whoever comes then is told at once to come back later.

A queue without a bound answers everybody, and everybody too late; refusing what cannot be done soon keeps the rest
quick.
"""

import logging
from typing import Any

from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

RETRY_SECONDS = 2
#: What tells whether we live and what we do is asked above all when there is too much to do.
_ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})


class Overloaded(Error):
    """More requests wait than may."""

    code = 503
    reason = "Service Unavailable"


class Dispatcher(ThreadedTaskDispatcher):
    """threads: that work. most_waiting: requests that may wait for one; others are refused by a thread of their own."""

    def __init__(self, threads: int, most_waiting: int) -> None:
        super().__init__()
        # It warns of every request that waits for a moment; the metrics say how long requests take.
        self.queue_logger.setLevel(logging.ERROR)
        self._most_waiting = most_waiting
        self._refusing: Any = ThreadedTaskDispatcher()
        self.set_thread_count(threads)
        self._refusing.set_thread_count(1)

    def add_task(self, task: Any) -> None:
        """task: a connection whose first request is complete."""
        request = task.requests[0]
        if len(self.queue) < self._most_waiting or request.path in _ALWAYS or request.error:
            super().add_task(task)
        else:
            request.error = Overloaded("More requests wait than can be answered soon; try again in a moment.")
            self._refusing.add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        self._refusing.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))
