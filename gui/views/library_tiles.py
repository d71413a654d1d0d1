"""How the tiles and the rows of the library are painted."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.models import library_cells, words
from gui.models.library import FILE_ROLE
from gui.models.library_order import LibraryColumn
from gui.theme import Colours
from gui.transfer.library.files import LibraryFile
from gui.views import icons

Index = QModelIndex | QPersistentModelIndex
#: Gives a file's picture, if it is here.
Pictures = Callable[[LibraryFile], QPixmap | None]

_PAD, _ROUND, _ICON, _BADGE = 8, 9, 40, 16
_PICTURE = QSize(184, 116)
_ROW_PICTURE = QSize(54, 34)


def tile_size(metrics: QFontMetrics) -> QSize:
    """The picture, and two lines of text below it."""
    return QSize(_PICTURE.width() + 2 * _PAD, _PICTURE.height() + 2 * _PAD + 2 * metrics.height() + 12)


def row_height(metrics: QFontMetrics) -> int:
    return max(_ROW_PICTURE.height() + 10, 2 * metrics.height() + 12)


class TileDelegate(QStyledItemDelegate):
    """A picture, the name, and what one wants to know at a glance."""

    def __init__(self, pictures: Pictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        one: LibraryFile = index.data(FILE_ROLE)
        colours = theme.colours_of(theme.application().palette())
        area = QRect(option.rect)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        _card(painter, area, option, colours)
        inner = area.adjusted(_PAD, _PAD, -_PAD, -_PAD)
        metrics = option.fontMetrics
        place = QRect(inner.topLeft(), QSize(inner.width(), inner.height() - 2 * metrics.height() - 12))
        _picture(painter, place, one, self._pictures(one), colours, _ICON)
        _badges(painter, place, one, option.font, colours)
        _texts(painter, QRect(inner.left(), place.bottom() + 7, inner.width(), 2 * metrics.height() + 4), one, colours)
        painter.restore()


class RowDelegate(QStyledItemDelegate):
    """The cells of the list; a small picture before the name."""

    def __init__(self, pictures: Pictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, row_height(option.fontMetrics))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        one: LibraryFile = index.data(FILE_ROLE)
        column = LibraryColumn(index.column())
        colours = theme.colours_of(theme.application().palette())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        _row_ground(painter, option, colours)
        area = QRect(option.rect).adjusted(10, 0, -10, 0)
        if column is LibraryColumn.NAME:
            top = area.center().y() - _ROW_PICTURE.height() // 2
            place = QRect(QPoint(area.left(), top), _ROW_PICTURE)
            _picture(painter, place, one, self._pictures(one), colours, 20)
            area.setLeft(place.right() + 12)
        painter.setPen(QColor(_ink(one, column, colours)))
        text = library_cells.text(one, column).replace("\n", " ")
        mode = Qt.TextElideMode.ElideMiddle if column is LibraryColumn.NAME else Qt.TextElideMode.ElideRight
        if column is LibraryColumn.NAME and one.private:
            badge = icons.pixmap("lock", colours.faint, _BADGE, painter.device().devicePixelRatioF())
            painter.drawPixmap(area.right() - _BADGE, area.center().y() - _BADGE // 2, badge)
            area.setRight(area.right() - _BADGE - 6)
        shown = option.fontMetrics.elidedText(text, mode, area.width())
        painter.drawText(area, library_cells.alignment(column), shown)
        painter.restore()


def _ink(one: LibraryFile, column: LibraryColumn, colours: Colours) -> str:
    if column is LibraryColumn.STATE and one.state == "errored":
        return colours.bad
    return colours.ink if column in (LibraryColumn.NAME, LibraryColumn.SIZE) else colours.faint


def _card(painter: QPainter, area: QRect, option: QStyleOptionViewItem, colours: Colours) -> None:
    selected = bool(option.state & QStyle.StateFlag.State_Selected)
    over = bool(option.state & QStyle.StateFlag.State_MouseOver)
    focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
    painter.setBrush(QColor(colours.chosen if selected else colours.hover if over else colours.card))
    edge = colours.accent if selected or focused else colours.line
    painter.setPen(QPen(QColor(edge), 2 if focused else 1))
    painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), _ROUND, _ROUND)


def _row_ground(painter: QPainter, option: QStyleOptionViewItem, colours: Colours) -> None:
    area = QRect(option.rect)
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(area, QColor(colours.chosen))
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(area, QColor(colours.hover))
    painter.setPen(QPen(QColor(colours.line), 1))
    painter.drawLine(area.left(), area.bottom(), area.right(), area.bottom())
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(QColor(colours.accent), 2))
        painter.drawRect(area.adjusted(1, 1, -2, -2))


def _picture(
    painter: QPainter, place: QRect, one: LibraryFile, picture: QPixmap | None, colours: Colours, icon: int
) -> None:
    """The picture as large as it fits, or the icon of its kind."""
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(place), 5, 5)
    painter.save()
    painter.setClipPath(shape)
    painter.fillRect(place, QColor(colours.sunken))
    if picture is not None:
        size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        where = QRect(QPoint(0, 0), size)
        where.moveCenter(place.center())
        painter.drawPixmap(where, picture)
    else:
        drawn = icons.pixmap(library_cells.icon_of(one), colours.faint, icon, painter.device().devicePixelRatioF())
        painter.drawPixmap(place.center().x() - icon // 2, place.center().y() - icon // 2, drawn)
    painter.restore()


def _badges(painter: QPainter, place: QRect, one: LibraryFile, font: QFont, colours: Colours) -> None:
    """The length at the lower right; at the upper left what is not as usual."""
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.88)
    painter.setFont(small)
    length = library_cells.length(one.duration)
    if length:
        _badge(painter, place, length, "#ffffff", QColor(0, 0, 0, 170), Qt.AlignmentFlag.AlignRight)
    if one.state != "ready":
        ink = colours.bad if one.state == "errored" else colours.ink
        _badge(painter, place, library_cells.state_word(one), ink, QColor(colours.card), Qt.AlignmentFlag.AlignLeft)
    if one.private:
        where = QRect(place.right() - _BADGE - 9, place.top() + 5, _BADGE + 4, _BADGE + 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.card))
        painter.drawRoundedRect(where, 4, 4)
        drawn = icons.pixmap("lock", colours.ink, _BADGE, painter.device().devicePixelRatioF())
        painter.drawPixmap(where.left() + 2, where.top() + 2, drawn)
    painter.setFont(font)


def _badge(painter: QPainter, place: QRect, text: str, ink: str, ground: QColor, side: Qt.AlignmentFlag) -> None:
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 10, metrics.height() + 2
    if side is Qt.AlignmentFlag.AlignRight:
        where = QRect(place.right() - width - 5, place.bottom() - height - 5, width, height)
    else:
        where = QRect(place.left() + 5, place.top() + 5, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(where, 4, 4)
    painter.setPen(QColor(ink))
    painter.drawText(where, Qt.AlignmentFlag.AlignCenter, text)


def _texts(painter: QPainter, area: QRect, one: LibraryFile, colours: Colours) -> None:
    metrics = painter.fontMetrics()
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
    painter.setPen(QColor(colours.ink))
    name = metrics.elidedText(one.name.replace("\n", " "), Qt.TextElideMode.ElideMiddle, area.width())
    painter.drawText(area, flags, name)
    painter.setPen(QColor(colours.faint))
    facts = " · ".join(part for part in (words.size(one.size), _dimensions(one), one.folder) if part)
    below = area.adjusted(0, metrics.height() + 2, 0, 0)
    painter.drawText(below, flags, metrics.elidedText(facts, Qt.TextElideMode.ElideRight, area.width()))


def _dimensions(one: LibraryFile) -> str:
    return f"{one.width}×{one.height}" if one.width and one.height else ""
