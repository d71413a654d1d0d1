"""What the appliance says of the one file that is looked at, asked for again while it changes."""

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from gui.models.background import Background
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.errors import Broken, TransferError
from gui.transfer.offers import Record
from gui.transfer.transfers import State, Transfer

_EVERY_MS = 1500
_AT_WORK = frozenset({"waiting", "running", "retrying"})
_FINAL = frozenset({"ready", "errored", "cancelled", "timed_out", "trashed", "deleted"})


class RecordWatch(QObject):
    """`told` gives the record of the file that `follow` named last, `pictured` the bytes of its poster.

    An appliance that does not answer is asked again; nothing is told then.
    """

    told = Signal(dict)
    pictured = Signal(bytes)

    def __init__(self, connections: ConnectionBook, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connections, self._background = connections, background
        self._file: tuple[str, str] | None = None
        self._poster = ""
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(_EVERY_MS)
        self._again.timeout.connect(self._ask)

    def follow(self, transfer: Transfer | None) -> None:
        """From now on this file, if its bytes are there; None for nobody's."""
        stored = transfer is not None and transfer.state is State.DONE and transfer.file_id is not None
        file = (transfer.connection, transfer.file_id) if stored and transfer and transfer.file_id else None
        self.follow_file(file)

    def follow_file(self, file: tuple[str, str] | None) -> None:
        """The same by connection and id, for a file that is known to be there."""
        if file != self._file:
            self._file, self._poster = file, ""
            self._again.stop()
            self._ask()

    def _ask(self) -> None:
        if self._file is None:
            return
        connection, file_id = self._file

        def work() -> Record:
            return self._connections.client(connection).call("GET", f"/get/{file_id}", attempts=1)

        self._background.run(work, partial(self._answered, self._file), lambda error: self._again.start())

    def _answered(self, file: tuple[str, str], record: Record) -> None:
        if file != self._file:
            return
        self.told.emit(record)
        poster = (record.get("links") or {}).get("poster") or ""
        if poster and poster != self._poster:
            self._poster = poster
            fetch, fetched = partial(self._fetch, file[0], poster), partial(self._fetched, file)
            self._background.run(fetch, fetched, partial(self._not_fetched, file))
        if record["state"] not in _FINAL or any(job["state"] in _AT_WORK for job in record["jobs"]):
            self._again.start()

    def _fetch(self, connection: str, url: str) -> bytes:
        answer = self._connections.client(connection).wire.request("GET", url, {})
        if not answer.ok:
            raise Broken(f"The picture cannot be had ({answer.status}).")
        return answer.body

    def _fetched(self, file: tuple[str, str], picture: bytes) -> None:
        if file == self._file:
            self.pictured.emit(picture)

    def _not_fetched(self, file: tuple[str, str], error: TransferError) -> None:
        """It may not be made yet, or the edge was busy."""
        if file == self._file:
            self._poster = ""
            self._again.start()
