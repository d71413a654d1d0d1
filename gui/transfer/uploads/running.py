"""Sees one row through, and decides what becomes of it where that does not succeed."""

import heapq
import logging
import threading
import time
import uuid
from collections.abc import Callable

from gui.transfer.client import ApplianceClient
from gui.transfer.errors import (
    Corrupted,
    NotConfigured,
    Refused,
    SessionLost,
    SourceChanged,
    TransferError,
    Unreachable,
    shown,
)
from gui.transfer.halting import Halt
from gui.transfer.network.backoff import PASSING, delay
from gui.transfer.transfers import State
from gui.transfer.uploads.board import now_us
from gui.transfer.uploads.outages import Outages
from gui.transfer.uploads.rows import CANCELLED, PAUSED, STOPPED, TURN, Row
from gui.transfer.uploads.upload import Tools, Upload

#: How often a file begins anew, and how often a fault of the other side is tried, before a person is asked.
_MOST_RESTARTS = 10
_LONGEST_REST_S = 30.0
#: What is to become of a row whose halt is requested.
CANCEL, PAUSE, GO_ON = "cancel", "pause", "go on"
_HELD = frozenset({"unauthorized", "forbidden"})
_log = logging.getLogger(__name__)


class Runner:
    """Used by the threads of the lanes."""

    def __init__(self, tools: Tools, clients: Callable[[str], ApplianceClient], outages: Outages) -> None:
        self._tools = tools
        self._board = tools.board
        self._clients = clients
        self._outages = outages
        self._lock = threading.Lock()
        self._later: list[tuple[float, int]] = []
        self.enqueue: Callable[[Row], None] = lambda row: None
        #: Told of a connection that has just failed.
        self.on_outage: Callable[[str], None] = lambda connection: None

    def run(self, row: Row) -> None:
        """Raises nothing: whatever happens is the row's state."""
        halt = row.halt
        assert halt is not None
        upload: Upload | None = None
        try:
            upload = Upload(self._tools, row, self._clients(row.connection), halt)
            upload.run()
        except TransferError as error:
            if halt.requested:
                self._interrupted(row, halt)
            else:
                self._decide(row, error, upload)
        except Exception as error:
            _log.exception("Sending %s failed", shown(row.source))
            self._fail(row, f"This program failed: {type(error).__name__}: {error}.", "internal")
        self._leave(row)

    def due(self, now: float) -> list[int]:
        """Rows whose time to try again has come. now: of time.monotonic."""
        with self._lock:
            found = []
            while self._later and self._later[0][0] <= now:
                found.append(heapq.heappop(self._later)[1])
            return found

    def _decide(self, row: Row, error: TransferError, upload: Upload | None) -> None:
        if isinstance(error, NotConfigured):
            self._outage(row, str(error), error.problem)
        elif isinstance(error, Unreachable):
            self._away(row, error, upload.store_url if upload else "")
        elif isinstance(error, Refused):
            self._refused(row, error, upload.store_url if upload else "")
        elif isinstance(error, SourceChanged | Corrupted | SessionLost) and upload is not None:
            upload.begin_anew()
            self._again(row, f"{error} It begins anew in a moment.", error)
        else:
            self._fail(row, str(error), error.problem)

    def _interrupted(self, row: Row, halt: Halt) -> None:
        """Whoever asked has said what is to be; nothing said is the end of the program."""
        with self._board.lock:
            if halt.why == CANCEL:
                self._board.start_over(row, str(uuid.uuid4()))
                self._board.change(row, state=State.CANCELLED, reason=CANCELLED)
            elif halt.why == PAUSE:
                self._board.change(row, state=State.PAUSED, reason=PAUSED)
            else:
                self._board.change(row, state=State.WAITING, reason=TURN if halt.why == GO_ON else STOPPED)

    def _leave(self, row: Row) -> None:
        """Nobody is at this row any more; who asked for it to go on meanwhile is heard now."""
        with self._board.lock:
            row.busy, row.halt = False, None
            # An outage may have ended before this row told of it: then nobody else lets it go on.
            over = row.state is State.SUSPENDED and not row.resting and self._outages.of(row.connection) is None
            if (row.state is State.WAITING or over) and not self._board.closed:
                self.enqueue(row)

    def _away(self, row: Row, error: Unreachable, store_url: str) -> None:
        text = f"The object store does not answer: {error}" if store_url else str(error)
        self._outage(row, text, error.problem, store_url)

    def _refused(self, row: Row, error: Refused, store_url: str) -> None:
        if error.type in _HELD:
            self._outage(row, f"The appliance does not accept the key of this connection: {error}", error.problem)
        elif error.status == 500:
            self._again(row, f"{error} It is tried again in a moment.", error)
        elif error.status in PASSING:
            who = "The object store" if store_url else "The appliance"
            self._outage(row, f"{who} is busy: {error}", "unreachable", store_url)
        else:
            self._fail(row, str(error), "no_space" if error.status == 507 else error.problem)

    def _outage(self, row: Row, reason: str, problem: str, store_url: str = "") -> None:
        self._outages.report(row.connection, reason, problem, store_url)
        self._rest(row, reason, problem)
        self.on_outage(row.connection)

    def _again(self, row: Row, reason: str, error: TransferError) -> None:
        if row.restarts >= _MOST_RESTARTS and not isinstance(error, SourceChanged):
            self._fail(row, str(error), error.problem)
            return
        row.restarts += 1
        self._rest(row, reason, error.problem)
        row.resting = True
        with self._lock:
            rest_s = delay(row.restarts, first_s=1.0, longest_s=_LONGEST_REST_S)
            heapq.heappush(self._later, (time.monotonic() + rest_s, row.id))

    def _rest(self, row: Row, reason: str, problem: str) -> None:
        self._board.change(row, state=State.SUSPENDED, reason=reason, problem=problem)

    def _fail(self, row: Row, reason: str, problem: str) -> None:
        self._board.change(row, state=State.FAILED, reason=reason, problem=problem, finished_at=now_us())
