"""Keeps the machine from falling asleep while files are sent."""

from contextlib import AbstractContextManager
from typing import Any


class Awake:
    """Used by one thread. note: why the machine may fall asleep all the same, '' where it is held or need not be."""

    def __init__(self) -> None:
        self.note = ""
        self._mode: AbstractContextManager[Any] | None = None

    def hold(self, wanted: bool) -> None:
        """Idempotent; fails without harm."""
        if wanted and self._mode is None:
            self._begin()
        elif not wanted and self._mode is not None:
            mode, self._mode = self._mode, None
            mode.__exit__(None, None, None)
            self.note = ""

    def _begin(self) -> None:
        try:
            from wakepy import keep
        except ImportError:
            self.note = "This machine may fall asleep during uploads: the package wakepy is not installed."
            return
        mode = keep.running(on_fail="pass")
        self._mode = mode
        if not mode.__enter__().active:
            self.note = "This machine may fall asleep during uploads: its desktop offers no way to hold that off."
