"""The folders of a library as a tree, with how many files are in each and below."""

from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from gui.transfer.library.files import LibraryFile

FOLDER_ROLE = int(Qt.ItemDataRole.UserRole)
COUNT_ROLE = FOLDER_ROLE + 1
ICON_ROLE = FOLDER_ROLE + 2
#: What stands for the trash where folders are named; no folder is called so.
TRASH = "\0trash"


class FolderModel(QStandardItemModel):
    """`All files` with the folders below it, and the trash. Items are kept over `count`, so views stay as they are."""

    def __init__(self) -> None:
        super().__init__()
        translate = QCoreApplication.translate
        self._items: dict[str, QStandardItem] = {}
        self.top = self._make("", translate("Folders", "All files"), "library")
        self.trash = self._make(TRASH, translate("Folders", "Trash"), "clean")
        self.appendRow(self.top)
        self.appendRow(self.trash)

    def item_of(self, folder: str) -> QStandardItem | None:
        """`TRASH` for the trash."""
        return self._items.get(folder)

    def folders(self) -> list[str]:
        """All of them by name, without the top."""
        return sorted((one for one in self._items if one and one != TRASH), key=str.casefold)

    def count(self, files: Iterable[LibraryFile]) -> None:
        """Show the folders of these files."""
        counts = _counted(files)
        for folder in [one for one in self._items if one not in counts and one not in ("", TRASH)]:
            self._drop(folder)
        for folder in sorted(counts):
            item = self._items.get(folder) or self._add(folder)
            if item.data(COUNT_ROLE) != counts[folder]:
                item.setData(counts[folder], COUNT_ROLE)
                item.setData(f"{item.text()}, {counts[folder]}", Qt.ItemDataRole.AccessibleTextRole)
        for folder in ("", TRASH):
            if folder not in counts:
                self._items[folder].setData(0, COUNT_ROLE)

    def _add(self, folder: str) -> QStandardItem:
        above, _, name = folder.rpartition("/")
        parent = self._items[above]
        item = self._make(folder, name, "folder")
        names = [parent.child(row).text().casefold() for row in range(parent.rowCount())]
        parent.insertRow(sum(one < name.casefold() for one in names), item)
        return item

    def _drop(self, folder: str) -> None:
        item = self._items.pop(folder, None)
        if item is None:
            return
        for below in [one for one in self._items if one.startswith(f"{folder}/")]:
            del self._items[below]
        parent = item.parent()
        if parent is not None:
            parent.removeRow(item.row())

    def _make(self, folder: str, name: str, icon: str) -> QStandardItem:
        item = QStandardItem(name)
        item.setEditable(False)
        item.setData(folder, FOLDER_ROLE)
        item.setData(0, COUNT_ROLE)
        item.setData(icon, ICON_ROLE)
        item.setToolTip(folder if folder not in ("", TRASH) else "")
        self._items[folder] = item
        return item


def _counted(files: Iterable[LibraryFile]) -> dict[str, int]:
    """Files by folder, each with all below it."""
    direct = Counter(TRASH if one.state == "trashed" else one.folder for one in files)
    total: Counter[str] = Counter()
    for folder, count in direct.items():
        total[folder] += count
        if folder in ("", TRASH):
            continue
        above = folder
        while above:
            above = above.rpartition("/")[0]
            total[above] += count
    return dict(total)
