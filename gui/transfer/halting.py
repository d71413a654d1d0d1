"""Asking work on other threads to end."""

import threading

from gui.transfer.errors import Interrupted


class Halt:
    """One request to end, seen by all that share it. `why`: what is to become of the work, in its last wording."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.why = ""

    def request(self, why: str = "") -> None:
        self.why = why or self.why
        self._event.set()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raises Interrupted once the end was asked for."""
        if self._event.is_set():
            raise Interrupted("It was interrupted.")

    def sleep(self, seconds: float) -> None:
        """Raises Interrupted as soon as the end is asked for."""
        if self._event.wait(max(0.0, seconds)):
            raise Interrupted("It was interrupted.")
