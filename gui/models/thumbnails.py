"""Small pictures for the library: asked for while painting, painted once they are there."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from gui.transfer.client import ApplianceClient
from gui.transfer.library.files import LibraryFile
from gui.transfer.library.pictures import PictureStore, Wanted, picture_name

_KEPT = 500
_LARGEST = QSize(320, 320)


class Thumbnails(QObject):
    """`arrived` gives the name of a picture that can be had now. Decoding is done away from the window's thread."""

    arrived = Signal(str)
    _decoded = Signal(str, QImage)

    def __init__(self, clients: Callable[[str], ApplianceClient], folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = PictureStore(clients, folder, self._decode)
        self._kept: OrderedDict[str, QPixmap] = OrderedDict()
        self._decoded.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def picture(self, connection: str, file: LibraryFile) -> QPixmap | None:
        """The picture if it is here; else it is fetched, where the file has one."""
        name = picture_name(file)
        if not name:
            return None
        kept = self._kept.get(name)
        if kept is not None:
            self._kept.move_to_end(name)
            return kept
        self._store.want(Wanted(connection, file))
        return None

    def close(self) -> None:
        """No more pictures. Idempotent."""
        self._store.close()

    def _decode(self, name: str, data: bytes) -> None:
        """In a thread of the store."""
        image = QImage.fromData(data)
        if image.isNull():
            return
        if image.width() > _LARGEST.width() or image.height() > _LARGEST.height():
            image = image.scaled(
                _LARGEST, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        self._decoded.emit(name, image)

    @Slot(str, QImage)
    def _keep(self, name: str, image: QImage) -> None:
        self._kept[name] = QPixmap.fromImage(image)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.arrived.emit(name)
