"""The files of an appliance, mirrored here: listed once, then kept fresh by its feed of changes."""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gui.transfer.client import ApplianceClient
from gui.transfer.errors import Interrupted, NotConfigured, Refused, TransferError
from gui.transfer.halting import Halt
from gui.transfer.library import cache as library_cache
from gui.transfer.library.files import LibraryFile
from gui.transfer.network.backoff import delay, passes
from gui.transfer.offers import Record

#: What is in a library; what was cancelled, timed out or deleted is not.
_STATES = ("waiting", "uploaded", "processing", "ready", "errored", "trashed")
#: The cursor is too old, or of an appliance that was set up anew.
_CURSOR_LOST = frozenset({"gone", "invalid"})
_PAGE = 200
_WAIT_S = 25.0
_TELL_S = 0.1
_LONGEST_PAUSE_S = 15.0
_KEY_PAUSE_S = 10.0


class Standing(StrEnum):
    """How the mirror stands: being listed for the first time, followed live, or as it was when contact was lost."""

    LISTING = "listing"
    LIVE = "live"
    OFFLINE = "offline"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Status:
    """reason: a sentence where the mirror is offline or refused, else ''. listed: files so far, while listing."""

    standing: Standing
    reason: str = ""
    listed: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """What changed. all: take `Library.files` anew. changed: their newest form. gone: ids."""

    status: Status
    all: bool = False
    changed: tuple[LibraryFile, ...] = ()
    gone: tuple[str, ...] = ()


Listener = Callable[[News], None]


class Library:
    """One appliance's files as one key sees them. Methods may be called from any thread and do not wait.

    Listeners are called from the mirror's thread, at most about ten times a second; what they miss is in the next
    news. Offline the last known files stay; where `cache` is given, they are there at the next start too.
    """

    def __init__(self, client: Callable[[], ApplianceClient], cache: Path | None = None) -> None:
        """client: asked for before each round, may raise NotConfigured. cache: a file of this appliance and key."""
        self._client = client
        self._cache = cache
        self._lock = threading.Lock()
        self._files: dict[str, LibraryFile] = {}
        self._status = Status(Standing.LISTING)
        self._cursor = ""
        self._listeners: list[Listener] = []
        self._halt = Halt()
        self._thread: threading.Thread | None = None
        self._changed: dict[str, LibraryFile] = {}
        self._gone: set[str] = set()
        self._told_at = 0.0
        self._kept_cursor = ""

    def start(self) -> None:
        """Idempotent."""
        if self._thread is None:
            self._halt = Halt()
            self._thread = threading.Thread(target=self._run, name="library", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Idempotent."""
        thread, self._thread = self._thread, None
        self._halt.request()
        if thread is not None:
            thread.join(timeout_s)

    @property
    def status(self) -> Status:
        return self._status

    def files(self) -> list[LibraryFile]:
        """All that is known, the trash too, in no particular order."""
        with self._lock:
            return list(self._files.values())

    def take(self, record: Record) -> None:
        """A record that an action was answered with, so that it shows before the feed tells of it."""
        self._apply([record])
        self._tell()

    def refresh(self) -> None:
        """Try at once where contact was lost."""
        if self._thread is not None and self._status.standing in (Standing.OFFLINE, Standing.REFUSED):
            self.stop()
            self.start()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of changes; the answer ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def _run(self) -> None:
        failures = 0
        self._recall()
        while not self._halt.requested:
            try:
                self._follow(self._client())
            except Interrupted:
                break
            except TransferError as error:
                if self._cursor and isinstance(error, Refused) and error.type in _CURSOR_LOST:
                    self._cursor = ""
                    continue
                failures = 1 if self._status.standing is Standing.LIVE else failures + 1
                lasting = isinstance(error, NotConfigured) or (isinstance(error, Refused) and not passes(error))
                self._set(Status(Standing.REFUSED if lasting else Standing.OFFLINE, str(error)))
                pause_s = _KEY_PAUSE_S if lasting else delay(failures, first_s=1.0, longest_s=_LONGEST_PAUSE_S)
                with suppress(Interrupted):
                    self._halt.sleep(pause_s)
        self._keep()

    def _follow(self, whole: ApplianceClient) -> None:
        """List where that is needed, then follow until something is raised, or address or key are others."""
        client = whole.within(self._halt, attempts=1)
        if not self._cursor:
            self._list(client)
        while self._client() is whole:
            # The first answer comes at once, so that we know that we are live.
            live = self._status.standing is Standing.LIVE
            found = client.changes(self._cursor, wait=_WAIT_S if live else 0.0)
            self._apply([change.file for change in found.changes])
            self._cursor = found.next
            if not found.more:
                self._set(Status(Standing.LIVE))
            self._tell()
            if found.retry_after:
                self._halt.sleep(found.retry_after)
            elif found.changes and not found.more:
                # A flood of changes is told in lots.
                self._halt.sleep(_TELL_S)

    def _list(self, client: ApplianceClient) -> None:
        """All files, newest first. What changes meanwhile is in the feed, whose place was asked for before."""
        begun = client.changes("").next
        seen: dict[str, LibraryFile] = {}
        first = not self._files
        cursor: str | None = None
        while True:
            page = client.files(states=_STATES, cursor=cursor, limit=_PAGE)
            fresh = [LibraryFile.of(record) for record in page.items]
            seen.update((one.file_id, one) for one in fresh)
            if first:
                with self._lock:
                    self._files.update((one.file_id, one) for one in fresh)
                    self._changed.update((one.file_id, one) for one in fresh)
                self._status = Status(Standing.LISTING, "", len(seen))
                if time.monotonic() - self._told_at >= _TELL_S:
                    self._tell()
            cursor = page.next
            if cursor is None:
                break
        with self._lock:
            self._files = seen
            self._changed.clear()
            self._gone.clear()
        self._cursor = begun
        self._tell(all_=True)

    def _apply(self, records: Iterable[Record]) -> None:
        with self._lock:
            for record in records:
                file_id = record["fileId"]
                if record["state"] not in _STATES:
                    if self._files.pop(file_id, None) is not None:
                        self._changed.pop(file_id, None)
                        self._gone.add(file_id)
                    continue
                fresh = LibraryFile.of(record)
                known = self._files.get(file_id)
                if known is not None and known.updated_at > fresh.updated_at:
                    continue
                if known != fresh:
                    self._files[file_id] = self._changed[file_id] = fresh
                    self._gone.discard(file_id)

    def _set(self, status: Status) -> None:
        if status != self._status:
            self._status = status
            self._tell(force=True)

    def _tell(self, *, all_: bool = False, force: bool = False) -> None:
        with self._lock:
            changed, gone = tuple(self._changed.values()), tuple(self._gone)
            self._changed.clear()
            self._gone.clear()
            listeners = list(self._listeners)
        if not (all_ or force or changed or gone):
            return
        self._told_at = time.monotonic()
        for listener in listeners:
            listener(News(self._status, all_, changed, gone))

    def _recall(self) -> None:
        """What the last process knew, to be shown at once and followed from there."""
        if self._cache is None or self._files:
            return
        known = library_cache.read(self._cache)
        if known is not None:
            self._cursor, files = known
            self._kept_cursor = self._cursor
            with self._lock:
                self._files = {one.file_id: one for one in files}
            self._tell(all_=True)

    def _keep(self) -> None:
        if self._cache is not None and self._cursor and self._cursor != self._kept_cursor:
            library_cache.write(self._cache, self._cursor, self.files())
            self._kept_cursor = self._cursor
