"""The dialog that connects to an appliance: found on the network, by a pairing line, or by hand."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid
from zeroconf import InterfaceChoice

from gui.desk import Desk
from gui.transfer.connections.book import Connection
from gui.transfer.connections.discovery import Discovery, Found
from gui.transfer.connections.introduction import Introduction
from gui.transfer.connections.pairing import PairingLine
from gui.transfer.credentials import Credentials
from gui.transfer.errors import CertificateUnknown, NotConfigured, Refused, TransferError
from gui.transfer.offers import Account
from gui.views.parts import GAP, MARGIN, breakable, button, label

_FOUND = Qt.ItemDataRole.UserRole
_WIDTH = 560


class _Herald(QObject):
    """Carries the network's news out of its thread. No child of the dialog: that thread may speak after its end."""

    changed = Signal()

    def tell(self) -> None:
        self.changed.emit()


class ConnectDialog(QDialog):
    """`connected` gives the connection that was kept. The network is searched while the dialog is open."""

    connected = Signal(Connection)

    def __init__(self, desk: Desk, parent: QWidget | None = None, *, interfaces: Sequence[str] = ()) -> None:
        """interfaces: this machine's addresses to search on; all of them by default."""
        super().__init__(parent)
        self._desk = desk
        self._introduction: Introduction | None = None
        self._question: CertificateUnknown | None = None
        self.setWindowTitle(self.tr("Connect to an appliance"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self.found = QListWidget()
        self.found.setAccessibleName(self.tr("Appliances on this network"))
        self.found.setMaximumHeight(132)
        self.found.setProperty("role", "choices")
        self.searching = label(self.tr("Looking for appliances…"), "faint", wrap=True)
        self.line = QLineEdit()
        self.line.setPlaceholderText("http://192.168.1.20:8080/pair#ABCD-EFGHJKLM")
        self.address = QLineEdit()
        self.address.setPlaceholderText("http://192.168.1.20:8080")
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText("mk_…")
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("the appliance's own"))
        self.trouble = label("", "bad", wrap=True)
        self.trust = button(self.tr("&Trust this certificate and go on"))
        self.by_hand = button(self.tr("By &hand: address and key"), role="quiet")
        self.by_hand.setCheckable(True)
        self.connect_button = button(self.tr("&Connect"), role="primary")
        self.connect_button.setDefault(True)
        self.cancel_button: QPushButton = button(self.tr("Cancel"))
        self.busy = QProgressBar()
        self._form = QFormLayout()
        self._put_together()
        self._wire_up()
        herald = _Herald()
        herald.changed.connect(self._show_found, Qt.ConnectionType.QueuedConnection)
        self.discovery = Discovery(herald.tell, interfaces=interfaces or InterfaceChoice.All)
        self.destroyed.connect(self.discovery.stop)
        QTimer.singleShot(0, self._search)

    def _put_together(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN - 4)
        layout.setSpacing(GAP)
        layout.addWidget(label(self.tr("On this network"), "heading"))
        layout.addWidget(self.searching)
        layout.addWidget(self.found)
        layout.addWidget(label(self.tr("Pairing line or code"), "heading"))
        how = self.tr("Somebody at the appliance types “media-appliance pair” and gives you the line.")
        layout.addWidget(label(how, "faint", wrap=True))
        self.line.setAccessibleName(self.tr("Pairing line or code"))
        layout.addWidget(self.line)
        layout.addWidget(self.by_hand, 0, Qt.AlignmentFlag.AlignLeft)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(8)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._form.addRow(self.tr("&Address"), self.address)
        self._form.addRow(self.tr("API &key"), self.key)
        self._form.addRow(self.tr("&Name (optional)"), self.name)
        layout.addLayout(self._form)
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        layout.addWidget(self.busy)
        layout.addWidget(self.trouble)
        layout.addWidget(self.trust, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.connect_button)
        layout.addLayout(foot)
        self._show_hand(False)
        for hidden in (self.busy, self.trouble, self.trust, self.found):
            hidden.hide()

    def _wire_up(self) -> None:
        self.by_hand.toggled.connect(self._show_hand)
        self.found.itemSelectionChanged.connect(self._choose)
        self.found.itemActivated.connect(lambda item: self.line.setFocus())
        self.connect_button.clicked.connect(self._begin)
        self.trust.clicked.connect(self._trust)
        self.cancel_button.clicked.connect(self.reject)

    def _show_hand(self, shown: bool) -> None:
        for field in (self.address, self.key):
            self._form.setRowVisible(field, shown)
        if shown:
            self.address.setFocus()
        self._fit()

    def _fit(self) -> None:
        """As high as its sentences need; a dialog does not grow by itself."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(self.width(), max(layout.heightForWidth(self.width()), self.minimumSizeHint().height()))

    def _search(self) -> None:
        if not self.isVisible():
            return
        self.discovery.start()
        if self.discovery.trouble:
            self.searching.setText(self.discovery.trouble)
        self._show_found()

    def _show_found(self) -> None:
        known = {one.api_url for one in self._desk.connections.all()}
        chosen_url = next((one.data(_FOUND).api_url for one in self.found.selectedItems()), "")
        self.found.clear()
        for one in self.discovery.found:
            text = f"{one.name}    {one.api_url.partition('://')[2]}"
            if one.api_url in known:
                text = self.tr("{appliance}    connected already").format(appliance=text)
            item = QListWidgetItem(text)
            item.setData(_FOUND, one)
            self.found.addItem(item)
            if one.api_url == chosen_url:
                self.found.setCurrentItem(item)
        some = self.found.count() > 0
        if self.found.isHidden() is some:
            self.found.setVisible(some)
            self._fit()
        if some:
            self.searching.setText(self.tr("Choose one, then paste its pairing line below, or the code alone."))
        elif not self.discovery.trouble:
            self.searching.setText(self.tr("Looking for appliances… none was found so far."))

    def _choose(self) -> None:
        chosen = self.found.selectedItems()
        if not chosen:
            return
        found: Found = chosen[0].data(_FOUND)
        self.address.setText(found.api_url)
        self.line.setPlaceholderText(self.tr("the code, ABCD-EFGHJKLM, or a whole line"))

    def _begin(self) -> None:
        try:
            self._introduction = Introduction(self._way())
        except NotConfigured as error:
            self._fail(error)
            return
        self._meet()

    def _way(self) -> PairingLine | Credentials:
        """What the fields say. NotConfigured where that is not enough."""
        url = self.address.text().strip().rstrip("/")
        if url and "://" not in url:
            url = f"http://{url}"
        key = self.key.text().strip()
        if not self.line.text().strip() and url and key:
            return Credentials(url, key)
        return PairingLine.parse(self.line.text(), url)

    def _meet(self) -> None:
        introduction = self._introduction
        assert introduction is not None
        self._at_work(True)
        self._desk.background.run(introduction.meet, self._met, self._fail)

    def _met(self, account: Account) -> None:
        if not isValid(self):
            return
        introduction = self._introduction
        assert introduction is not None
        try:
            kept = introduction.keep(self._desk.connections, self.name.text())
        except NotConfigured as error:
            self._fail(error)
            return
        self.connected.emit(kept)
        self.accept()

    def _fail(self, error: TransferError) -> None:
        if not isValid(self):
            return
        self._at_work(False)
        text = str(error)
        self._question = error if isinstance(error, CertificateUnknown) else None
        if self._question is not None:
            text += " " + self.tr(
                "If this is your appliance, compare the fingerprint with the one that its administrator sees. "
                "Once you trust it, every other certificate is refused."
            )
        elif isinstance(error, Refused) and error.type == "unauthorized" and self.key.text():
            text = self.tr("The appliance does not know this key. Copy all of it, mk_ included, or use a pairing line.")
        self.trouble.setText(breakable(text))
        self.trouble.show()
        self.trust.setVisible(self._question is not None)
        self.connect_button.setVisible(self._question is None)
        self._fit()

    def _trust(self) -> None:
        if self._introduction is not None and self._question is not None:
            self._introduction.accept(self._question)
            self._meet()

    def _at_work(self, at_work: bool) -> None:
        self.busy.setVisible(at_work)
        self.connect_button.setVisible(True)
        self.connect_button.setEnabled(not at_work)
        for one in (self.trouble, self.trust):
            one.hide()

    def done(self, result: int) -> None:
        self.discovery.stop()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.discovery.stop()
        super().closeEvent(event)
