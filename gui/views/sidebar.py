"""The side of the window: its pages, and below them the appliance that drops go to."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.desk import Desk
from gui.transfer.errors import NotConfigured
from gui.views import icons
from gui.views.icons import set_icon
from gui.views.parts import label

_PAD, _ICON, _GAP, _ROUND = 12, 20, 12, 8
_NAME_ROLE = int(Qt.ItemDataRole.UserRole)
_LONGEST_NAME = 20


class Sidebar(QWidget):
    """`turned` gives the row of the page that was chosen; `connections_wanted` asks where connections are managed."""

    turned = Signal(int)
    connections_wanted = Signal()

    def __init__(self, desk: Desk, entries: Sequence[tuple[str, str]]) -> None:
        """entries: title and icon of each page."""
        super().__init__()
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._list = QListWidget()
        self._list.setObjectName("sidebar")
        self._list.setAccessibleName(self.tr("Pages"))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._list.setItemDelegate(_Entry(self._list))
        for title, icon in entries:
            item = QListWidgetItem(title)
            item.setData(_NAME_ROLE, icon)
            self._list.addItem(item)
        self._list.currentRowChanged.connect(self.turned)
        self.connection = ConnectionButton(desk)
        self.connection.managing.connect(self.connections_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 12)
        layout.setSpacing(4)
        layout.addWidget(self._list, 1)
        below = QVBoxLayout()
        below.setContentsMargins(10, 0, 10, 0)
        below.setSpacing(2)
        caption = label(self.tr("Sending to"), "faint")
        caption.setContentsMargins(8, 0, 0, 0)
        below.addWidget(caption)
        below.addWidget(self.connection)
        layout.addLayout(below)
        self.fit()

    def choose(self, row: int) -> None:
        self._list.setCurrentRow(row)

    def fit(self) -> None:
        """As wide as its font asks for."""
        # The application's, since a widget hears of a new one only later.
        self.setFixedWidth(max(190, QFontMetrics(theme.application().font()).averageCharWidth() * 25))


class ConnectionButton(QPushButton):
    """Names the appliance that drops go to; its menu chooses another."""

    managing = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "quiet")
        self.setObjectName("connection")
        set_icon(self, "appliance")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self.fill)
        self.setMenu(self._menu)
        desk.connection_news.changed.connect(self._show)
        self._show()

    def fill(self) -> None:
        """The menu as it should be now."""
        self._menu.clear()
        chosen = self._desk.connections.default
        for connection in self._desk.connections.all():
            action = self._menu.addAction(connection.name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(chosen is not None and connection.id == chosen.id)
            action.triggered.connect(lambda checked, wanted=connection.id: self._choose(wanted))
        self._menu.addSeparator()
        self._menu.addAction(self.tr("&Connections…"), self.managing.emit)

    def _choose(self, connection: str) -> None:
        try:
            self._desk.connections.choose_default(connection)
        except NotConfigured:
            # It was removed while the menu was open; the next one shows what there is.
            self._show()

    def _show(self) -> None:
        chosen = self._desk.connections.default
        name = chosen.name if chosen is not None else self.tr("No appliance yet")
        short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        self.setText(short.replace("&", "&&"))
        self.setToolTip(f"{name}\n{chosen.api_url}" if chosen is not None else self.tr("Connect to an appliance"))
        self.setAccessibleName(self.tr("Sending to: {name}").format(name=name))


class _Entry(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, option.fontMetrics.height() + 20)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours = theme.colours_of(theme.application().palette())
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5)
        focused = option.state & QStyle.StateFlag.State_HasFocus
        painter.setPen(QPen(QColor(colours.accent), 2) if focused else Qt.PenStyle.NoPen)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(colours.chosen if chosen else colours.hover))
        painter.drawRoundedRect(area, _ROUND, _ROUND)
        ink = colours.accent if chosen else colours.ink
        picture = icons.pixmap(str(index.data(_NAME_ROLE)), ink, _ICON, painter.device().devicePixelRatioF())
        left, middle = option.rect.left() + _PAD, option.rect.center().y()
        painter.drawPixmap(left, middle - _ICON // 2 + 1, picture)
        painter.setPen(QColor(colours.ink))
        words = option.rect.adjusted(_PAD + _ICON + _GAP, 0, -4, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        painter.restore()
