"""One hot folder on its page: where it is and goes to, how it stands, and a menu."""

from PySide6.QtCore import QCoreApplication, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMenu, QMessageBox, QToolButton, QVBoxLayout

from gui.desk import Desk
from gui.models import words
from gui.transfer.errors import NotConfigured, shown
from gui.transfer.hotfolders.profiles import After, Profile
from gui.transfer.hotfolders.statuses import FolderState, FolderStatus
from gui.views.icons import set_icon
from gui.views.parts import breakable, button, icon_button, label


class HotFolderCard(QFrame):
    """`show_status` gives it what is true now."""

    edit_wanted = Signal(Profile)

    def __init__(self, desk: Desk, status: FolderStatus) -> None:
        super().__init__()
        self._desk, self._status = desk, status
        self.setProperty("role", "card")
        self._name, self._path = label("", "heading"), label("", "faint", wrap=True)
        self._path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._goes, self.state, self.counts = label("", "faint", wrap=True), label("", wrap=True), label("", wrap=True)
        self.notes, self._last = label("", "bad", wrap=True), label("", "faint", wrap=True)
        self.copy = button(self.tr("Copy &link"), "copy", "quiet")
        self.copy.clicked.connect(self._copy_last)
        self.pause = icon_button("pause", "")
        self.pause.clicked.connect(self._toggle)
        self.more = icon_button("more", "")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu())
        self._put_together()
        self.show_status(status)

    @property
    def folder_id(self) -> int:
        return self._status.profile.id

    def show_status(self, status: FolderStatus) -> None:
        self._status, profile = status, status.profile
        name = shown(profile.root).rpartition("/")[2] or shown(profile.root)
        self._name.setText(name)
        self._path.setText(breakable(shown(profile.root)))
        self._goes.setText(self._destination(profile))
        self._say_state(status)
        self.counts.setText(_counted(status))
        self.notes.setText("\n".join(breakable(note) for note in status.notes))
        self.notes.setVisible(bool(status.notes))
        self._last.setVisible(status.last is not None)
        self.copy.setVisible(status.last is not None and bool(status.last.link))
        if status.last is not None:
            text = self.tr("Last: {name}, {at}").format(
                name=status.last.path.rpartition("/")[2], at=words.moment(status.last.at)
            )
            self._last.setText(text)
        paused = profile.paused
        verb = self.tr("Go on with {name}") if paused else self.tr("Pause {name}")
        self.pause.setToolTip(verb.format(name=name))
        self.pause.setAccessibleName(verb.format(name=name))
        set_icon(self.pause, "play" if paused else "pause")
        self.more.setToolTip(self.tr("What to do with {name}").format(name=name))
        self.more.setAccessibleName(self.more.toolTip())
        self.setAccessibleName(f"{name}: {self.state.text()} {self.counts.text()}")

    def _put_together(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._name)
        head.addStretch(1)
        head.addWidget(self.pause)
        head.addWidget(self.more)
        texts = QVBoxLayout()
        texts.setSpacing(3)
        texts.addWidget(self._path)
        texts.addWidget(self._goes)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._last, 1)
        foot.addWidget(self.copy)
        layout = QGridLayout(self)
        layout.setContentsMargins(20, 14, 14, 14)
        layout.setVerticalSpacing(8)
        for row, one in enumerate((head, texts)):
            layout.addLayout(one, row, 0)
        for row, widget in enumerate((self.state, self.counts, self.notes), 2):
            layout.addWidget(widget, row, 0)
        layout.addLayout(foot, 5, 0)

    def _destination(self, profile: Profile) -> str:
        try:
            place = self._desk.connections.get(profile.connection).name
        except NotConfigured:
            place = self.tr("an appliance that was removed")
        place = f"{place} / {profile.folder}" if profile.folder else place
        then = {
            After.LEAVE: self.tr("files stay here"),
            After.MOVE: self.tr("then files are moved to {folder}").format(folder=profile.move_to),
            After.DELETE: self.tr("then files are deleted here"),
        }[profile.after]
        return breakable(self.tr("Goes to {place}; {then}.").format(place=place, then=then))

    def _say_state(self, status: FolderStatus) -> None:
        watching = status.state is FolderState.WATCHING
        self.state.setText(self.tr("Watching") if watching else breakable(status.reason))
        self.state.setProperty("role", "bad" if status.state is FolderState.AWAY else "")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("&Look now"), lambda: self._desk.hot_folders.folders.look(self.folder_id))
        menu.addAction(self.tr("&Open the folder"), self._open)
        menu.addAction(self.tr("&Change…"), lambda: self.edit_wanted.emit(self._status.profile))
        menu.addSeparator()
        menu.addAction(self.tr("&Remove…"), self._remove)
        return menu

    def _toggle(self) -> None:
        folders = self._desk.hot_folders.folders
        if self._status.profile.paused:
            folders.resume(self.folder_id)
        else:
            folders.pause(self.folder_id)
        self._desk.hot_folders.refresh()

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._status.profile.root)))

    def _copy_last(self) -> None:
        if self._status.last is not None:
            QGuiApplication.clipboard().setText(self._status.last.link)

    def _remove(self) -> None:
        text = self.tr("Stop watching {name}? Its files stay where they are, and what is being sent goes on.")
        text = text.format(name=self._name.text())
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel
        if QMessageBox.question(self, self.tr("Remove"), text, buttons) is QMessageBox.StandardButton.Yes:
            self._desk.hot_folders.folders.remove(self.folder_id)
            self._desk.hot_folders.refresh()


def _counted(status: FolderStatus) -> str:
    """What is how far, in one line."""
    said = (
        (status.settling, QCoreApplication.translate("HotFolderCard", "{files} may still grow")),
        (status.waiting, QCoreApplication.translate("HotFolderCard", "{files} on the way")),
        (status.failed, QCoreApplication.translate("HotFolderCard", "{files} failed")),
        (status.sent, QCoreApplication.translate("HotFolderCard", "{files} sent")),
    )
    parts = [text.format(files=words.files(count)) for count, text in said if count]
    return " · ".join(parts) or QCoreApplication.translate("HotFolderCard", "Nothing has been put into it yet.")
