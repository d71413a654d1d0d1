"""The library as tiles: every tile is equally large, so where one stands is arithmetic, however many there are."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QFrame, QStyle, QStyleOptionViewItem, QWidget

Index = QModelIndex | QPersistentModelIndex
_GAP = 12


class TileGrid(QAbstractItemView):
    """Column 0 of a table model, from left to right and top to bottom. Painting is the delegate's."""

    menu_wanted = Signal(QPoint)

    def __init__(self, tile: QSize, parent: QWidget | None = None) -> None:
        """tile: the least size; the tiles of a row share its whole width."""
        super().__init__(parent)
        self._least = tile
        # The tiles lie on the page itself.
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self.menu_wanted)
        self.setMouseTracking(True)
        self._hovered = QPersistentModelIndex()
        self.entered.connect(self._hover)

    def set_tile(self, tile: QSize) -> None:
        self._least = tile
        self.updateGeometries()
        self.viewport().update()

    @property
    def columns(self) -> int:
        """How many tiles are in a row."""
        return max(1, (self.viewport().width() - _GAP) // (self._least.width() + _GAP))

    def _count(self) -> int:
        return self.model().rowCount() if self.model() else 0

    def _tile(self) -> QSize:
        columns = self.columns
        width = (self.viewport().width() - _GAP * (columns + 1)) // columns
        return QSize(max(self._least.width() // 2, width), self._least.height())

    def _place(self, row: int) -> QRect:
        """In the contents, not the viewport."""
        tile, columns = self._tile(), self.columns
        left = _GAP + (row % columns) * (tile.width() + _GAP)
        return QRect(QPoint(left, _GAP + (row // columns) * (tile.height() + _GAP)), tile)

    # What QAbstractItemView asks of its kind.

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        return self._place(index.row()).translated(0, -self.verticalOffset())

    def indexAt(self, point: QPoint) -> QModelIndex:
        tile, columns = self._tile(), self.columns
        at = point + QPoint(0, self.verticalOffset())
        line, column = (at.y() - _GAP) // (tile.height() + _GAP), (at.x() - _GAP) // (tile.width() + _GAP)
        row = line * columns + column
        if not (0 <= column < columns and 0 <= row < self._count() and self._place(row).contains(at)):
            return QModelIndex()
        return self.model().index(row, 0)

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid():
            return
        place, bar, height = self._place(index.row()), self.verticalScrollBar(), self.viewport().height()
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(place.center().y() - height // 2)
        elif place.top() - _GAP < bar.value() or hint is QAbstractItemView.ScrollHint.PositionAtTop:
            bar.setValue(place.top() - _GAP)
        elif place.bottom() + _GAP > bar.value() + height:
            bar.setValue(place.bottom() + _GAP - height)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return index.column() != 0

    def moveCursor(self, cursorAction: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count, columns, action = self._count(), self.columns, QAbstractItemView.CursorAction
        if not count:
            return QModelIndex()
        current = self.currentIndex()
        if not current.isValid():
            return self.model().index(0, 0)
        page = max(1, self.viewport().height() // (self._tile().height() + _GAP)) * columns
        steps = {
            action.MoveLeft: -1, action.MovePrevious: -1, action.MoveRight: 1, action.MoveNext: 1,
            action.MoveUp: -columns, action.MoveDown: columns,
            action.MovePageUp: -page, action.MovePageDown: page,
            action.MoveHome: -count, action.MoveEnd: count,
        }  # fmt: skip
        wanted = current.row() + steps[cursorAction]
        if not 0 <= wanted < count and cursorAction in (action.MoveUp, action.MoveDown):
            wanted = current.row() if wanted < 0 or current.row() // columns == (count - 1) // columns else count - 1
        return self.model().index(min(max(0, wanted), count - 1), 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        selection = QItemSelection()
        area = rect.normalized().translated(0, self.verticalOffset())
        for first, last in self._rows_in(area):
            selection.merge(
                QItemSelection(self.model().index(first, 0), self.model().index(last, 0)),
                QItemSelectionModel.SelectionFlag.Select,
            )
        self.selectionModel().select(selection, command | QItemSelectionModel.SelectionFlag.Rows)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Only what can be seen: all of a hundred thousand tiles would be no region that a screen needs."""
        region = QRegion()
        for row in self._visible():
            index = self.model().index(row, 0)
            if selection.contains(index):
                region += QRegion(self.visualRect(index))
        return region

    def updateGeometries(self) -> None:
        tile, columns = self._tile(), self.columns
        lines = -(-self._count() // columns)
        height = _GAP + lines * (tile.height() + _GAP)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(1, tile.height() // 3))
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The tile that was at the top stays there."""
        old = max(1, (event.oldSize().width() - _GAP) // (self._least.width() + _GAP))
        line = self.verticalOffset() // (self._least.height() + _GAP)
        super().resizeEvent(event)
        self.updateGeometries()
        if line and old != self.columns:
            self.verticalScrollBar().setValue(line * old // self.columns * (self._least.height() + _GAP))

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self._change()

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        super().rowsAboutToBeRemoved(parent, start, end)
        self.scheduleDelayedItemsLayout()

    def dataChanged(self, topLeft: Index, bottomRight: Index, roles: Sequence[int] = ()) -> None:
        super().dataChanged(topLeft, bottomRight, roles)
        self.viewport().update()

    def reset(self) -> None:
        super().reset()
        self._change()

    def _change(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        delegate = self.itemDelegate()
        selected, current = self.selectionModel(), self.currentIndex()
        focused = self.hasFocus()
        for row in self._visible():
            index = self.model().index(row, 0)
            option = QStyleOptionViewItem()
            self.initViewItemOption(option)
            option.rect = self.visualRect(index)
            state = QStyle.StateFlag.State_Enabled
            if selected.isSelected(index):
                state |= QStyle.StateFlag.State_Selected
            if index == current and focused:
                state |= QStyle.StateFlag.State_HasFocus
            if self._hovered == index:
                state |= QStyle.StateFlag.State_MouseOver
            option.state = state
            assert isinstance(delegate, QAbstractItemDelegate)
            delegate.paint(painter, option, index)

    def _hover(self, index: QModelIndex) -> None:
        self._hovered = QPersistentModelIndex(index)
        self.viewport().update()

    def _visible(self) -> range:
        """Rows that are on the screen, at least in part."""
        tile, columns = self._tile(), self.columns
        line = tile.height() + _GAP
        first = max(0, (self.verticalOffset() - _GAP) // line) * columns
        last = ((self.verticalOffset() + self.viewport().height()) // line + 1) * columns
        return range(first, min(last, self._count()))

    def _rows_in(self, area: QRect) -> list[tuple[int, int]]:
        """Spans of rows whose tiles touch an area of the contents."""
        tile, columns, count = self._tile(), self.columns, self._count()
        width, height = tile.width() + _GAP, tile.height() + _GAP
        left = max(0, (area.left()) // width)
        right = min(columns - 1, max(0, area.right() - _GAP) // width)
        spans = []
        for line in range(max(0, area.top() // height), max(0, area.bottom() - _GAP) // height + 1):
            first, last = line * columns + left, min(line * columns + right, count - 1)
            if first <= last:
                spans.append((first, last))
        return spans
