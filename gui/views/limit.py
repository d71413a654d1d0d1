"""How fast it may go: a button with the usual limits, and one's own."""

from dataclasses import replace

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QInputDialog, QMenu, QPushButton, QWidget

from gui.desk import Desk
from gui.models import words
from gui.views.icons import set_icon

_MEGABYTE = 1_000_000
#: In MB a second.
_USUAL = (1, 2, 5, 10, 25, 50, 100)


class LimitButton(QPushButton):
    """Shows the limit and changes it, for everything that is sent, at once."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("role", "quiet")
        set_icon(self, "speed")
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        self._choices: dict[int | None, QAction] = {}
        self._add(None)
        for megabytes in _USUAL:
            self._add(megabytes * _MEGABYTE)
        self._menu.addSeparator()
        self._menu.addAction(self.tr("&Other…"), self._ask)
        self.setMenu(self._menu)
        desk.settings.changed.connect(self._show)
        self._show()

    def choose(self, limit: int | None) -> None:
        """Bytes a second; None for no limit."""
        self._desk.settings.set_options(replace(self._desk.settings.options, limit=limit))

    def _add(self, limit: int | None) -> None:
        action = self._menu.addAction(_said(limit, self.tr("No limit")))
        action.setCheckable(True)
        action.triggered.connect(lambda checked, limit=limit: self.choose(limit))
        self._group.addAction(action)
        self._choices[limit] = action

    def _ask(self) -> None:
        now = (self._desk.settings.options.limit or 10 * _MEGABYTE) / _MEGABYTE
        title, text = self.tr("Bandwidth limit"), self.tr("Megabytes a second over all uploads:")
        megabytes, sure = QInputDialog.getDouble(self, title, text, now, 0.1, 100_000, 1)
        if sure:
            self.choose(round(megabytes * _MEGABYTE))
        else:
            self._show()

    def _show(self, key: str = "limit") -> None:
        if key != "limit":
            return
        limit = self._desk.settings.options.limit
        said = _said(limit, self.tr("No limit"))
        self.setText(said)
        self.setAccessibleName(self.tr("Bandwidth limit: {limit}").format(limit=said))
        self.setToolTip(self.tr("Bandwidth limit over all uploads"))
        checked = self._group.checkedAction()
        if checked is not None:
            self._group.setExclusive(False)
            checked.setChecked(False)
            self._group.setExclusive(True)
        if limit in self._choices:
            self._choices[limit].setChecked(True)


def _said(limit: int | None, none: str) -> str:
    return words.speed(limit) if limit else none
