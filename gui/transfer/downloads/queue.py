"""Downloads as a queue: several files at a time, each in several ranges, that can be paused and gone on with."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gui.transfer.client import ApplianceClient
from gui.transfer.downloads import partial
from gui.transfer.downloads.fetching import Fetching, fetch, target_of
from gui.transfer.downloads.remote import RemoteFile
from gui.transfer.downloads.rows import AT_WORK, HELD, Download, DownloadState
from gui.transfer.errors import Interrupted, NotConfigured, TransferError, Unreachable
from gui.transfer.halting import Halt
from gui.transfer.network.throttle import Throttle

_TELL_S = 0.1
_AGAIN_S = 5.0
_SPEED_S = 3.0

Clients = Callable[[str], ApplianceClient]
Listener = Callable[[Sequence[Download]], None]


class _Row:
    """What changes of one download.

    busy: a thread works at it, or has not noticed yet that it shall not. received: bytes, counted by many threads.
    again_at: monotonic seconds before which a suspended one is not tried.
    """

    def __init__(self, download: Download) -> None:
        self.download = download
        self.halt = Halt()
        self.busy = False
        self.received = 0
        self.again_at = 0.0
        self._samples: deque[tuple[float, int]] = deque()

    def speed(self, now: float) -> float:
        """Bytes a second over the last seconds."""
        self._samples.append((now, self.received))
        while now - self._samples[0][0] > _SPEED_S:
            self._samples.popleft()
        since, before = self._samples[0]
        return max(0.0, (self.received - before) / (now - since)) if now > since else 0.0

    def begin(self) -> None:
        self.halt, self.busy, self.received = Halt(), True, 0
        self._samples.clear()


class Downloads:
    """Every method may be called from any thread, and none waits for the network; `stop` and `wait_idle` wait as told.

    Listeners are called from one thread, at most ten times a second, with the newest of each row that changed. The
    queue itself is not kept over the program's end; what was fetched is, and is gone on with when the same file is
    asked for into the same place. Each file is fetched at least once; none is overwritten.
    """

    def __init__(
        self, clients: Clients, *, files_at_a_time: int = 3, ranges_at_a_time: int = 4, limit: int | None = None
    ) -> None:
        """clients: `ConnectionBook.client`. limit: bytes a second over everything; None: as fast as it goes."""
        self._clients = clients
        self._ranges = ranges_at_a_time
        self._files = files_at_a_time
        self._throttle = Throttle(limit)
        self._changed = threading.Condition()
        self._rows: dict[int, _Row] = {}
        self._next_id = 1
        self._dirty: set[int] = set()
        self._listeners: list[Listener] = []
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._pause = threading.Event()

    def start(self) -> None:
        """Idempotent."""
        with self._changed:
            if self._threads:
                return
            self._stopping = False
            self._pause.clear()
            work = [threading.Thread(target=self._work, name="download", daemon=True) for _ in range(self._files)]
            self._threads = [*work, threading.Thread(target=self._tell, name="downloads", daemon=True)]
            for thread in self._threads:
                thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End all threads; what is being fetched stays beside its target. Idempotent."""
        with self._changed:
            self._stopping = True
            self._pause.set()
            for row in self._rows.values():
                row.halt.request()
            threads, self._threads = self._threads, []
            self._changed.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def add(self, files: Iterable[RemoteFile], *, connection: str, into: Path) -> list[int]:
        """Queue files to be fetched into a folder, which is made where it is not; their ids, in that order."""
        ids = []
        with self._changed:
            for file in files:
                one = Download(self._next_id, connection, file, into, target_of(file, into))
                self._next_id += 1
                self._rows[one.id] = _Row(one)
                self._dirty.add(one.id)
                ids.append(one.id)
            self._changed.notify_all()
        return ids

    def downloads(self) -> list[Download]:
        """All rows, in the order in which they were added."""
        with self._changed:
            return [row.download for row in self._rows.values()]

    def download(self, download_id: int) -> Download:
        """One row. KeyError where it is gone."""
        with self._changed:
            return self._rows[download_id].download

    def pause(self, ids: Sequence[int]) -> None:
        """Hold back; what has come stays. Ended rows are left alone."""
        self._hold(ids, DownloadState.PAUSED, "Paused.")

    def cancel(self, ids: Sequence[int]) -> None:
        """Give up; what has come is taken away. Ended rows are left alone."""
        self._hold(ids, DownloadState.CANCELLED, "Cancelled.")

    def resume(self, ids: Sequence[int]) -> None:
        """Let paused, failed and cancelled rows go on; suspended ones are tried at once."""
        with self._changed:
            for row in self._named(ids):
                if row.download.state not in AT_WORK and row.download.state is not DownloadState.DONE:
                    row.halt = Halt()
                    row.again_at = 0.0
                    self._set(row, state=DownloadState.WAITING, reason="", problem="")
            self._changed.notify_all()

    def forget(self, ids: Sequence[int]) -> None:
        """Take ended rows off the list; the files stay."""
        with self._changed:
            for row in self._named(ids):
                if row.download.ended:
                    self._set(row, gone=True)

    def set_limit(self, limit: int | None) -> None:
        """Bytes a second over everything, at once; None: as fast as it goes."""
        self._throttle.set(limit)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of rows that changed, soon after they did; the answer ends that."""
        with self._changed:
            self._listeners.append(listener)

        def end() -> None:
            with self._changed:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """True once no row goes on by itself: all have ended or are paused."""
        with self._changed:
            return self._changed.wait_for(
                lambda: all(row.download.state in HELD for row in self._rows.values()), timeout_s
            )

    def _named(self, ids: Sequence[int]) -> list[_Row]:
        return [self._rows[one] for one in ids if one in self._rows]

    def _set(self, row: _Row, **changes: object) -> None:
        row.download = replace(row.download, **changes)  # type: ignore[arg-type]
        self._dirty.add(row.download.id)
        self._changed.notify_all()

    def _hold(self, ids: Sequence[int], state: DownloadState, reason: str) -> None:
        with self._changed:
            for row in self._named(ids):
                if row.download.ended or row.download.state is state:
                    continue
                row.halt.request()
                self._set(row, state=state, reason=reason, problem="", speed=0.0)
                if state is DownloadState.CANCELLED and not row.busy:
                    _discard(row.download)

    def _work(self) -> None:
        while (row := self._take()) is not None:
            outcome = self._fetch(row)
            with self._changed:
                row.busy = False
                # Held in the last moment, a file that is here is here all the same.
                if row.download.state in AT_WORK or outcome["state"] is DownloadState.DONE:
                    row.again_at = time.monotonic() + _AGAIN_S
                    self._set(row, speed=0.0, received=row.received, **outcome)
                elif row.download.state is DownloadState.CANCELLED:
                    _discard(row.download)
                self._changed.notify_all()

    def _take(self) -> _Row | None:
        """The next row that is due; None once all is to end."""
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                for row in self._rows.values():
                    due = row.download.state is DownloadState.SUSPENDED and now >= row.again_at
                    if (due or row.download.state is DownloadState.WAITING) and not row.busy:
                        row.begin()
                        self._set(row, state=DownloadState.FETCHING, received=0, reason="", problem="")
                        return row
                self._changed.wait(1.0)
            return None

    def _fetch(self, row: _Row) -> dict[str, Any]:
        """One try; what it made of the row."""
        one = row.download

        def count(received: int) -> None:
            with self._changed:
                row.received += received

        def checking() -> None:
            with self._changed:
                if row.download.state is DownloadState.FETCHING:
                    self._set(row, state=DownloadState.CHECKING, received=row.received, speed=0.0)

        how = Fetching(row.halt, self._throttle, self._ranges, count, checking)
        try:
            got = fetch(self._clients(one.connection), one.file, one.into, how)
        except Interrupted:
            return {"state": DownloadState.WAITING}
        except (Unreachable, NotConfigured) as error:
            return {"state": DownloadState.SUSPENDED, "reason": str(error), "problem": error.problem}
        except TransferError as error:
            return {"state": DownloadState.FAILED, "reason": str(error), "problem": error.problem}
        row.received = one.file.size
        return {"state": DownloadState.DONE, "target": got.path, "proof": got.proof, "present": got.present}

    def _tell(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._dirty or self._at_work(), 1.0)
                now = time.monotonic()
                for row in self._at_work():
                    self._set(row, received=row.received, speed=row.speed(now))
                news = [self._rows[one].download for one in self._dirty]
                for one in news:
                    if one.gone:
                        del self._rows[one.id]
                self._dirty.clear()
                listeners = list(self._listeners)
                stopping = self._stopping
            if news:
                for listener in listeners:
                    listener(news)
            if stopping:
                return
            self._pause.wait(_TELL_S)

    def _at_work(self) -> list[_Row]:
        return [row for row in self._rows.values() if row.download.state in AT_WORK]


def _discard(download: Download) -> None:
    partial.discard(download.target.parent, download.file.file_id)
