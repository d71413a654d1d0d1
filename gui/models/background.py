"""Calls that wait for the network, away from the window's thread; what they find comes back into it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from gui.transfer.errors import TransferError

T = TypeVar("T")
_THREADS = 4


def _nothing(error: TransferError) -> None:
    """For callers to whom a failure is no news."""


class Background(QObject):
    """A few threads. `run` returns at once; `then` or `failed` is called later in the window's thread."""

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="window")
        self._open = True
        self._ended.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def run(
        self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[TransferError], None] = _nothing
    ) -> None:
        """`work` may raise TransferError, which `failed` gets."""
        if self._open:
            self._pool.submit(self._work, work, then, failed)

    def close(self) -> None:
        """Nothing is called any more; what waits is not begun. Idempotent."""
        self._open = False
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[TransferError], None]) -> None:
        try:
            answer = partial(then, work())
        except TransferError as error:
            answer = partial(failed, error)
        if self._open:
            self._ended.emit(answer)

    @Slot(object)
    def _call(self, answer: Callable[[], None]) -> None:
        if self._open:
            answer()
