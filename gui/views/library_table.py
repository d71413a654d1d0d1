"""The library as a list, and what list and grid have in common: the rows that are chosen, by their ids."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from gui.models.library import LibraryModel
from gui.models.library_order import LibraryColumn
from gui.transfer.library.files import LibraryFile
from gui.views.library_tiles import Pictures, RowDelegate, row_height

_WIDTHS = {
    LibraryColumn.SIZE: 90,
    LibraryColumn.DURATION: 76,
    LibraryColumn.FOLDER: 150,
    LibraryColumn.TAGS: 130,
    LibraryColumn.CREATED: 140,
    LibraryColumn.STATE: 96,
}
#: What goes first where there is no room.
_LEAVES = (LibraryColumn.TAGS, LibraryColumn.DURATION, LibraryColumn.FOLDER, LibraryColumn.STATE, LibraryColumn.CREATED)
_NAME_NEEDS = 220


class LibraryTable(QTableView):
    """Sorted by a click on a column's head."""

    menu_wanted = Signal(QPoint)

    def __init__(self, model: LibraryModel, pictures: Pictures) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(RowDelegate(pictures, self))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.menu_wanted)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(row_height(self.fontMetrics()))
        head = self.horizontalHeader()
        head.setSectionResizeMode(LibraryColumn.NAME, QHeaderView.ResizeMode.Stretch)
        head.setHighlightSections(False)
        # A head asks of every row whether a whole column is selected, even where it shows nothing of it.
        head.setSelectionModel(QItemSelectionModel(model, head))
        head.setSortIndicator(LibraryColumn.CREATED, Qt.SortOrder.DescendingOrder)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)
        self.setSortingEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.FontChange:
            self.verticalHeader().setDefaultSectionSize(row_height(self.fontMetrics()))
            wider = max(1.0, self.fontMetrics().averageCharWidth() / 8)
            for column, width in _WIDTHS.items():
                self.setColumnWidth(column, int(width * wider))
            self._fit()
        super().changeEvent(event)

    def _fit(self) -> None:
        """Only as many columns as leave the name enough room."""
        room = self.viewport().width() - _NAME_NEEDS - sum(self._width(column) for column in _WIDTHS)
        for column in _LEAVES:
            hidden = room < 0
            self.setColumnHidden(column, hidden)
            if hidden:
                room += self._width(column)

    def _width(self, column: LibraryColumn) -> int:
        """Also of a column that is hidden now."""
        wider = max(1.0, self.fontMetrics().averageCharWidth() / 8)
        return int(_WIDTHS[column] * wider)


class Chosen:
    """What is chosen in views of one model that share a selection; kept by ids over a reset."""

    def __init__(self, model: LibraryModel, selection: QItemSelectionModel) -> None:
        self._model, self._selection = model, selection
        self._kept: tuple[list[str], str] = ([], "")
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)

    def files(self) -> list[LibraryFile]:
        """In the order of the list."""
        selection = self._selection.selection()
        spans = [selection.at(number) for number in range(selection.count())]
        rows = sorted({row for span in spans for row in range(span.top(), span.bottom() + 1)})
        return [self._model.file_at(row) for row in rows]

    def choose(self, ids: Sequence[str]) -> None:
        """These, as far as they are shown, and nothing else."""
        flag = QItemSelectionModel.SelectionFlag
        selection = QItemSelection()
        last = len(LibraryColumn) - 1
        for row in sorted(row for one in ids if (row := self._model.row_of(one)) is not None):
            selection.append(QItemSelection(self._model.index(row, 0), self._model.index(row, last)).at(0))
        self._selection.select(selection, flag.ClearAndSelect)

    def _keep(self) -> None:
        current = self._selection.currentIndex()
        at = self._model.file_at(current.row()).file_id if current.isValid() else ""
        self._kept = [one.file_id for one in self.files()], at

    def _restore(self) -> None:
        ids, at = self._kept
        row = self._model.row_of(at) if at else None
        if row is not None:
            index = self._model.index(row, 0)
            self._selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        if ids:
            self.choose(ids)
