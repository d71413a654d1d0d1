"""Says every few seconds that a process of workers lives, and what it counted."""

import contextlib
import os
import socket

from appliance.catalog.workers import WorkerBeats, WorkerRecord
from appliance.domain.errors import CatalogBusy
from appliance.ports.clock import Clock
from appliance.services.figures import Figures


class Heartbeat:
    """`run` is one beat; a thread of the runner repeats it."""

    def __init__(self, beats: WorkerBeats, figures: Figures, clock: Clock) -> None:
        self._beats = beats
        self._figures = figures
        self._clock = clock
        self._id = f"{socket.gethostname()}:{os.getpid()}"
        self._started_at = clock()

    def run(self) -> None:
        """Raises CatalogBusy; the next beat says the same."""
        self._beats.beat(WorkerRecord(self._id, self._started_at, self._clock(), self._figures.as_json()))

    def close(self) -> None:
        """This process ends in order: nobody need wonder where it is."""
        with contextlib.suppress(CatalogBusy):
            self._beats.leave(self._id)
