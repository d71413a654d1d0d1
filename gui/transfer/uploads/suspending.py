"""Rows whose connection cannot be used: they say why, and go on once it can."""

from collections.abc import Callable

from gui.transfer.transfers import State
from gui.transfer.uploads.board import Board
from gui.transfer.uploads.outages import Outages
from gui.transfer.uploads.rows import COUNTING, Row


class Suspender:
    """enqueue: lets a row wait for its turn."""

    def __init__(self, board: Board, outages: Outages, enqueue: Callable[[Row], None]) -> None:
        self._board = board
        self._outages = outages
        self._enqueue = enqueue

    def lost(self, connection: str) -> None:
        """A connection cannot be used: all its rows that wait say why."""
        outage = self._outages.of(connection)
        if outage is None:
            return
        with self._board.lock:
            for row in self._board.rows.values():
                held = row.state is State.WAITING or (row.state is State.SUSPENDED and not row.resting)
                if held and row.connection == connection and not row.busy and row.reason != outage.reason:
                    self._board.change(row, state=State.SUSPENDED, reason=outage.reason, problem=outage.problem)

    def back(self, connection: str) -> None:
        """A connection can be used again. Rows of batches that were not admitted yet have to be."""
        with self._board.lock:
            for row in list(self._board.rows.values()):
                if row.connection != connection or row.state is not State.SUSPENDED or row.resting:
                    continue
                if row.admitted:
                    self._enqueue(row)
                else:
                    self._board.change(row, state=State.WAITING, reason=COUNTING, problem="")
