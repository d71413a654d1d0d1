"""The tree of folders beside the library."""

from PySide6.QtCore import QLocale, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from gui import theme
from gui.models.folders import COUNT_ROLE, FOLDER_ROLE, ICON_ROLE, FolderModel
from gui.views import icons

Index = QModelIndex | QPersistentModelIndex
_ICON = 18


class FolderTree(QTreeView):
    """`chosen` gives the folder, '' for everything, or `folders.TRASH`."""

    chosen = Signal(str)
    menu_wanted = Signal(str, QPoint)

    def __init__(self, model: FolderModel) -> None:
        super().__init__()
        self._folders = model
        self.setModel(model)
        self.setItemDelegate(_FolderDelegate(self))
        self.setAccessibleName(self.tr("Folders"))
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        self.setMinimumWidth(150)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.expand(model.top.index())
        self.choose("")
        self.selectionModel().currentChanged.connect(self._tell)

    @property
    def folder(self) -> str:
        """What is chosen."""
        return str(self.currentIndex().data(FOLDER_ROLE) or "")

    def choose(self, folder: str) -> None:
        """Nothing happens where there is no such folder."""
        item = self._folders.item_of(folder)
        if item is not None:
            self.setCurrentIndex(item.index())

    def _tell(self, current: QModelIndex) -> None:
        self.chosen.emit(str(current.data(FOLDER_ROLE) or ""))

    def _open_menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self.menu_wanted.emit(str(index.data(FOLDER_ROLE) or ""), self.viewport().mapToGlobal(point))


class _FolderDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, option.fontMetrics.height() + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = theme.colours_of(theme.application().palette())
        area = QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or over:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.chosen if selected else colours.hover))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 2, -1, -2), 6, 6)
        ratio = painter.device().devicePixelRatioF()
        drawn = icons.pixmap(str(index.data(ICON_ROLE)), colours.accent if selected else colours.faint, _ICON, ratio)
        painter.drawPixmap(area.left() + 6, area.center().y() - _ICON // 2 + 1, drawn)
        area.adjust(_ICON + 14, 0, -8, 0)
        files = int(index.data(COUNT_ROLE) or 0)
        count = QLocale().toString(files) if files else ""
        painter.setPen(QColor(colours.faint))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        area.setRight(area.right() - option.fontMetrics.horizontalAdvance(count) - 8)
        painter.setPen(QColor(colours.ink))
        name = option.fontMetrics.elidedText(str(index.data()), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()
