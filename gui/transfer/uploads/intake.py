"""Takes in what is to be sent: reads folders, asks whether there is room, and lets rows wait for their turn."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from gui.transfer.client import ApplianceClient
from gui.transfer.errors import Interrupted, NotConfigured, Refused, TransferError, Unreachable
from gui.transfer.halting import Halt
from gui.transfer.names import text_of
from gui.transfer.offers import Account
from gui.transfer.transfers import Batch, State
from gui.transfer.uploads.board import Board, now_us
from gui.transfer.uploads.journal import Journal, Wish
from gui.transfer.uploads.outages import Outages
from gui.transfer.uploads.preflight import shortage
from gui.transfer.uploads.rows import Row
from gui.transfer.uploads.scanning import Found, Note, scan

_ROWS_AT_ONCE = 500
_ACCOUNT_S = 5.0


class Intake:
    """One thread. `batches` has what each wish of this process came to."""

    def __init__(
        self, board: Board, journal: Journal, clients: Callable[[str], ApplianceClient], outages: Outages,
        flush: Callable[[], None], small_bytes: Callable[[], int],
    ) -> None:  # fmt: skip
        self.batches: dict[str, Batch] = {}
        self._board = board
        self._journal = journal
        self._clients = clients
        self._outages = outages
        self._flush = flush
        self._small_bytes = small_bytes
        #: Told of a connection that has just failed.
        self.on_outage: Callable[[str], None] = lambda connection: None
        self._halt = Halt()
        self._changed = threading.Condition()
        self._wishes: deque[Wish] = deque()
        self._unadmitted: dict[str, str] = {}
        self._accounts: dict[str, tuple[float, Account]] = {}
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """With what the journal has of earlier times."""
        with self._board.lock:
            left = {row.batch_id: row.connection for row in self._board.rows.values() if row.state is State.WAITING}
        with self._changed:
            self._unadmitted.update(left)
        for wish in self._journal.wishes():
            if wish.batch_id not in self.batches:
                self.add(wish)
        self._thread.start()

    def stop(self) -> None:
        self._halt.request()
        with self._changed:
            self._changed.notify_all()

    def join(self, timeout_s: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def add(self, wish: Wish) -> None:
        with self._changed:
            self.batches[wish.batch_id] = Batch(wish.batch_id, wish.connection, True, 0, 0)
            self._wishes.append(wish)
            self._changed.notify_all()

    def wake(self) -> None:
        """A connection is back, or a row wants to be looked at: try what could not be admitted."""
        with self._changed:
            self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Whether folders are to be read, or batches admitted that no outage holds back."""
        with self._changed:
            blocked = self._outages.blocked()
            return bool(self._wishes) or any(name not in blocked for name in self._unadmitted.values())

    def _run(self) -> None:
        while not self._halt.requested:
            with self._changed:
                wish = self._wishes[0] if self._wishes else None
                ready = {} if wish else self._ready()
                if wish is None and not ready:
                    self._changed.wait()
                    continue
            try:
                if wish is not None:
                    self._read(wish)
                for batch_id, connection in ready.items():
                    self._admit(batch_id, connection)
            except Interrupted:
                continue  # what is not done stands in the journal
            with self._board.lock:
                self._board.quiet.notify_all()

    def _ready(self) -> dict[str, str]:
        blocked = self._outages.blocked()
        return {batch_id: name for batch_id, name in self._unadmitted.items() if name not in blocked}

    def _read(self, wish: Wish) -> None:
        """Make rows of files. Read again after a crash, it leaves out what it made before."""
        known = self._sources_of(wish.batch_id)
        found = scan(wish.sources, wish.folder)
        while chunk := list(islice(found, _ROWS_AT_ONCE)):
            self._halt.check()
            self._note(wish.batch_id, [one.text for one in chunk if isinstance(one, Note)])
            self._put(wish, [one for one in chunk if isinstance(one, Found) and (one.source, one.folder) not in known])
        self._flush()
        self._journal.granted(wish.batch_id)
        with self._changed:
            self._wishes.popleft()
            self.batches[wish.batch_id] = replace(self.batches[wish.batch_id], scanning=False)
            self._unadmitted[wish.batch_id] = wish.connection

    def _sources_of(self, batch_id: str) -> set[tuple[object, str]]:
        with self._board.lock:
            return {(row.source, row.folder) for row in self._board.rows.values() if row.batch_id == batch_id}

    def _note(self, batch_id: str, notes: list[str]) -> None:
        with self._changed:
            batch = self.batches[batch_id]
            self.batches[batch_id] = replace(batch, notes=(*batch.notes, *notes))

    def _put(self, wish: Wish, found: list[Found]) -> None:
        rows = [self._row(wish, number, one) for number, one in zip(self._board.ids(len(found)), found, strict=True)]
        self._board.put(rows)
        with self._changed:
            batch = self.batches[wish.batch_id]
            size = sum(row.size for row in rows)
            self.batches[wish.batch_id] = replace(batch, files=batch.files + len(rows), bytes=batch.bytes + size)

    def _row(self, wish: Wish, number: int, one: Found) -> Row:
        row = Row(
            id=number, batch_id=wish.batch_id, connection=wish.connection, source=one.source,
            name=text_of(one.source.name), folder=one.folder, size=one.size, created_at=now_us(),
            position=float(number), priority=wish.priority, tags=wish.tags, private=wish.private,
            metadata=wish.metadata, mtime_ns=one.mtime_ns,
        )  # fmt: skip
        if one.error is not None:
            row.state, row.reason, row.problem = State.FAILED, str(one.error), one.error.problem
            row.finished_at = row.created_at
        return row

    def _admit(self, batch_id: str, connection: str) -> None:
        waiting = self._waiting(batch_id)
        new = [row for row in waiting if row.file_id is None]
        try:
            missing = self._shortage(connection, new) if new else ""
        except (Unreachable, NotConfigured) as error:
            self._hold(connection, error)
            return
        except Refused as error:
            if error.status < 500 and error.status not in (401, 403, 429):
                missing = str(error)
            else:
                self._hold(connection, error)
                return
        with self._board.lock:
            for row in waiting:
                if row.state is not State.WAITING:
                    continue
                if missing and row.file_id is None:
                    self._board.change(
                        row, state=State.FAILED, reason=missing, problem="no_space", finished_at=now_us()
                    )
                else:
                    self._board.enqueue(row, self._small_bytes())
            held = any(row.batch_id == batch_id and not row.admitted and row.state is State.SUSPENDED
                       for row in self._board.rows.values())  # fmt: skip
        if not held:
            with self._changed:
                self._unadmitted.pop(batch_id, None)

    def _waiting(self, batch_id: str) -> list[Row]:
        with self._board.lock:
            rows: Iterable[Row] = self._board.rows.values()
            return [row for row in rows if row.batch_id == batch_id and row.state is State.WAITING and not row.admitted]

    def _shortage(self, connection: str, rows: list[Row]) -> str:
        """Asks the appliance, once for all that comes within a few seconds."""
        asked, account = self._accounts.get(connection, (0.0, None))
        if account is None or time.monotonic() - asked > _ACCOUNT_S:
            asked, account = time.monotonic(), self._clients(connection).within(self._halt, attempts=2).me()
        size = sum(row.size for row in rows)
        missing = shortage(account, size, len(rows))
        if not missing:
            account = replace(
                account, used_bytes=account.used_bytes + size, used_files=account.used_files + len(rows),
                free_bytes=account.free_bytes - size,
            )  # fmt: skip
        self._accounts[connection] = (asked, account)
        return missing

    def _hold(self, connection: str, error: TransferError) -> None:
        self._halt.check()
        self._outages.report(connection, str(error), error.problem)
        self.on_outage(connection)
