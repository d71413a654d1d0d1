"""What stands in each cell of the list of transfers, as text, for the eye and for a screen reader."""

from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt

from gui.models import words
from gui.models.order import Column
from gui.transfer.transfers import State, Transfer

_HEADINGS = {
    Column.NAME: str(QT_TRANSLATE_NOOP("Columns", "Name")),
    Column.SIZE: str(QT_TRANSLATE_NOOP("Columns", "Size")),
    Column.PROGRESS: str(QT_TRANSLATE_NOOP("Columns", "Progress")),
    Column.SPEED: str(QT_TRANSLATE_NOOP("Columns", "Speed")),
    Column.REMAINING: str(QT_TRANSLATE_NOOP("Columns", "Remaining")),
    Column.STATE: str(QT_TRANSLATE_NOOP("Columns", "State")),
    Column.LINK: str(QT_TRANSLATE_NOOP("Columns", "Link")),
}
_RIGHT = frozenset({Column.SIZE, Column.SPEED, Column.REMAINING})
_TO_THE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TO_THE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def heading(column: Column, role: int) -> Any:
    """The head of a column."""
    if role == Qt.ItemDataRole.DisplayRole:
        return QCoreApplication.translate("Columns", _HEADINGS[column])
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return _TO_THE_RIGHT if column in _RIGHT else _TO_THE_LEFT
    return None


def cell(transfer: Transfer, column: Column, role: int) -> Any:
    """One cell, for Qt's roles."""
    if role == Qt.ItemDataRole.DisplayRole:
        return text(transfer, column)
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return _TO_THE_RIGHT if column in _RIGHT else _TO_THE_LEFT
    if role == Qt.ItemDataRole.ToolTipRole:
        return _tip(transfer, column)
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return f"{heading(column, Qt.ItemDataRole.DisplayRole)}: {_tip(transfer, column) or text(transfer, column)}"
    return None


def text(transfer: Transfer, column: Column) -> str:
    """The short form."""
    match column:
        case Column.NAME:
            return transfer.name
        case Column.SIZE:
            return words.size(transfer.size)
        case Column.PROGRESS:
            return f"{progress(transfer)} %"
        case Column.SPEED:
            return words.speed(transfer.speed) if transfer.active else ""
        case Column.REMAINING:
            return words.remaining(transfer.remaining_s) if transfer.active else ""
        case Column.STATE:
            return words.state_word(transfer)
        case Column.LINK:
            return (transfer.links.page or transfer.links.video_url) if transfer.links else ""


def progress(transfer: Transfer) -> int:
    """In percent; what is done is whole, also where nothing had to be sent."""
    return 100 if transfer.state is State.DONE else min(99, words.percent(transfer.sent, transfer.size))


def _tip(transfer: Transfer, column: Column) -> str:
    match column:
        case Column.NAME:
            return f"{transfer.folder}/{transfer.name}" if transfer.folder else transfer.name
        case Column.STATE:
            word = words.state_word(transfer)
            return f"{word}: {transfer.reason}" if transfer.reason else word
        case Column.LINK:
            return text(transfer, column)
        case _:
            return ""
