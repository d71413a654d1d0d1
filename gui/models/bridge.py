"""News of the engine and of the connections, brought from other threads into the window's."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from gui.transfer.connections.book import ConnectionBook
from gui.transfer.engine import Engine
from gui.transfer.transfers import Transfer

#: Ten times a second is as often as a person can follow.
_EVERY_MS = 100


class EngineBridge(QObject):
    """Emits `changed` with a list of transfers, the newest state of each, in the window's thread.

    However often the engine tells, it is at most ten times a second, and at once where it was quiet before.
    """

    changed = Signal(list)
    _told = Signal(list)

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pending: dict[int, Transfer] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._flush)
        self._told.connect(self._collect, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Callable[[], None] = engine.subscribe(self._hear)

    def close(self) -> None:
        """No more news."""
        self._unsubscribe()
        self._timer.stop()

    def _hear(self, transfers: Sequence[Transfer]) -> None:
        """In the engine's thread: no widget and no timer may be touched."""
        self._told.emit(list(transfers))

    @Slot(list)
    def _collect(self, transfers: list[Transfer]) -> None:
        self._pending.update((one.id, one) for one in transfers)
        if not self._timer.isActive():
            self._flush()
            self._timer.start()

    @Slot()
    def _flush(self) -> None:
        if not self._pending:
            self._timer.stop()
            return
        news, self._pending = list(self._pending.values()), {}
        self.changed.emit(news)


class ConnectionNews(QObject):
    """Emits `changed` in the window's thread when a connection was added, changed, removed or chosen."""

    changed = Signal()
    _told = Signal()

    def __init__(self, book: ConnectionBook, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told.connect(self.changed, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Callable[[], None] = book.subscribe(self._told.emit)

    def close(self) -> None:
        """No more news."""
        self._unsubscribe()
