"""What goes on beside sending: looking for lost connections, second tries, sessions to give up, sleep, speeds."""

import threading
import time
from collections.abc import Callable

from gui.transfer.client import ApplianceClient
from gui.transfer.errors import Refused, TransferError
from gui.transfer.halting import Halt
from gui.transfer.uploads.awake import Awake
from gui.transfer.uploads.board import Board
from gui.transfer.uploads.journal import Journal
from gui.transfer.uploads.outages import Outages
from gui.transfer.uploads.running import Runner

_STEP_S = 0.25
_RELEASE_S = 30.0


class Keeper:
    """One thread; each round of it is `step`. back: called with a connection that can be used again."""

    def __init__(
        self, board: Board, journal: Journal, clients: Callable[[str], ApplianceClient], outages: Outages,
        runner: Runner, *, flush: Callable[[], None], back: Callable[[str], None], again: Callable[[int], None],
        hold_sleep: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.awake = Awake()
        self._board = board
        self._journal = journal
        self._clients = clients
        self._outages = outages
        self._runner = runner
        self._flush = flush
        self._back = back
        self._again = again
        self._hold_sleep = hold_sleep
        self._halt = Halt()
        self._wake = threading.Event()
        self._release_due = 0.0
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._halt.request()
        self._wake.set()

    def join(self, timeout_s: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def hurry(self) -> None:
        """There is something to look at now."""
        self._wake.set()

    def step(self, now: float) -> None:
        """now: of time.monotonic. Raises Interrupted."""
        active = self._sample(now)
        self.awake.hold(active and self._hold_sleep())
        for row_id in self._runner.due(now):
            self._again(row_id)
        for outage in self._outages.due(now):
            if self._outages.look(outage, self._halt):
                self._back(outage.connection)
            else:
                self._runner.on_outage(outage.connection)
        if self._board.left_something or now >= self._release_due:
            self._release_due = now + _RELEASE_S
            self._board.left_something = False
            self._flush()
            self._release()

    def _run(self) -> None:
        while not self._halt.requested:
            try:
                self.step(time.monotonic())
            except TransferError:
                break  # interrupted
            self._wake.wait(_STEP_S)
            self._wake.clear()
        self.awake.hold(False)

    def _sample(self, now: float) -> bool:
        """Note speeds; whether something is on its way."""
        with self._board.lock:
            active = list(self._board.active.values())
            for row in active:
                row.sample(now)
                self._board.moved(row, 0)
        return bool(active)

    def _release(self) -> None:
        """Tell the appliance what was given up, so that it frees parts and quota; later, where that cannot be now."""
        blocked = self._outages.blocked()
        for connection, file_id in self._journal.abandoned():
            if connection in blocked:
                continue
            try:
                self._clients(connection).within(self._halt, attempts=1).cancel(file_id)
            except Refused as error:
                if error.status >= 500 or error.status in (401, 403, 429):
                    continue
            except TransferError:
                self._halt.check()
                continue
            self._journal.released(file_id)
