"""The libraries of all connections, each mirrored from when it was first looked at, and downloads from them."""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from gui.models.library import LibraryModel
from gui.models.thumbnails import Thumbnails
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.downloads.queue import Downloads
from gui.transfer.downloads.remote import RemoteFile
from gui.transfer.library.mirror import Library, News, Standing

#: While a large library is listed for the first time, the list is laid out anew this often, and never for more than a
#: twentieth of the time.
_LISTING_S = 0.5
_SHARE = 20


class Libraries(QObject):
    """Shows one library in `model`, that of the connection which `show` named last.

    `status` tells how it stands, in the window's thread. `downloaded` gives downloads that changed.
    """

    status = Signal(object)
    downloaded = Signal(list)
    _told = Signal(str, object)
    _heard = Signal(list)

    def __init__(self, connections: ConnectionBook, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connections, self._cache = connections, cache
        self.model = LibraryModel(self)
        self.thumbnails = Thumbnails(connections.client, cache / "pictures", self)
        self.downloads = Downloads(connections.client)
        self._libraries: dict[str, Library] = {}
        self._unsubscribe: list[Callable[[], None]] = []
        self.connection = ""
        self._due_at = 0.0
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._heard.connect(self.downloaded, Qt.ConnectionType.QueuedConnection)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._lay_out)
        self._unsubscribe.append(self.downloads.subscribe(lambda rows: self._heard.emit(list(rows))))

    def show(self, connection_id: str) -> None:
        """From now on this connection's; '' for none."""
        if connection_id == self.connection:
            return
        self.connection = connection_id
        self._later.stop()
        if connection_id and connection_id not in self._libraries:
            self._open(connection_id)
        self._lay_out()
        if connection_id:
            self.status.emit(self._libraries[connection_id].status)

    def keep_only(self, connection_ids: Collection[str]) -> None:
        """Forget the libraries of connections that are no more, on disk too."""
        for one in [one for one in self._libraries if one not in connection_ids]:
            self._libraries.pop(one).stop(1.0)
            with suppress(OSError):
                self._file(one).unlink()

    @property
    def library(self) -> Library | None:
        """The one that is shown."""
        return self._libraries.get(self.connection)

    def download(self, files: Sequence[RemoteFile], into: Path) -> None:
        """Queue files of the shown connection."""
        self.downloads.start()
        self.downloads.add(files, connection=self.connection, into=into)

    def close(self) -> None:
        """End all threads; what is being downloaded can be gone on with. Idempotent."""
        for end in self._unsubscribe:
            end()
        self._unsubscribe.clear()
        self._later.stop()
        self.thumbnails.close()
        self.downloads.stop()
        for library in self._libraries.values():
            library.stop()

    def _open(self, connection_id: str) -> None:
        library = Library(lambda: self._connections.client(connection_id), self._file(connection_id))
        self._libraries[connection_id] = library
        # In the mirror's thread: a signal is all that may be touched.
        self._unsubscribe.append(library.subscribe(lambda news: self._told.emit(connection_id, news)))
        library.start()

    def _file(self, connection_id: str) -> Path:
        return self._cache / "libraries" / f"{connection_id}.gz"

    @Slot(str, object)
    def _take(self, connection_id: str, news: News) -> None:
        if connection_id != self.connection:
            return
        if news.all:
            self._lay_out()
        elif news.status.standing is Standing.LISTING and self.model.rowCount() + len(news.changed) > 1000:
            if not self._later.isActive():
                due_s = max(0.0, self._due_at - time.monotonic())
                self._later.start(int(due_s * 1000))
        elif not self._later.isActive():
            self.model.apply(news.changed, news.gone)
        self.status.emit(news.status)

    @Slot()
    def _lay_out(self) -> None:
        library = self.library
        begun = time.monotonic()
        self.model.load(library.files() if library else [])
        now = time.monotonic()
        self._due_at = now + max(_LISTING_S, (now - begun) * _SHARE)
