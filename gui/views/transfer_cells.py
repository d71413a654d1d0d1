"""How the cells of the list of transfers are painted."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import theme
from gui.models import cells, words
from gui.models.order import Column
from gui.models.transfers import TRANSFER_ROLE
from gui.theme import Colours
from gui.transfer.transfers import State, Transfer
from gui.views import icons, kinds

_PAD, _ICON, _BAR, _DOT = 10, 22, 6, 8
#: As numbers: this is asked for every cell, and Qt's flags are slow in Python.
_SELECTED = QStyle.StateFlag.State_Selected.value
_POINTED_AT = QStyle.StateFlag.State_MouseOver.value
_FOCUSED = QStyle.StateFlag.State_HasFocus.value
Index = QModelIndex | QPersistentModelIndex


class TransferDelegate(QStyledItemDelegate):
    """One for the whole table: what is painted depends on the column."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, row_height(option))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        transfer: Transfer = index.data(TRANSFER_ROLE)
        colours = theme.colours_of(theme.application().palette())
        painter.save()
        _background(painter, option, colours)
        area = QRect(option.rect).adjusted(_PAD, 0, -_PAD, 0)
        match Column(index.column()):
            case Column.NAME:
                _name(painter, area, transfer, colours)
            case Column.PROGRESS:
                _progress(painter, area, transfer, colours)
            case Column.STATE:
                _state(painter, area, transfer, colours)
            case Column.LINK:
                _link(painter, area, transfer, colours)
            case column:
                painter.setPen(QColor(colours.ink if column is Column.SIZE else colours.faint))
                flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(area, flags, cells.text(transfer, column))
        painter.restore()


def row_height(option: QStyleOptionViewItem) -> int:
    """Two lines of text with room around them."""
    return int(option.fontMetrics.height() * 2 + 18)


def colour_of(transfer: Transfer, colours: Colours) -> str:
    """What a state is marked with."""
    if transfer.state is State.DONE:
        return colours.good
    if transfer.state is State.FAILED:
        return colours.bad
    if transfer.state in (State.SUSPENDED, State.PAUSED):
        return colours.warn
    return colours.accent if transfer.active else colours.faint


def _background(painter: QPainter, option: QStyleOptionViewItem, colours: Colours) -> None:
    state = option.state.value
    if state & _SELECTED:
        painter.fillRect(option.rect, QColor(colours.chosen))
    elif state & _POINTED_AT:
        painter.fillRect(option.rect, QColor(colours.hover))
    painter.setPen(QPen(QColor(colours.line), 1))
    bottom = option.rect.bottom()
    painter.drawLine(option.rect.left(), bottom, option.rect.right(), bottom)
    if state & _FOCUSED:
        painter.setPen(QPen(QColor(colours.accent), 2))
        painter.drawRect(option.rect.adjusted(1, 1, -2, -2))


def _name(painter: QPainter, area: QRect, transfer: Transfer, colours: Colours) -> None:
    ratio = painter.device().devicePixelRatioF()
    picture = icons.pixmap(kinds.icon_of(transfer.name), colours.faint, _ICON, ratio)
    painter.drawPixmap(area.left(), area.center().y() - _ICON // 2, picture)
    _lines(painter, area.adjusted(_ICON + _PAD, 0, 0, 0), transfer.name, transfer.folder, colours.ink, colours)


def _progress(painter: QPainter, area: QRect, transfer: Transfer, colours: Colours) -> None:
    done = cells.progress(transfer)
    text_width = painter.fontMetrics().horizontalAdvance("100 %")
    painter.setPen(QColor(colours.faint))
    painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{done} %")
    bar = QRectF(area.left(), area.center().y() - _BAR / 2 + 1, area.width() - text_width - _PAD, _BAR)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.line))
    painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
    if done and transfer.state is not State.CANCELLED:
        bar.setWidth(max(_BAR, bar.width() * done / 100))
        painter.setBrush(QColor(colour_of(transfer, colours)))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)


def _state(painter: QPainter, area: QRect, transfer: Transfer, colours: Colours) -> None:
    colour = colour_of(transfer, colours)
    word = words.state_word(transfer)
    reason = "" if transfer.reason.rstrip(".") == word else transfer.reason
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    metrics = painter.fontMetrics()
    middle = area.center().y() - (metrics.height() // 2 if reason else 0)
    painter.drawEllipse(area.left(), middle - _DOT // 2, _DOT, _DOT)
    painter.restore()
    where = area.adjusted(_DOT + _PAD - 2, 0, 0, 0)
    ink = colour if transfer.state in (State.FAILED, State.SUSPENDED) else colours.ink
    _lines(painter, where, word, reason, ink, colours)


def _link(painter: QPainter, area: QRect, transfer: Transfer, colours: Colours) -> None:
    text = cells.text(transfer, Column.LINK).partition("://")[2]
    if not text:
        return
    ratio = painter.device().devicePixelRatioF()
    painter.drawPixmap(area.left(), area.center().y() - 8, icons.pixmap("copy", colours.accent, 16, ratio))
    area.adjust(16 + _PAD - 3, 0, 0, 0)
    painter.setPen(QColor(colours.accent))
    short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, short)


def _lines(painter: QPainter, area: QRect, first: str, second: str, ink: str, colours: Colours) -> None:
    """One line in the middle, or two with the second one paler and smaller."""
    metrics = painter.fontMetrics()
    painter.setPen(QColor(ink))
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    mode = Qt.TextElideMode.ElideMiddle
    upper = QRect(area)
    if second:
        upper.setHeight(metrics.height())
        upper.moveBottom(area.center().y())
    painter.drawText(upper, flags, metrics.elidedText(_one_line(first), mode, area.width()))
    if not second:
        return
    small = QFont(painter.font())
    small.setPointSizeF(small.pointSizeF() * 0.92)
    painter.setFont(small)
    painter.setPen(QColor(colours.faint))
    lower = QRect(area.left(), area.center().y() + 2, area.width(), metrics.height())
    # Of a sentence that begins with a path, the end says more.
    mode = mode if second.startswith(("/", "\\")) else Qt.TextElideMode.ElideRight
    cut = painter.fontMetrics().elidedText(_one_line(second), mode, area.width())
    painter.drawText(lower, flags, cut)


def _one_line(text: str) -> str:
    """A name may hold line breaks; a row has one line for it."""
    return " ".join(text.split("\n"))
