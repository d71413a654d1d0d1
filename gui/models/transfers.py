"""The list of transfers as a Qt model: plain lists that are sorted and filtered in here.

A proxy model would call Python for every comparison, which takes half a minute at a hundred thousand rows.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from gui.models import cells
from gui.models.order import FILTER_OF, KEYS, Column, Filter, Key, in_queue_order
from gui.models.tally import Tally
from gui.transfer.transfers import Transfer

#: So many single moves are cheaper than laying the list out anew.
_FEW = 64
_NOWHERE = QModelIndex()
TRANSFER_ROLE = int(Qt.ItemDataRole.UserRole)

Index = QModelIndex | QPersistentModelIndex


class TransfersModel(QAbstractTableModel):
    """Rows are transfers; `apply` brings news. `tally` counts all of them, shown or not.

    Where much changes at once the model is reset: a view that keeps a selection keeps it by `ids`.
    """

    tallied = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: dict[int, Transfer] = {}
        self._place: dict[int, int] = {}
        self._next_place = 0
        self._shown: list[Transfer] = []
        self._key: Key = in_queue_order
        self._upward = True
        #: What is shown; `show` changes them.
        self.filter = Filter.ALL
        self.search = ""
        self.tally = Tally()

    # What views ask.

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        transfer = self.transfer_at(index.row())
        return transfer if role == TRANSFER_ROLE else cells.cell(transfer, Column(index.column()), role)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        return cells.heading(Column(section), role)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1 brings the order of the queue back."""
        self._key = in_queue_order if column < 0 else KEYS[Column(column)]
        self._upward = column < 0 or order is Qt.SortOrder.AscendingOrder
        self._lay_out()

    # What the page asks.

    def transfer_at(self, row: int) -> Transfer:
        """IndexError where there is no such row."""
        return self._shown[row if self._upward else len(self._shown) - 1 - row]

    def find(self, transfer_id: int) -> Transfer | None:
        """The newest state of one, whether it is shown or not."""
        return self._all.get(transfer_id)

    def row_of(self, transfer_id: int) -> int | None:
        """Where it is shown, if it is."""
        transfer = self._all.get(transfer_id)
        return self._row(self._position(transfer)) if transfer is not None and self._shows(transfer) else None

    def all(self) -> Iterable[Transfer]:
        """Every transfer, in the engine's order."""
        return self._all.values()

    def show(self, chosen: Filter, search: str) -> None:
        """Which rows are shown: those of the chip whose name or folder holds the text, large or small."""
        if (chosen, search.casefold()) != (self.filter, self.search):
            self.filter, self.search = chosen, search.casefold()
            self._lay_out()

    # What the engine tells.

    def load(self, transfers: Sequence[Transfer]) -> None:
        """All there is, in the engine's order."""
        self.beginResetModel()
        ids = [one.id for one in transfers]
        self._all = dict(zip(ids, transfers, strict=True))
        self._place = dict(zip(ids, range(len(ids)), strict=True))
        self._next_place = len(transfers)
        self.tally = Tally.of(transfers)
        self._shown = self._sorted()
        self.endResetModel()
        self.tallied.emit()

    def apply(self, news: Sequence[Transfer]) -> None:
        """Take over what changed; new ones stand at the end of the queue, `gone` ones leave."""
        leaving: list[Transfer] = []
        coming: list[Transfer] = []
        moving: list[tuple[Transfer, Transfer]] = []
        staying: list[Transfer] = []
        for one in news:
            old = self._all.get(one.id)
            if old is None and one.gone:
                continue
            self._place.setdefault(one.id, self._next_place)
            self._next_place += old is None
            self.tally.change(old, None if one.gone else one)
            was, will = old is not None and self._shows(old), not one.gone and self._shows(one)
            if old is not None and was and will:
                if self._key(old) == self._key(one):
                    staying.append(one)
                else:
                    moving.append((old, one))
            elif old is not None and was:
                leaving.append(old)
            elif will:
                coming.append(one)
            self._all[one.id] = one
        if len(leaving) + len(moving) > _FEW or len(coming) > _FEW < len(self._shown):
            self._forget_gone(news)
            self._lay_out()
        else:
            self._change(staying)
            self._remove(leaving)
            self._move(moving)
            self._insert(coming)
            self._forget_gone(news)
        self.tallied.emit()

    def _forget_gone(self, news: Sequence[Transfer]) -> None:
        for one in news:
            if one.gone:
                self._all.pop(one.id, None)
                self._place.pop(one.id, None)

    def _change(self, transfers: list[Transfer]) -> None:
        rows = []
        for one in transfers:
            position = self._position(one)
            self._shown[position] = one
            rows.append(self._row(position))
        # From the first to the last in one go would paint all that is seen anew.
        for first, last in spans(sorted(rows)):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(Column) - 1))

    def _remove(self, transfers: list[Transfer]) -> None:
        for one in transfers:
            position = self._position(one)
            row = self._row(position)
            self.beginRemoveRows(_NOWHERE, row, row)
            del self._shown[position]
            self.endRemoveRows()

    def _insert(self, transfers: list[Transfer]) -> None:
        for one in transfers:
            position = self._position(one)
            row = position if self._upward else len(self._shown) - position
            self.beginInsertRows(_NOWHERE, row, row)
            self._shown.insert(position, one)
            self.endInsertRows()

    def _move(self, pairs: list[tuple[Transfer, Transfer]]) -> None:
        for old, new in pairs:
            start, end = self._position(old), self._position(new)
            end -= end > start
            here, there = self._row(start), self._row(end)
            if here != there:
                self.beginMoveRows(_NOWHERE, here, here, _NOWHERE, there if there < here else there + 1)
            del self._shown[start]
            self._shown.insert(end, new)
            if here != there:
                self.endMoveRows()
            self.dataChanged.emit(self.index(there, 0), self.index(there, len(Column) - 1))

    def _lay_out(self) -> None:
        self.beginResetModel()
        self._shown = self._sorted()
        self.endResetModel()

    def _sorted(self) -> list[Transfer]:
        """`_all` is in the order of places, and sorting is stable, so the places need not be compared."""
        chosen, search = self.filter, self.search
        shown = list(self._all.values())
        if chosen is not Filter.ALL:
            shown = [one for one in shown if FILTER_OF[one.state] is chosen]
        if search:
            shown = [one for one in shown if _holds(one, search)]
        shown.sort(key=self._key)
        return shown

    def _shows(self, transfer: Transfer) -> bool:
        wanted = self.filter is Filter.ALL or FILTER_OF[transfer.state] is self.filter
        return wanted and (not self.search or _holds(transfer, self.search))

    def _position(self, transfer: Transfer) -> int:
        """Where it stands in `_shown`, or would."""
        return bisect_left(self._shown, self._total_key(transfer), key=self._total_key)

    def _total_key(self, transfer: Transfer) -> tuple[Any, int]:
        return self._key(transfer), self._place[transfer.id]

    def _row(self, position: int) -> int:
        return position if self._upward else len(self._shown) - 1 - position


def spans(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Rows in their order as first and last of each run without a gap."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def _holds(transfer: Transfer, search: str) -> bool:
    return search in transfer.name.casefold() or search in transfer.folder.casefold()
