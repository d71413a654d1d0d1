"""Writes down and tells what changed, a few times a second, whatever the number of changes."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from gui.transfer.errors import TransferError
from gui.transfer.transfers import Transfer
from gui.transfer.uploads.board import Board
from gui.transfer.uploads.journal import Journal

Listener = Callable[[Sequence[Transfer]], None]
#: What is lost of it in a crash is found out anew; a small file is on its way for less than this.
_WRITE_S = 0.2
_TELL_S = 0.1
_log = logging.getLogger(__name__)


class Clerk:
    """Two threads: what is slow to listen holds up no journal."""

    def __init__(self, board: Board, journal: Journal) -> None:
        self._board = board
        self._journal = journal
        self._listeners: list[Listener] = []
        self._closed = False
        self._writing = threading.Lock()
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._teller = threading.Thread(target=self._tell, name="listeners", daemon=True)

    def start(self) -> None:
        self._writer.start()
        self._teller.start()

    def stop(self, timeout_s: float) -> None:
        """After all else has stopped: what is left is written and told."""
        with self._board.lock:
            self._closed = True
            self._board.news.notify_all()
        for thread in (self._writer, self._teller):
            if thread.ident is not None:
                thread.join(timeout_s)
        self.flush()

    def flush(self) -> None:
        """Write down what changed so far."""
        with self._writing:
            self._journal.write(self._board.notes())

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        with self._board.lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._board.lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def _write(self) -> None:
        while self._wait(lambda: self._board.has_notes):
            try:
                self.flush()
            except (OSError, TransferError) as error:
                _log.error("The list of transfers could not be written: %s", error)
            self._rest(_WRITE_S)

    def _tell(self) -> None:
        while self._wait(lambda: self._board.has_news):
            changed = self._board.told()
            with self._board.lock:
                listeners = list(self._listeners)
            for listener in listeners:
                try:
                    listener(changed)
                except Exception:
                    _log.exception("A listener to transfers failed")
            self._rest(_TELL_S)

    def _rest(self, seconds: float) -> None:
        if not self._closed:
            time.sleep(seconds)

    def _wait(self, there_is: Callable[[], bool]) -> bool:
        """Until there is something to do; False at the end, once nothing is left."""
        with self._board.lock:
            while not there_is() and not self._closed:
                self._board.news.wait()
            return there_is()
