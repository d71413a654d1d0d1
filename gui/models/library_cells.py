"""What stands in each cell of the library's list, as text, for the eye and for a screen reader."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QDateTime, QLocale, Qt

from gui.models import words
from gui.models.library_order import LibraryColumn
from gui.transfer.library.files import LibraryFile

_HEADINGS: Mapping[LibraryColumn, str] = {
    LibraryColumn.NAME: str(QT_TRANSLATE_NOOP("LibraryColumns", "Name")),
    LibraryColumn.SIZE: str(QT_TRANSLATE_NOOP("LibraryColumns", "Size")),
    LibraryColumn.DURATION: str(QT_TRANSLATE_NOOP("LibraryColumns", "Length")),
    LibraryColumn.FOLDER: str(QT_TRANSLATE_NOOP("LibraryColumns", "Folder")),
    LibraryColumn.TAGS: str(QT_TRANSLATE_NOOP("LibraryColumns", "Tags")),
    LibraryColumn.CREATED: str(QT_TRANSLATE_NOOP("LibraryColumns", "Added")),
    LibraryColumn.STATE: str(QT_TRANSLATE_NOOP("LibraryColumns", "State")),
}
_STATES: Mapping[str, str] = {
    "waiting": str(QT_TRANSLATE_NOOP("FileState", "Being sent")),
    "uploaded": str(QT_TRANSLATE_NOOP("FileState", "Uploaded")),
    "processing": str(QT_TRANSLATE_NOOP("FileState", "Processing")),
    "ready": str(QT_TRANSLATE_NOOP("FileState", "Ready")),
    "errored": str(QT_TRANSLATE_NOOP("FileState", "Trouble")),
    "trashed": str(QT_TRANSLATE_NOOP("FileState", "In the trash")),
}
_KINDS: Mapping[str, str] = {"video": "film", "audio": "sound", "image": "picture", "file": "file"}
_RIGHT = frozenset({LibraryColumn.SIZE, LibraryColumn.DURATION})
_TO_THE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TO_THE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def heading(column: LibraryColumn, role: int) -> Any:
    """The head of a column."""
    if role == Qt.ItemDataRole.DisplayRole:
        return QCoreApplication.translate("LibraryColumns", _HEADINGS[column])
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return alignment(column)
    return None


def cell(one: LibraryFile, column: LibraryColumn, role: int) -> Any:
    """One cell, for Qt's roles."""
    if role == Qt.ItemDataRole.DisplayRole:
        return text(one, column)
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return alignment(column)
    if role == Qt.ItemDataRole.ToolTipRole:
        return one.trouble if column is LibraryColumn.STATE else None
    if role == Qt.ItemDataRole.AccessibleTextRole:
        if column is LibraryColumn.NAME:
            return spoken(one)
        return f"{heading(column, Qt.ItemDataRole.DisplayRole)}: {text(one, column)}"
    return None


def alignment(column: LibraryColumn) -> Qt.AlignmentFlag:
    return _TO_THE_RIGHT if column in _RIGHT else _TO_THE_LEFT


def text(one: LibraryFile, column: LibraryColumn) -> str:
    """The short form."""
    match column:
        case LibraryColumn.NAME:
            return one.name
        case LibraryColumn.SIZE:
            return words.size(one.size)
        case LibraryColumn.DURATION:
            return length(one.duration)
        case LibraryColumn.FOLDER:
            return one.folder
        case LibraryColumn.TAGS:
            return ", ".join(one.tags)
        case LibraryColumn.CREATED:
            return day(one.created_at)
        case LibraryColumn.STATE:
            return state_word(one)


def state_word(one: LibraryFile) -> str:
    return QCoreApplication.translate("FileState", _STATES.get(one.state, one.state))


def icon_of(one: LibraryFile) -> str:
    """A name of `gui.views.icons`."""
    return _KINDS.get(one.kind, "file")


def length(seconds: float | None) -> str:
    """'1:02:03', '0:05'; '' where there is none."""
    if not seconds:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"


def day(instant: str) -> str:
    """RFC 3339 as a local date and time, as this system writes them."""
    at = QDateTime.fromString(instant, Qt.DateFormat.ISODateWithMs).toLocalTime()
    return QLocale().toString(at, QLocale.FormatType.ShortFormat) if at.isValid() else ""


def spoken(one: LibraryFile) -> str:
    """A file in one sentence, for a screen reader."""
    return ", ".join(part for part in (one.name, length(one.duration), words.size(one.size), state_word(one)) if part)
