"""The icon in the desktop's tray, where there is one: the last ten links, pause, and messages."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from gui.desk import Desk
from gui.models.links import filled
from gui.transfer.transfers import Transfer

_LINKS = 10


class Tray(QObject):
    """`copied` gives what a link in the menu put on the clipboard, by its name; `opened` asks for the window."""

    copied = Signal(str, str)
    opened = Signal()
    quit_wanted = Signal()

    def __init__(self, desk: Desk, icon: QIcon, toggle_pause: Callable[[], None]) -> None:
        super().__init__()
        self._desk = desk
        self._toggle_pause = toggle_pause
        self.menu = QMenu()
        self.menu.aboutToShow.connect(self.fill)
        self._icon = QSystemTrayIcon(icon)
        self._icon.setToolTip(self.tr("Media uploader"))
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.opened)
        self._icon.show()
        self.fill()

    @staticmethod
    def available() -> bool:
        return QSystemTrayIcon.isSystemTrayAvailable()

    def say(self, title: str, text: str) -> None:
        """By the desktop's own notifications."""
        self._icon.showMessage(title, text, QSystemTrayIcon.MessageIcon.Information)

    def close(self) -> None:
        self._icon.hide()

    def fill(self) -> None:
        """The menu as it should be now."""
        self.menu.clear()
        self.menu.addAction(self.tr("&Open window"), self.opened.emit)
        self.menu.addSeparator()
        recent = newest_links(self._desk)
        for one in recent:
            name = " ".join(one.name.split("\n")).replace("&", "&&")
            self.menu.addAction(self.tr("Copy link: {name}").format(name=name), partial(self._copy, one))
        if not recent:
            self.menu.addAction(self.tr("No links yet: drop a file on the window")).setEnabled(False)
        self.menu.addSeparator()
        paused = self._desk.engine.paused
        self.menu.addAction(self.tr("&Resume all") if paused else self.tr("&Pause all"), self._toggle_pause)
        self.menu.addAction(self.tr("&Quit"), self.quit_wanted.emit)

    def _copy(self, one: Transfer) -> None:
        if one.links is not None:
            self.copied.emit(one.name, filled(self._desk.settings.copy_template, one.name, one.links))

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.opened.emit()


def newest_links(desk: Desk) -> list[Transfer]:
    """The last ten files that have a link, newest first."""
    linked = [one for one in desk.transfers.all() if one.links is not None]
    return sorted(linked, key=lambda one: (one.created_at, one.id), reverse=True)[:_LINKS]
