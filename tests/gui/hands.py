"""What a person does with a window, and what they wait for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.program import Program
from gui.transfer.transfers import State, Transfer

Part = TypeVar("Part", bound=QWidget)
PATIENCE_MS = 120_000


def drop(window: QWidget, paths: Sequence[Path]) -> None:
    """Drag them over the window and let go."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, copying = QPointF(window.rect().center()), Qt.DropAction.CopyAction
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QCoreApplication.sendEvent(window, QDragEnterEvent(where.toPoint(), copying, mime, button, keys))
    QCoreApplication.sendEvent(window, QDropEvent(where, copying, mime, button, keys))


def wait(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Until it holds; the window goes on meanwhile."""
    qtbot.waitUntil(condition, timeout=PATIENCE_MS)


def press(widget: QWidget, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """One key, with those that are held."""
    QTest.keyClick(widget, key, keys)


def click(widget: QWidget, where: QPoint | None = None) -> None:
    """The left button, in the middle where nothing else is said."""
    point = where or widget.rect().center()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)


def child(parent: QWidget, kind: type[Part], number: int = 0) -> Part:
    """One of the parts of that kind, in the order in which they were made."""
    return parent.findChildren(kind)[number]


def transfers(program: Program) -> list[Transfer]:
    return list(program.desk.transfers.all())


def all_done(program: Program, count: int) -> bool:
    found = transfers(program)
    return len(found) == count and all(one.state is State.DONE for one in found)


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def focusable(root: QWidget) -> list[QWidget]:
    """What the tabulator stops at, as far as it is visible."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisibleTo(root) and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
