"""All hot folders of one user: adds, changes and watches them, and tells of them."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gui.transfer.engine import Engine
from gui.transfer.hotfolders.ledger import Folder, Ledger
from gui.transfer.hotfolders.profiles import Profile, check
from gui.transfer.hotfolders.runner import Runner
from gui.transfer.hotfolders.statuses import FolderStatus
from gui.transfer.hotfolders.watch import FolderWatch
from gui.transfer.transfers import Transfer

Listener = Callable[[FolderStatus], None]
_STOP_S = 5.0


class HotFolders:
    """Every folder has a thread of its own, so that a drive that hangs holds up none but itself.

    Threads: all methods may be called from any thread and return at once, but `stop`. Listeners are called from the
    folders' threads, at most ten times a second for each, and must not call `stop`. Raises LedgerBusy where another
    program of this user watches already.
    """

    def __init__(self, ledger_path: Path, engine: Engine) -> None:
        self._ledger = Ledger(ledger_path)
        self._engine = engine
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._started = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._runners = {folder.profile.id: self._runner(folder) for folder in self._ledger.folders()}

    @property
    def note(self) -> str:
        """A sentence about a ledger that had to be put aside, '' otherwise."""
        return self._ledger.note

    def start(self) -> None:
        """Watch, once the engine was started: it tells what it had taken over before a crash. Idempotent."""
        with self._lock:
            if not self._started:
                self._started = True
                self._unsubscribe = self._engine.subscribe(self._take_news)
                for runner in self._runners.values():
                    runner.start()

    def stop(self) -> None:
        """End all threads, before the engine is stopped. One that a hanging drive holds is left behind. Idempotent."""
        with self._lock:
            runners, self._started = list(self._runners.values()), False
            self._unsubscribe()
        for runner in runners:
            runner.end()
        deadline = time.monotonic() + _STOP_S
        for runner in runners:
            runner.join(max(0.1, deadline - time.monotonic()))
        self._ledger.close()

    def add(self, profile: Profile) -> Profile:
        """Begin to watch; the profile with its id. ProfileRefused where it does not go with itself or another."""
        with self._lock:
            check(profile, [runner.profile for runner in self._runners.values()])
            made = replace(profile, id=self._ledger.add_folder(profile))
            runner = self._runners[made.id] = self._runner(Folder(made, "", 0, None))
            if self._started:
                runner.start()
        return made

    def change(self, profile: Profile) -> None:
        """Go on by other rules, also after its files were sent: those stay as they are. ProfileRefused as in `add`;
        KeyError for an unknown id."""
        with self._lock:
            runner = self._runners[profile.id]
            check(profile, [other.profile for other in self._runners.values()])
            self._ledger.change_folder(profile, moved=profile.root != runner.profile.root)
            runner.change(profile)

    def remove(self, folder_id: int) -> None:
        """Watch it no more, and forget what went up. What the engine has goes on. KeyError for an unknown id."""
        with self._lock:
            runner = self._runners.pop(folder_id)
            runner.end()
            self._ledger.remove_folder(folder_id)
        self._tell(replace(runner.status, gone=True))

    def pause(self, folder_id: int) -> None:
        """Take no new files until `resume`; kept over a restart. KeyError for an unknown id."""
        self.change(replace(self._runners[folder_id].profile, paused=True))

    def resume(self, folder_id: int) -> None:
        self.change(replace(self._runners[folder_id].profile, paused=False))

    def look(self, folder_id: int) -> None:
        """Look now, not only when it is time. KeyError for an unknown id."""
        self._runners[folder_id].hint()

    def status(self) -> list[FolderStatus]:
        """All folders in the order in which they were added."""
        with self._lock:
            return [runner.status for runner in self._runners.values()]

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of each folder whose status changed; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _runner(self, folder: Folder) -> Runner:
        return Runner(FolderWatch(folder, self._ledger, self._engine), folder.profile, self._tell)

    def _take_news(self, transfers: Sequence[Transfer]) -> None:
        for runner in list(self._runners.values()):
            runner.take_news(transfers)

    def _tell(self, status: FolderStatus) -> None:
        for listener in list(self._listeners):
            listener(status)
