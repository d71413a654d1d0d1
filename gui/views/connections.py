"""The card of connections in the settings: which appliances there are, how each stands, and what to do about it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from gui.desk import Desk
from gui.models import words
from gui.transfer.connections.book import Connection
from gui.transfer.connections.checking import check
from gui.transfer.errors import CertificateChanged, CertificateUnknown, NotConfigured, TransferError
from gui.transfer.offers import Account
from gui.views.cards import Card
from gui.views.connections_dialog import ConnectDialog
from gui.views.parts import breakable, button, icon_button, label, line


class ConnectionsCard(Card):
    """Shows the book as it is now; each connection is asked how it stands when the card comes into view."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(QCoreApplication.translate("ConnectionsCard", "Appliances"))
        self._desk = desk
        self._body = QWidget()
        self._rows = QVBoxLayout(self._body)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(10)
        self.add = button(self.tr("&Connect to an appliance…"), "add", "primary")
        self.add.clicked.connect(self.open_dialog)
        foot = QHBoxLayout()
        foot.addWidget(self.add)
        foot.addStretch(1)
        self._foot = QWidget()
        self._foot.setLayout(foot)
        foot.setContentsMargins(0, 0, 0, 0)
        self.note = label("", "faint", wrap=True)
        self.add_wide(self._body)
        self.add_wide(self._foot)
        self.add_wide(self.note)
        self._shown: list[ConnectionRow] = []
        desk.connection_news.changed.connect(self._rebuild)
        self._rebuild()

    @property
    def rows(self) -> "list[ConnectionRow]":
        return self._shown

    def open_dialog(self) -> None:
        """Ask for one more."""
        dialog = ConnectDialog(self._desk, self)
        dialog.open()

    def _rebuild(self) -> None:
        for row in self._shown:
            self._rows.removeWidget(row)
            row.deleteLater()
        default = self._desk.connections.default
        none_yet = self.tr(
            "One appliance or several, on this network or another. Files go to the one that is the default."
        )
        connections = self._desk.connections.all()
        self._shown = [ConnectionRow(self._desk, one, one == default, len(connections) > 1) for one in connections]
        for row in self._shown:
            self._rows.addWidget(row)
            if self.isVisible():
                row.ask()
        self._body.setVisible(bool(self._shown))
        self.note.setText(self._desk.connections.keys.note if self._shown else none_yet)

    def showEvent(self, event: object) -> None:
        for row in self._shown:
            row.ask()


class ConnectionRow(QWidget):
    """One connection: its name and address, how it stands, and a menu."""

    settled = Signal()

    def __init__(self, desk: Desk, connection: Connection, is_default: bool, several: bool) -> None:
        super().__init__()
        self._desk, self._connection = desk, connection
        self._question: CertificateUnknown | None = None
        name = label(connection.name, "heading")
        self._address = label(connection.api_url, "faint")
        self._address.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state = label(self.tr("Asking how it stands…"), "faint", wrap=True)
        self.accept = button(self.tr("&Accept the new certificate…"), role="bad")
        self.accept.clicked.connect(self._accept)
        self.accept.hide()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(name)
        if is_default and several:
            head.addWidget(label(self.tr("default"), "tag"))
        if connection.local and connection.name != self.tr("This computer"):
            head.addWidget(label(self.tr("this computer"), "tag"))
        head.addStretch(1)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addLayout(head)
        texts.addWidget(self._address)
        texts.addWidget(self.state)
        texts.addWidget(self.accept, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(texts, 1)
        self.more = icon_button("more", self.tr("What to do with {name}").format(name=connection.name))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu(is_default))
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(line())
        layout.addLayout(row)
        self.setAccessibleName(connection.name)

    def ask(self) -> None:
        """How it stands, in the background."""
        book, connection = self._desk.connections, self._connection

        def work() -> Account:
            return check(book.credentials(connection.id), connection.pins)

        self._desk.background.run(work, self._well, self._unwell)

    def _menu(self, is_default: bool) -> QMenu:
        menu = QMenu(self)
        default = menu.addAction(self.tr("Make it the &default"), self._make_default)
        default.setEnabled(not is_default)
        menu.addAction(self.tr("&Rename…"), self._rename)
        change = menu.addAction(self.tr("Change the &address…"), self._readdress)
        change.setEnabled(not self._connection.local)
        menu.addAction(self.tr("&Ask again how it stands"), self._ask_again)
        menu.addSeparator()
        menu.addAction(self.tr("Re&move…"), self._remove)
        return menu

    def _well(self, account: Account) -> None:
        if not isValid(self):
            return
        free = account.free_bytes
        if account.quota_bytes is not None:
            free = max(0, min(free, account.quota_bytes - account.used_bytes))
        rights = self.tr("may {scopes}").format(scopes=", ".join(sorted(account.scopes)))
        self._say(
            self.tr("Connected as {key}: {rights}. {free} free.").format(
                key=account.key_name, rights=rights, free=words.size(free)
            ),
            good=True,
        )

    def _unwell(self, error: TransferError) -> None:
        if not isValid(self):
            return
        self._question = error if isinstance(error, CertificateUnknown) else None
        self.accept.setVisible(self._question is not None)
        if not isinstance(error, CertificateChanged):
            self.accept.setText(self.tr("&Accept this certificate…"))
        self._say(str(error), good=False)

    def _say(self, text: str, *, good: bool) -> None:
        self.state.setText(breakable(text))
        self.state.setProperty("role", "faint" if good else "bad")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)
        self.settled.emit()

    def _ask_again(self) -> None:
        self.accept.hide()
        self._say(self.tr("Asking how it stands…"), good=True)
        self.ask()

    def _make_default(self) -> None:
        self._try(partial(self._desk.connections.choose_default, self._connection.id))

    def _rename(self) -> None:
        name, ok = QInputDialog.getText(
            self, self.tr("Rename"), self.tr("Name:"), QLineEdit.EchoMode.Normal, self._connection.name
        )
        if ok:
            self._try(partial(self._desk.connections.change, self._connection.id, name=name))

    def _readdress(self) -> None:
        title, now = self.tr("Change the address"), self._connection.api_url
        url, ok = QInputDialog.getText(self, title, self.tr("Address:"), QLineEdit.EchoMode.Normal, now)
        if ok:
            self._try(partial(self._desk.connections.change, self._connection.id, api_url=url.strip()))

    def _remove(self) -> None:
        text = self.tr("Remove {name}? Its key is forgotten here; transfers to it stay in the list and wait.").format(
            name=self._connection.name
        )
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel
        if QMessageBox.question(self, self.tr("Remove"), text, buttons) is QMessageBox.StandardButton.Yes:
            self._try(partial(self._desk.connections.remove, self._connection.id))

    def _accept(self) -> None:
        question = self._question
        if question is None:
            return
        text = self.tr(
            "Accept the certificate {fingerprint} for {address}? Do it only if you know that it is the appliance's."
        ).format(fingerprint=question.fingerprint, address=question.address)
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel
        if QMessageBox.warning(self, self.tr("Certificate"), text, buttons) is QMessageBox.StandardButton.Yes:
            pins = {**self._connection.pins, question.address: question.fingerprint}
            self._try(partial(self._desk.connections.change, self._connection.id, pins=pins))

    def _try(self, change: Callable[[], object]) -> None:
        try:
            change()
        except NotConfigured as error:
            self._say(str(error), good=False)
