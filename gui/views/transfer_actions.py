"""What can be done with chosen transfers: actions with keys, for the menu of the list and for tests."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from gui.desk import Desk
from gui.models.links import PRESETS, copied
from gui.transfer.transfers import State, Transfer
from gui.views.reveal import show_in_folder

_HELD = frozenset({State.PAUSED, State.SUSPENDED})
_AGAIN = frozenset({State.FAILED, State.CANCELLED})


class TransferActions(QObject):
    """Acts on what `choose` named last. `copied` tells what was put on the clipboard, `noted` a sentence."""

    copied = Signal(str, str)
    noted = Signal(str)

    def __init__(self, desk: Desk, owner: QWidget) -> None:
        super().__init__(owner)
        self._desk, self._owner = desk, owner
        self._chosen: list[Transfer] = []
        self.pause = self._action(self.tr("&Pause"), "Ctrl+.", lambda: self._desk.engine.pause(self._ids()))
        self.resume = self._action(self.tr("&Resume"), "Ctrl+Shift+.", lambda: self._desk.engine.resume(self._ids()))
        self.cancel = self._action(self.tr("&Cancel"), "Ctrl+Backspace", lambda: self._desk.engine.cancel(self._ids()))
        self.retry = self._action(self.tr("&Try again"), "Ctrl+R", lambda: self._desk.engine.retry(self._ids()))
        self.to_top = self._action(self.tr("Move to t&op"), "Ctrl+Shift+Up", self._to_top)
        self.to_bottom = self._action(self.tr("Move to &bottom"), "Ctrl+Shift+Down", self._to_bottom)
        self.copy_link = self._action(self.tr("Copy &link"), "Ctrl+C", self._copy)
        self.copy_permanent = self._action(self.tr("Copy p&ermanent link"), "Ctrl+Shift+C", self._copy_permanent)
        self.open_page = self._action(self.tr("Open &watch page"), "Ctrl+O", self._open)
        self.reveal = self._action(self.tr("&Show in folder"), "Ctrl+E", self._reveal)
        self.forget = self._action(self.tr("Re&move from list"), "Del", self._forget)
        self.choose([])

    def choose(self, chosen: Sequence[Transfer]) -> None:
        """What the actions are for; those that make no sense for any of it are greyed."""
        self._chosen = list(chosen)
        unfinished = [one for one in chosen if not one.finished]
        self.pause.setEnabled(any(one.state is not State.PAUSED for one in unfinished))
        self.resume.setEnabled(any(one.state in _HELD for one in chosen))
        self.cancel.setEnabled(bool(unfinished))
        self.retry.setEnabled(any(one.state in _AGAIN for one in chosen))
        self.to_top.setEnabled(bool(unfinished))
        self.to_bottom.setEnabled(bool(unfinished))
        linked = any(one.links is not None for one in chosen)
        self.copy_link.setEnabled(linked)
        self.copy_permanent.setEnabled(linked)
        self.open_page.setEnabled(any(one.links is not None and one.links.page for one in chosen))
        self.reveal.setEnabled(len(chosen) == 1)
        self.forget.setEnabled(any(one.finished for one in chosen))

    def menu(self, parent: QWidget) -> QMenu:
        """All of them, in groups."""
        menu = QMenu(parent)
        for group in (
            (self.copy_link, self.copy_permanent, self.open_page, self.reveal),
            (self.pause, self.resume, self.retry),
            (self.to_top, self.to_bottom),
            (self.cancel, self.forget),
        ):
            menu.addActions(list(group))
            menu.addSeparator()
        return menu

    def copy(self, transfers: Sequence[Transfer]) -> None:
        """Their links, in the form of the settings."""
        self._put(copied(self._desk.settings.copy_template, list(transfers)), self.tr("Link"))

    def _action(self, text: str, keys: str, work: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        # Keys work while the list, or what is beside it, has the focus.
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(work)
        self._owner.addAction(action)
        return action

    def _ids(self) -> list[int]:
        return [one.id for one in self._chosen]

    def _to_top(self) -> None:
        moved = set(self._ids())
        waiting = (one for one in self._desk.transfers.all() if not one.finished and not one.active)
        first = next((one.id for one in waiting if one.id not in moved), None)
        for one in self._chosen:
            if not one.finished and first is not None:
                self._desk.engine.move(one.id, first)
        self._desk.transfers.load(self._desk.engine.transfers())

    def _to_bottom(self) -> None:
        for one in self._chosen:
            if not one.finished:
                self._desk.engine.move(one.id, None)
        self._desk.transfers.load(self._desk.engine.transfers())

    def _copy(self) -> None:
        self.copy(self._chosen)

    def _copy_permanent(self) -> None:
        self._put(copied(PRESETS["link"], self._chosen), self.tr("Permanent link"))

    def _put(self, text: str, name: str) -> None:
        if text:
            self.copied.emit(name, text)

    def _open(self) -> None:
        pages = [one.links.page for one in self._chosen if one.links is not None and one.links.page]
        for page in pages[:10]:
            QDesktopServices.openUrl(QUrl(page))

    def _reveal(self) -> None:
        source = self._chosen[0].source
        if not source.exists():
            self.noted.emit(self.tr("{name} is not where it was any more.").format(name=source.name))
        elif not show_in_folder(source):
            self.noted.emit(self.tr("No file manager could be opened."))

    def _forget(self) -> None:
        self._desk.engine.forget([one.id for one in self._chosen if one.finished])
