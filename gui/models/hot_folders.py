"""The hot folders, with their news in the window's thread."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal

from gui.transfer.hotfolders.hot_folders import HotFolders
from gui.transfer.hotfolders.statuses import FolderStatus


class HotFoldersModel(QObject):
    """Every folder as it stands, in the order in which they were added. `folders` changes them and is safe to call."""

    #: Folders came or went.
    rearranged = Signal()
    #: The id of a folder whose status changed.
    changed = Signal(int)
    _told = Signal(FolderStatus)

    def __init__(self, folders: HotFolders, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders = folders
        self._statuses = {one.profile.id: one for one in folders.status()}
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Callable[[], None] = folders.subscribe(self._told.emit)

    def all(self) -> list[FolderStatus]:
        return list(self._statuses.values())

    def of(self, folder_id: int) -> FolderStatus:
        """KeyError for a folder that is gone."""
        return self._statuses[folder_id]

    def start(self) -> None:
        """Once the engine has started."""
        self.folders.start()

    def refresh(self) -> None:
        """After something was added, changed or removed here."""
        fresh = {one.profile.id: one for one in self.folders.status()}
        rearranged = fresh.keys() != self._statuses.keys()
        self._statuses = fresh
        if rearranged:
            self.rearranged.emit()
        for folder_id in fresh:
            self.changed.emit(folder_id)

    def close(self) -> None:
        """Before the engine is stopped."""
        self._unsubscribe()
        self.folders.stop()

    def _take(self, status: FolderStatus) -> None:
        # One that was removed in between has said its last word by `refresh`.
        if status.profile.id in self._statuses and not status.gone:
            self._statuses[status.profile.id] = status
            self.changed.emit(status.profile.id)
