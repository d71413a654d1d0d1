"""The catalog's database: many readers, one writer thread per process with group commit."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

import peewee
from playhouse.db_url import connect

from appliance.catalog.models import proxy
from appliance.catalog.pulse import Pulse
from appliance.domain.errors import CatalogBusy

T = TypeVar("T")
Row = tuple[Any, ...]
_Job = tuple[Callable[[], Any], "Future[Any]"]
_Outcome = tuple[Any, BaseException | None]

_BATCH = 256
_ANSWER_S = 30.0
#: Changes that may wait; some seconds of work. Whoever comes then is told to come back.
_MOST_WAITING = 4096
_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "cache_size": -16_000,
    "temp_store": "memory",
    "mmap_size": 256 * 1024 * 1024,
}
#: Of the sqlite3 module that peewee chose: the newer one of the standard library's and pysqlite3.
_driver_error: type[Exception] = peewee.sqlite3.Error  # type: ignore[attr-defined]
_log = logging.getLogger(__name__)


class Database:
    """One catalog, opened once per process.

    Reads run on a connection of the calling thread that stays open (opening one costs more than a query).
    Writes are functions that run one after another in the writer thread; all that wait share one transaction and
    one synchronous commit. A write that returned is on disk (synchronous=FULL): it survives a power cut.
    A write that raises is rolled back alone; the others of its batch are kept. Batches run without savepoints, which
    would cost as much as the statements between them; only where one of the writes fails is the batch run again with.
    """

    def __init__(self, url: str) -> None:
        if url.startswith("sqlite"):
            self.orm: peewee.Database = connect(url, pragmas=_PRAGMAS, lock_type="IMMEDIATE")  # type: ignore[no-untyped-call]
        else:
            self.orm = connect(url)  # type: ignore[no-untyped-call]
        proxy.initialize(self.orm)
        self.is_sqlite = isinstance(self.orm, peewee.SqliteDatabase)
        self._run: Callable[[str, Sequence[Any]], Any] = self._run_sqlite if self.is_sqlite else self.orm.execute_sql
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_loop, name="catalog-writer", daemon=True)
        self._writer_id = 0
        self._closed = False
        self.pulse = Pulse(self.query_value)

    def start(self) -> None:
        """Start the writer; call after migration."""
        self._writer.start()

    def close(self) -> None:
        """Finish the writes under way, then close. Idempotent."""
        if not self._closed and self._writer.is_alive():
            self._closed = True
            self._jobs.put(None)
            self._writer.join(_ANSWER_S)
        self.pulse.stop()
        if not self.orm.is_closed():
            self.orm.close()

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Rows of a SELECT on this thread's own connection."""
        try:
            return self._run(sql, params).fetchall()  # type: ignore[no-any-return]
        except peewee.OperationalError as error:
            raise CatalogBusy(f"The catalog did not answer: {error}.") from error

    def query_one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        rows = self.query(sql, params)
        return rows[0] if rows else None

    def query_value(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.query_one(sql, params)
        return row[0] if row else None

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """Run one statement inside a write; the cursor, for `rowcount` and RETURNING rows."""
        if threading.get_ident() != self._writer_id:
            raise RuntimeError("execute() belongs inside write()")
        return self._run(sql, params)

    def write(self, work: Callable[[], T]) -> T:
        """Run `work` in the writer thread and return what it returned, once that is on disk.

        It must change nothing but the database: where another write of its batch fails, it runs again.
        Raises what `work` raised, or CatalogBusy where the database did not answer in time. Nested calls join in.
        """
        if threading.get_ident() == self._writer_id:
            return work()
        if self._jobs.qsize() >= _MOST_WAITING:
            raise CatalogBusy("More changes wait for the catalog than it can take in soon.")
        try:
            return self.submit(work).result(_ANSWER_S)
        except TimeoutError:
            raise CatalogBusy("The catalog did not answer in time.") from None

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Like write(), without waiting. Writes run in the order in which they were submitted."""
        if self._closed:
            raise CatalogBusy("The catalog is closing.")
        future: Future[T] = Future()
        # What the work is about (ports/tracing.py) goes with it.
        self._jobs.put((partial(copy_context().run, work), future))
        return future

    def _write_loop(self) -> None:
        self._writer_id = threading.get_ident()
        running = True
        while running:
            batch = [self._jobs.get()]
            while len(batch) < _BATCH and not self._jobs.empty():
                batch.append(self._jobs.get())
            running = None not in batch
            self._commit([job for job in batch if job is not None])
        if not self.orm.is_closed():
            self.orm.close()

    def _commit(self, batch: list[_Job]) -> None:
        """Run all and commit once; where one fails, undo them all and run each by itself up to its own savepoint."""
        jobs = [(work, future) for work, future in batch if future.set_running_or_notify_cancel()]
        if not jobs:
            return
        try:
            self.orm.connect(reuse_if_open=True)
            outcomes = self._together(jobs) or self._one_by_one(jobs)
        except Exception as error:
            _log.warning("a batch of %d writes was rolled back: %s", len(jobs), error)
            outcomes = [(None, CatalogBusy(f"The catalog did not take the change: {error}."))] * len(jobs)
        else:
            self.pulse.poke()
        for (_, future), (value, failure) in zip(jobs, outcomes, strict=True):
            if failure is None:
                future.set_result(value)
            else:
                future.set_exception(failure)

    def _together(self, jobs: list[_Job]) -> list[_Outcome] | None:
        """The outcomes of a batch in which all went well, committed; None where nothing of it is kept."""
        outcomes: list[_Outcome] = []
        try:
            with self.orm.atomic():
                for work, _ in jobs:
                    outcomes.append((work(), None))
        except Exception:
            if len(outcomes) == len(jobs):
                raise  # not a write but the commit failed
            return None
        return outcomes

    def _one_by_one(self, jobs: list[_Job]) -> list[_Outcome]:
        with self.orm.atomic():
            return [self._attempt(work) for work, _ in jobs]

    def _attempt(self, work: Callable[[], Any]) -> _Outcome:
        """(result, None), or (None, why not) with what `work` did undone; the others of the batch go on."""
        try:
            with self.orm.savepoint():
                return work(), None
        except peewee.OperationalError as error:
            return None, CatalogBusy(f"The catalog did not take the change: {error}.")
        except Exception as error:
            return None, error

    def _run_sqlite(self, sql: str, params: Sequence[Any]) -> Any:
        """One statement straight on this thread's connection: peewee's own way costs as much as the statement."""
        try:
            return self.orm.connection().execute(sql, params)  # type: ignore[no-untyped-call]
        except _driver_error as error:
            raise getattr(peewee, type(error).__name__)(*error.args) from error
