"""The list of transfers: what is chosen in it, and what is asked for it by mouse, menu and keys."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyleOptionViewItem, QTableView

from gui.models.order import Column
from gui.models.transfers import TransfersModel, spans
from gui.transfer.transfers import Transfer
from gui.views.transfer_cells import TransferDelegate, row_height

#: The longest that usually stands in a column, and how many pixels its picture and margins take.
_SAMPLES = {
    Column.SIZE: ("999.9 MB", 24),
    Column.PROGRESS: ("100 %", 108),
    Column.SPEED: ("999.9 MB/s", 24),
    Column.REMAINING: ("59 min 59 s", 28),
    Column.STATE: ("A reason in some words", 40),
    Column.LINK: ("studio.local/2b99cbe0", 44),
}
#: What goes first where there is no room; the details beside the list have all of it.
_LEAVES = (Column.LINK, Column.REMAINING, Column.SPEED, Column.SIZE)
_NAME_NEEDS = "A long name of a file.mp4"


class TransferTable(QTableView):
    """`chosen` tells that other rows are selected; `link_wanted` that a link was clicked, or Ctrl+C pressed."""

    chosen = Signal()
    link_wanted = Signal(list)
    menu_wanted = Signal(QPoint)

    def __init__(self, model: TransfersModel) -> None:
        super().__init__()
        self._rows = model
        self._widths: dict[Column, int] = {}
        self._kept: tuple[list[int], int] = ([], 0)
        self.setModel(model)
        self.setItemDelegate(TransferDelegate(self))
        self.setAccessibleName(self.tr("Transfers"))
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.menu_wanted)
        self._prepare_headers()
        self.selectionModel().selectionChanged.connect(self.chosen)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)

    def selected(self) -> list[Transfer]:
        """In the order of the list."""
        selection = self.selectionModel().selection()
        spans = [selection.at(number) for number in range(selection.count())]
        rows = sorted({row for span in spans for row in range(span.top(), span.bottom() + 1)})
        return [self._rows.transfer_at(row) for row in rows]

    def chosen_count(self) -> int:
        """How many rows are selected, at most: without looking at each."""
        selection = self.selectionModel().selection()
        return sum(selection.at(number).height() for number in range(selection.count()))

    def select(self, ids: Sequence[int]) -> None:
        """Choose these, as far as they are shown, and nothing else."""
        selection = QItemSelection()
        last = len(Column) - 1
        for first, final in spans(sorted(row for one in ids if (row := self._rows.row_of(one)) is not None)):
            selection.merge(
                QItemSelection(self._rows.index(first, 0), self._rows.index(final, last)),
                QItemSelectionModel.SelectionFlag.Select,
            )
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def reveal(self, transfer_id: int) -> None:
        """Scroll to one, if it is shown."""
        row = self._rows.row_of(transfer_id)
        if row is not None:
            self.scrollTo(self._rows.index(row, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.link_wanted.emit(self.selected())
            event.accept()
            return
        super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over_link = self._link_at(event.position().toPoint()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over_link else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        transfer = self._link_at(event.position().toPoint())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if transfer is not None and plain and event.button() is Qt.MouseButton.LeftButton:
            self.link_wanted.emit([transfer])

    def _grow(self) -> None:
        """The rows grow with the text."""
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        self.verticalHeader().setDefaultSectionSize(row_height(option))
        for column, (sample, more) in _SAMPLES.items():
            self._widths[column] = self.fontMetrics().horizontalAdvance(sample) + more
            self.setColumnWidth(column, self._widths[column])

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.FontChange:
            self._grow()
            self._fit()
        super().changeEvent(event)

    def _fit(self) -> None:
        """Only as many columns as leave the name enough room."""
        name = self.fontMetrics().horizontalAdvance(_NAME_NEEDS) + 40
        room = self.viewport().width() - name - sum(self._width(column) for column in _SAMPLES)
        for column in _LEAVES:
            hidden = room < 0
            if self.isColumnHidden(column) != hidden:
                self.setColumnHidden(column, hidden)
            room += self._width(column) if hidden else 0

    def _width(self, column: Column) -> int:
        """Also of one that is hidden now."""
        return self.columnWidth(column) or self._widths[column]

    def _prepare_headers(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._grow()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(60)
        columns.setSectionsMovable(True)
        columns.setSortIndicatorClearable(True)
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        columns.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)

    def _link_at(self, point: QPoint) -> Transfer | None:
        index = self.indexAt(point)
        if not index.isValid() or index.column() != Column.LINK:
            return None
        transfer = self._rows.transfer_at(index.row())
        return transfer if transfer.links is not None else None

    def _keep(self) -> None:
        current = self.currentIndex()
        now = self._rows.transfer_at(current.row()).id if current.isValid() else 0
        self._kept = [one.id for one in self.selected()], now

    def _restore(self) -> None:
        ids, now = self._kept
        row = self._rows.row_of(now) if now else None
        if row is not None:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._rows.index(row, 0, QModelIndex()), flag)
        self.select(ids)
        self.chosen.emit()
