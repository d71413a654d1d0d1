"""The thread of one hot folder."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import peewee

from gui.transfer.hotfolders.hints import Hints
from gui.transfer.hotfolders.profiles import Profile
from gui.transfer.hotfolders.statuses import FolderState, FolderStatus
from gui.transfer.hotfolders.watch import FolderWatch
from gui.transfer.transfers import Transfer

_TELL_EVERY_S = 0.1
_AFTER_TROUBLE_S = 30.0
_log = logging.getLogger(__name__)


class Runner:
    """Repeats a FolderWatch's step when it is due, hinted at, or told news, and tells of changes.

    The system's notices are asked for while the folder is there, and anew where it is another one than before.
    """

    def __init__(self, watch: FolderWatch, profile: Profile, tell: Callable[[FolderStatus], None]) -> None:
        self.profile = profile
        self._watch, self._tell = watch, tell
        self._told = watch.status
        self._trouble = ""
        self._ended = False
        self._wake = threading.Event()
        self._hints: Hints | None = None
        self._hinted_for: tuple[object, ...] = ()
        self._thread = threading.Thread(target=self._run, name=f"hot-folder-{profile.id}", daemon=True)

    @property
    def status(self) -> FolderStatus:
        """As the last step left it, with the profile as it is now."""
        status = replace(self._watch.status, profile=self.profile)
        if self._trouble:
            return replace(status, state=FolderState.AWAY, reason=self._trouble)
        return replace(status, notes=(*status.notes, self._hints.note)) if self._hints and self._hints.note else status

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._ended = True
        self._wake.set()

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def change(self, profile: Profile) -> None:
        self.profile = profile
        self._watch.change(profile)
        self._wake.set()

    def hint(self) -> None:
        self._watch.hint()
        self._wake.set()

    def take_news(self, transfers: Sequence[Transfer]) -> None:
        self._watch.tell(transfers)
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self._ended:
                due = self._step()
                self._report()
                # Many changes in a row are one step and one report.
                time.sleep(_TELL_EVERY_S)
                self._wake.wait(max(0.0, due - time.monotonic()))
                self._wake.clear()
        finally:
            self._listen_to(())

    def _step(self) -> float:
        now = time.monotonic()
        try:
            due = self._watch.step(now, time.time_ns() // 1000)
        except (OSError, peewee.DatabaseError) as error:
            _log.exception("hot folder %s", self.profile.root)
            self._trouble = f"Something went wrong here ({error}); it is tried again in {_AFTER_TROUBLE_S:g} s."
            return now + _AFTER_TROUBLE_S
        self._trouble = ""
        here = self._watch.identity
        wanted = here is not None and not self.profile.polling and not self.profile.paused
        self._listen_to((self.profile.root, here) if wanted else ())
        return due

    def _listen_to(self, place: tuple[object, ...]) -> None:
        """Have notices of that place, none where it is empty."""
        if place == self._hinted_for:
            return
        if self._hints is not None:
            self._hints.stop()
        self._hints = Hints(self.profile.root, self.hint) if place else None
        self._hinted_for = place
        if place:
            # What came between the look and now was not told of.
            self.hint()

    def _report(self) -> None:
        status = self.status
        if status != self._told:
            self._told = status
            self._tell(status)
