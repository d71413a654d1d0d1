"""Threads that take the next row and see it through, a number of them for small files and another for large ones."""

import threading
from collections.abc import Callable

from gui.transfer.uploads.board import Board
from gui.transfer.uploads.rows import Row


class Lane:
    """Up to `places` threads, made where there is work for them, kept until the end. Fewer places end some."""

    def __init__(
        self, board: Board, name: str, places: int, take: Callable[[], Row | None], run: Callable[[Row], None]
    ) -> None:
        self._board = board
        self._work_there = threading.Condition(board.lock)
        self._name = name
        self._places = places
        self._take = take
        self._run = run
        self._threads: set[threading.Thread] = set()
        self._idle = 0

    def wake(self) -> None:
        """There may be work: wake a thread, or add one where all are at it. Called with the board's lock held."""
        if self._idle:
            self._work_there.notify()
        elif len(self._threads) < self._places and not self._board.closed:
            thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._threads.add(thread)
            thread.start()

    def resize(self, places: int) -> None:
        with self._board.lock:
            self._places = places
            self._work_there.notify_all()
            self.wake()

    def wake_all(self) -> None:
        """What held work back is gone, or the end has come. Called with the board's lock held."""
        self._work_there.notify_all()
        self.wake()

    def join(self, timeout_s: float) -> None:
        with self._board.lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_s)

    def _work(self) -> None:
        me = threading.current_thread()
        while (row := self._next()) is not None:
            self._run(row)
        with self._board.lock:
            self._threads.discard(me)

    def _next(self) -> Row | None:
        """Waits for a row; None where this thread is one too many."""
        board = self._board
        with board.lock:
            while not board.closed and len(self._threads) <= self._places:
                if (row := self._take()) is not None:
                    self.wake()
                    return row
                self._idle += 1
                self._work_there.wait()
                self._idle -= 1
            return None
