"""The library as a Qt model: a plain list that is sorted and filtered in here, for the list and for the grid.

A proxy model would call Python for every comparison, which takes half a minute at a hundred thousand rows.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from gui.models import library_cells
from gui.models.library_order import KEYS, Key, LibraryColumn, Selection, searched
from gui.transfer.library.files import LibraryFile

#: So many single changes of place are cheaper than laying the list out anew.
_FEW = 64
_NOWHERE = QModelIndex()
FILE_ROLE = int(Qt.ItemDataRole.UserRole)
Index = QModelIndex | QPersistentModelIndex


class LibraryModel(QAbstractTableModel):
    """Rows are files, newest first at the start.

    Where much changes at once the model is reset: a view that keeps a selection keeps it by `row_of`. `counted` tells
    after every change; `selection` and `order` say what is shown.
    """

    counted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: dict[str, LibraryFile] = {}
        self._place: dict[str, int] = {}
        self._next_place = 0
        self._texts: dict[str, str] = {}
        self._shown: list[LibraryFile] = []
        self.selection = Selection()
        self.order = (LibraryColumn.CREATED, Qt.SortOrder.DescendingOrder)

    # What views ask.

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(LibraryColumn)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        one = self.file_at(index.row())
        return one if role == FILE_ROLE else library_cells.cell(one, LibraryColumn(index.column()), role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(LibraryColumn):
            return None
        return library_cells.heading(LibraryColumn(section), role)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1 brings the newest to the top."""
        newest = (LibraryColumn.CREATED, Qt.SortOrder.DescendingOrder)
        # Inside the reset: until it begins, views look their rows up in the old order.
        self.beginResetModel()
        self.order = newest if column < 0 else (LibraryColumn(column), order)
        self._arrange()
        self.endResetModel()
        self.counted.emit()

    # What the page asks.

    def file_at(self, row: int) -> LibraryFile:
        """IndexError where there is no such row."""
        return self._shown[self._row(row)]

    def find(self, file_id: str) -> LibraryFile | None:
        """The newest form of one, whether it is shown or not."""
        return self._all.get(file_id)

    def row_of(self, file_id: str) -> int | None:
        """Where it is shown, if it is."""
        one = self._all.get(file_id)
        return self._row(self._position(one)) if one is not None and self._shows(one) else None

    def all(self) -> Iterable[LibraryFile]:
        """Every file, the trash too."""
        return self._all.values()

    def show(self, selection: Selection) -> None:
        """Choose what is shown."""
        if selection != self.selection:
            self.selection = selection
            self._lay_out()

    # What the mirror tells.

    def load(self, files: Sequence[LibraryFile]) -> None:
        """All there is."""
        before, known = self._all, self._texts
        self._all = {one.file_id: one for one in files}
        self._texts = {
            one.file_id: known[one.file_id] if before.get(one.file_id) is one else searched(one) for one in files
        }
        self._place = {file_id: place for place, file_id in enumerate(self._all)}
        self._next_place = len(self._place)
        self._lay_out()

    def apply(self, changed: Sequence[LibraryFile], gone: Sequence[str]) -> None:
        """Take over what changed."""
        leaving = [one for file_id in gone if (one := self._all.get(file_id)) is not None and self._shows(one)]
        coming: list[LibraryFile] = []
        staying: list[LibraryFile] = []
        key = self._key
        texts = {one.file_id: searched(one) for one in changed}
        for one in changed:
            old = self._all.get(one.file_id)
            was = old is not None and self._shows(old)
            will = self.selection.holds(one, texts[one.file_id])
            if old is not None and was and will and key(old) == key(one):
                staying.append(one)
                continue
            if old is not None and was:
                leaving.append(old)
            if will:
                coming.append(one)
        if max(len(leaving), len(coming)) > _FEW:
            self._take_over(changed, gone, texts)
            self._lay_out()
            return
        self._remove(leaving)
        self._take_over(changed, gone, texts)
        self._insert(coming)
        self._change(staying)
        self.counted.emit()

    def _take_over(self, changed: Sequence[LibraryFile], gone: Sequence[str], texts: dict[str, str]) -> None:
        for file_id in gone:
            self._all.pop(file_id, None)
            self._texts.pop(file_id, None)
            self._place.pop(file_id, None)
        for one in changed:
            if one.file_id not in self._place:
                self._place[one.file_id] = self._next_place
                self._next_place += 1
        self._all.update((one.file_id, one) for one in changed)
        self._texts.update(texts)

    def _change(self, files: list[LibraryFile]) -> None:
        rows = []
        for one in files:
            position = self._position(one)
            self._shown[position] = one
            rows.append(self._row(position))
        for row in rows:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(LibraryColumn) - 1))

    def _remove(self, files: list[LibraryFile]) -> None:
        for one in files:
            position = self._position(one)
            row = self._row(position)
            self.beginRemoveRows(_NOWHERE, row, row)
            del self._shown[position]
            self.endRemoveRows()

    def _insert(self, files: list[LibraryFile]) -> None:
        for one in files:
            position = self._position(one)
            row = position if self._upward else len(self._shown) - position
            self.beginInsertRows(_NOWHERE, row, row)
            self._shown.insert(position, one)
            self.endInsertRows()

    def _lay_out(self) -> None:
        self.beginResetModel()
        self._arrange()
        self.endResetModel()
        self.counted.emit()

    def _arrange(self) -> None:
        # `_all` is in the order of places, and sorting is stable, so the places need not be compared.
        self._shown = self.selection.among(self._all.values(), self._texts)
        self._shown.sort(key=self._key)

    @property
    def _key(self) -> Key:
        return KEYS[self.order[0]]

    @property
    def _upward(self) -> bool:
        return self.order[1] is Qt.SortOrder.AscendingOrder

    def _shows(self, one: LibraryFile) -> bool:
        return self.selection.holds(one, self._texts[one.file_id])

    def _position(self, one: LibraryFile) -> int:
        """Where it stands in `_shown`, or would."""
        key, place = self._key, self._place
        wanted = key(one), place[one.file_id]
        return bisect_left(self._shown, wanted, key=lambda other: (key(other), place[other.file_id]))

    def _row(self, position: int) -> int:
        """The row of a position, and the other way round."""
        return position if self._upward else len(self._shown) - 1 - position
