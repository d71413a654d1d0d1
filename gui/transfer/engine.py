"""The engine: takes files, keeps them in a journal, and sends them until the appliance has each of them."""

import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gui.transfer.client import ApplianceClient
from gui.transfer.network.throttle import Slots, Throttle
from gui.transfer.transfers import FINISHED, Batch, Options, State, Transfer
from gui.transfer.uploads.board import Board, now_us
from gui.transfer.uploads.clerk import Clerk, Listener
from gui.transfer.uploads.intake import Intake
from gui.transfer.uploads.journal import Journal, Wish
from gui.transfer.uploads.keeping import Keeper
from gui.transfer.uploads.lanes import Lane
from gui.transfer.uploads.outages import Outages
from gui.transfer.uploads.rows import ALL_PAUSED, CANCELLED, PAUSED, TURN, Row
from gui.transfer.uploads.running import CANCEL, GO_ON, PAUSE, Runner
from gui.transfer.uploads.suspending import Suspender
from gui.transfer.uploads.upload import Tools

Clients = Callable[[str], ApplianceClient]
_HOLD, _YES = "hold", "yes"


class Engine:
    """One engine and one journal serve several connections, and several users of one process.

    Threads: every method may be called from any thread and none waits for the network or for a folder to be read;
    `stop` and `wait_idle` wait for as long as they are told. Listeners are called from one thread of the engine, one
    after the other, at most ten times a second; they must not call `stop`. `clients` is called from engine threads,
    once for each file that starts, with the connection's id: it answers with the same client as long as address and
    key are the same, and raises NotConfigured where the connection is unknown or lacks a key (its rows are then
    suspended, and tried again every few seconds).

    Delivery: at least once. What `add` has put into the journal is sent even after a crash or a reboot; what a crash
    interrupts goes on at the parts the store lacks.
    """

    def __init__(self, journal_path: Path, clients: Clients, options: Options = Options()) -> None:
        """Opens the journal (made where there is none); nothing is sent before `start`.

        A journal that is damaged or that a newer version wrote is put aside, and `journal_note` says so. Raises
        JournalInUse where another engine has it open, NotConfigured where it cannot be written to.
        """
        self._options = options
        self._clients = clients
        self._journal = Journal(journal_path)
        self._board = Board(self._journal.rows(), paused=self._journal.setting(_HOLD) == _YES)
        self._throttle = Throttle(options.limit)
        self._slots = Slots(options.connections)
        self._outages = Outages(clients)
        self._clerk = Clerk(self._board, self._journal)
        self._intake = Intake(
            self._board, self._journal, clients, self._outages, self._clerk.flush, lambda: self._options.small_bytes
        )
        tools = Tools(self._board, self._journal, self._throttle, self._slots, lambda: self._options.parts_at_a_time)
        runner = Runner(tools, clients, self._outages)
        self._small = self._lane("small", options.small_files_at_a_time, runner)
        self._large = self._lane("large", options.files_at_a_time, runner)
        self._keeper = Keeper(
            self._board, self._journal, clients, self._outages, runner, flush=self._clerk.flush, back=self._back,
            again=self._try_again, hold_sleep=lambda: self._options.hold_sleep,
        )  # fmt: skip
        runner.enqueue = self._enqueue
        self._suspender = Suspender(self._board, self._outages, self._enqueue)
        runner.on_outage = self._intake.on_outage = self._suspender.lost
        self._board.on_work = lambda small: (self._small if small else self._large).wake()
        self._started = self._stopped = False

    @property
    def journal_note(self) -> str:
        """A sentence about a journal that had to be put aside, '' otherwise."""
        return self._journal.note

    def start(self) -> None:
        """Begin, or go on where the last process ended. Idempotent."""
        with self._board.lock:
            if self._started:
                return
            self._started = True
        self._clerk.start()
        self._keeper.start()
        self._intake.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End all threads; what is being sent is broken off and goes on at the next start. Idempotent."""
        deadline = time.monotonic() + timeout_s
        with self._board.lock:
            if self._stopped:
                return
            self._stopped = self._board.closed = True
            for row in self._board.active.values():
                if row.halt is not None:
                    row.halt.request()
            self._small.wake_all()
            self._large.wake_all()
            self._board.quiet.notify_all()
        self._keeper.stop()
        self._intake.stop()
        for part in (self._small, self._large, self._keeper, self._intake):
            part.join(max(0.1, deadline - time.monotonic()))
        self._clerk.stop(max(0.1, deadline - time.monotonic()))
        self._journal.close()

    def add(
        self,
        sources: Sequence[Path],
        *,
        connection: str,
        folder: str = "",
        tags: Sequence[str] = (),
        private: bool = False,
        metadata: Mapping[str, str] | None = None,
        priority: int = 0,
    ) -> str:
        """Queue files and folders; the batch's id, at once.

        A folder keeps its structure: its files go to `folder`/its name/…; links are followed, but not in circles. What
        cannot be read becomes a row that failed, with the reason; empty folders and devices are noted in the batch.
        Higher priorities go first.
        """
        places = tuple(Path(os.path.abspath(source)) for source in sources)  # noqa: PTH100 - links keep their names
        batch_id = str(uuid.uuid4())
        wish = Wish(batch_id, places, connection, folder, tuple(tags), private, dict(metadata or {}), priority)
        self._journal.wish(wish)
        self._intake.add(wish)
        return batch_id

    def batch(self, batch_id: str) -> Batch:
        """What an `add` of this process found so far. KeyError for an unknown id."""
        return self._intake.batches[batch_id]

    def transfers(self) -> list[Transfer]:
        """All rows in their order."""
        with self._board.lock:
            return [row.transfer() for row in self._board.in_order()]

    def transfer(self, transfer_id: int) -> Transfer:
        """One row. KeyError where it is gone."""
        with self._board.lock:
            return self._board.rows[transfer_id].transfer()

    def pause(self, ids: Sequence[int]) -> None:
        """Break off or hold back. Parts that are stored stay there. Finished rows are left alone."""
        with self._board.lock:
            for row in self._named(ids):
                if row.state in FINISHED:
                    continue
                if row.halt is not None:
                    row.halt.request(PAUSE)
                self._board.change(row, state=State.PAUSED, reason=PAUSED, problem="")

    def resume(self, ids: Sequence[int]) -> None:
        """Let paused rows go on; suspended ones are tried at once."""
        with self._board.lock:
            for row in self._named(ids):
                if row.state is State.PAUSED or (row.state is State.SUSPENDED and row.resting):
                    self._let_go_on(row)
                elif row.state is State.SUSPENDED:
                    self._outages.hurry(row.connection)
        self._keeper.hurry()

    def cancel(self, ids: Sequence[int]) -> None:
        """Give up; the appliance is told, so that parts and quota are freed. Done rows are left alone."""
        with self._board.lock:
            for row in self._named(ids):
                if row.state in (State.DONE, State.CANCELLED):
                    continue
                if row.halt is not None:
                    row.halt.request(CANCEL)
                else:
                    self._board.start_over(row, str(uuid.uuid4()))
                self._board.change(row, state=State.CANCELLED, reason=CANCELLED, problem="", finished_at=now_us())
        self._keeper.hurry()

    def retry(self, ids: Sequence[int]) -> None:
        """Let failed and cancelled rows begin again, with the parts that the store still has."""
        with self._board.lock:
            for row in self._named(ids):
                if row.state in (State.FAILED, State.CANCELLED):
                    row.restarts = 0
                    self._let_go_on(row)

    def retry_failed(self) -> None:
        """`retry` for every failed row."""
        with self._board.lock:
            self.retry([row.id for row in self._board.rows.values() if row.state is State.FAILED])

    def move(self, transfer_id: int, before_id: int | None) -> None:
        """Put one row before another, whose priority it takes, or to the end (None). KeyError where one is gone."""
        with self._board.lock:
            self._board.move(self._board.rows[transfer_id], None if before_id is None else self._board.rows[before_id])
            if self._board.rows[transfer_id].state is State.WAITING and self._board.rows[transfer_id].admitted:
                self._enqueue(self._board.rows[transfer_id])

    def pause_all(self) -> None:
        """Hold everything, also what is added later, until `resume_all`; kept over a restart."""
        self._journal.set(_HOLD, _YES)
        with self._board.lock:
            self._board.paused = True
            for row in list(self._board.active.values()):
                if row.halt is not None:
                    row.halt.request(GO_ON)
            for row in self._board.rows.values():
                if row.state is State.WAITING and row.admitted:
                    self._board.change(row, reason=ALL_PAUSED)
            self._board.quiet.notify_all()

    def resume_all(self) -> None:
        """Undo `pause_all`. Rows that were paused by id stay so."""
        self._journal.set(_HOLD, "")
        with self._board.lock:
            self._board.paused = False
            for row in self._board.rows.values():
                if row.state is State.WAITING and row.admitted:
                    self._board.change(row, reason=TURN)
            self._small.wake_all()
            self._large.wake_all()

    @property
    def paused(self) -> bool:
        """Whether `pause_all` holds."""
        return self._board.paused

    @property
    def options(self) -> Options:
        return self._options

    def set_options(self, options: Options) -> None:
        """Takes effect at once; files that are being sent keep their number of parts at a time."""
        self._options = options
        self._throttle.set(options.limit)
        self._slots.set(options.connections)
        self._small.resize(options.small_files_at_a_time)
        self._large.resize(options.files_at_a_time)

    def forget(self, ids: Sequence[int]) -> None:
        """Take finished rows out of the journal; others are left alone."""
        with self._board.lock:
            for row in self._named(ids):
                if row.state in FINISHED and not row.busy:
                    self._board.drop(row)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of rows that changed, soon after they did; the answer ends that.

        It gets each row's newest state, not every step; rows that were forgotten come once more with `gone`.
        """
        return self._clerk.subscribe(listener)

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """True once no row goes on by itself (all are done, failed, cancelled, paused or need a person)."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._board.lock:
            while not self._idle():
                left = None if deadline is None else deadline - time.monotonic()
                if (left is not None and left <= 0) or self._stopped:
                    return False
                self._board.quiet.wait(left)
            return True

    def awake_note(self) -> str:
        """Why the machine may fall asleep during uploads, '' where it is kept awake or nothing runs."""
        return self._keeper.awake.note

    def _idle(self) -> bool:
        return self._board.at_rest and not self._intake.busy

    def _lane(self, name: str, places: int, runner: Runner) -> Lane:
        def take() -> Row | None:
            return self._board.take(small=name == "small", blocked=self._outages.blocked())

        return Lane(self._board, name, places, take, runner.run)

    def _named(self, ids: Sequence[int]) -> list[Row]:
        return [row for one in ids if (row := self._board.rows.get(one)) is not None]

    def _enqueue(self, row: Row) -> None:
        self._board.enqueue(row, self._options.small_bytes)

    def _let_go_on(self, row: Row) -> None:
        """At once, or, where a thread is still leaving it, as soon as that has left."""
        row.finished_at = None
        if row.halt is not None:
            row.halt.request(GO_ON)
        self._enqueue(row)

    def _try_again(self, row_id: int) -> None:
        with self._board.lock:
            row = self._board.rows.get(row_id)
            if row is not None and row.state is State.SUSPENDED and row.resting:
                self._enqueue(row)

    def _back(self, connection: str) -> None:
        with self._board.lock:
            self._suspender.back(connection)
            self._small.wake_all()
            self._large.wake_all()
        self._intake.wake()
