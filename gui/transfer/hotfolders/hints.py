"""The system's notices of changes in a folder: a reason to look sooner, never the truth."""

from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

#: Opening and reading are told of too; they change nothing, and the engine does both.
_CHANGES = frozenset({"created", "modified", "moved", "deleted", "closed"})


class Hints:
    """Calls `changed` from a thread of its own soon after something changed below `root`, until `stop`.

    note: why there are no notices, '' where there are: many systems have a limit, and some folders give none. Looking
    every minute is what remains then.
    """

    def __init__(self, root: Path, changed: Callable[[], None]) -> None:
        self.note = ""
        self._observer: BaseObserver | None = None
        observer = Observer()
        try:
            observer.schedule(_Handler(changed), str(root), recursive=True)
            observer.start()
        except (OSError, RuntimeError) as error:
            self.note = f"The system gives no notices of changes here ({error}); the folder is looked at every minute."
        else:
            self._observer = observer

    def stop(self) -> None:
        """Idempotent."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None


class _Handler(FileSystemEventHandler):
    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _CHANGES:
            self._changed()
