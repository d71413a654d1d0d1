"""The window: a sidebar, the page that is chosen in it, and the line at its foot. All of it takes drops."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QStackedWidget,
    QWidget,
)

from gui.desk import Desk
from gui.models import words
from gui.models.order import Filter
from gui.views.library import LibraryPage
from gui.views.overlay import DropOverlay
from gui.views.pages import PAGES, Page
from gui.views.sidebar import Sidebar
from gui.views.status import StatusLine
from gui.views.toast import Toast
from gui.views.transfers import TransfersPage


class MainWindow(QMainWindow):
    """Shows the desk."""

    closed = Signal()

    def __init__(self, desk: Desk, pages: tuple[Page, ...] = PAGES) -> None:
        super().__init__()
        self._desk = desk
        self._pages = pages
        #: Closed, it is only hidden, and what is being sent goes on.
        self.stays_in_tray = False
        self.setWindowTitle(self.tr("Media uploader"))
        self.setMinimumHeight(560)
        self.resize(1240, 780)
        self.setAcceptDrops(True)
        self._stack = QStackedWidget()
        self._sidebar = Sidebar(desk, [(QCoreApplication.translate("Page", page.title), page.icon) for page in pages])
        self._put_together()
        for page in pages:
            self._stack.addWidget(page.build(desk))
        self.overlay, self.toast = DropOverlay(self), Toast(self)
        self._connect()
        self._sidebar.choose(0)
        self.setFocus()
        self.restoreGeometry(desk.settings.state("window"))

    def page(self, name: str) -> QWidget:
        """The widget of a page. StopIteration for a name that is none."""
        widget = self._stack.widget(self._index(name))
        assert widget is not None
        return widget

    @property
    def transfers(self) -> TransfersPage:
        page = self.page("transfers")
        assert isinstance(page, TransfersPage)
        return page

    def show_page(self, name: str) -> None:
        self._sidebar.choose(self._index(name))

    def add(self, paths: list[Path]) -> None:
        """What was dropped, pasted, chosen, or named on a command line."""
        if paths and self._desk.drops.add(paths) is not None:
            self.show_page("transfers")

    def come_forward(self) -> None:
        """Before other windows, as far as the desktop lets a program do that."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def put_on_clipboard(self, name: str, text: str) -> None:
        """Copy, and say so."""
        QGuiApplication.clipboard().setText(text)
        self.toast.say(self.tr("{name} copied").format(name=name))

    def paste(self) -> None:
        """Files or folders on the clipboard, as file managers put them there or as paths."""
        paths = paths_in(QGuiApplication.clipboard().mimeData())
        if paths:
            self.add(paths)
        else:
            self.toast.say(self.tr("There are no files on the clipboard. Copy some in a file manager first."))

    def choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Choose files to send"))
        self.add([Path(name) for name in names])

    def choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder to send"))
        self.add([Path(name)] if name else [])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if paths_in(event.mimeData()):
            event.acceptProposedAction()
            self.overlay.show_text(self._drop_words())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        paths = paths_in(event.mimeData())
        if paths:
            # Never as a move: the sender would delete what has not been sent yet.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.add(paths)

    def show_progress(self, progress: float | None) -> None:
        """In the title, which every task bar shows; None where nothing is to be done."""
        name = self.tr("Media uploader")
        title = name if progress is None else f"{int(progress * 100)} % – {name}"
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def closeEvent(self, event: QCloseEvent) -> None:
        if event.spontaneous() and not self.stays_in_tray and not self._sure_to_end():
            event.ignore()
            return
        self._desk.settings.set_state("window", self.saveGeometry())
        super().closeEvent(event)
        self.closed.emit()

    def _sure_to_end(self) -> bool:
        active = self._desk.transfers.tally.counts[Filter.ACTIVE]
        if not active:
            return True
        title = self.tr("End the program?")
        text = self.tr("{files} being sent: it goes on at the next start.").format(files=words.files(active))
        buttons = QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel
        return QMessageBox.question(self, title, text, buttons) is QMessageBox.StandardButton.Close

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.FontChange:
            self._sidebar.fit()
        super().changeEvent(event)

    def _drop_words(self) -> str:
        connection = self._desk.connections.default
        if connection is None:
            return self.tr("Connect to an appliance first")
        return self.tr("Drop to send to {name}").format(name=connection.name)

    def _put_together(self) -> None:
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._sidebar)
        row.addWidget(self._stack, 1)
        self.setCentralWidget(body)
        self.setStatusBar(StatusLine(self._desk))

    def _connect(self) -> None:
        self._sidebar.turned.connect(self._stack.setCurrentIndex)
        self._sidebar.connections_wanted.connect(lambda: self.show_page("settings"))
        for number, page in enumerate(self._pages, 1):
            self._shortcut(f"Ctrl+{number}", partial(self.show_page, page.name))
        self._shortcut(QKeySequence.StandardKey.Paste, self.paste)
        self._shortcut(QKeySequence("Ctrl+N"), self.choose_files)
        self._shortcut(QKeySequence("Ctrl+Shift+N"), self.choose_folder)
        self._shortcut(QKeySequence("Ctrl+Shift+P"), self.transfers.toggle_pause)
        transfers = self.transfers
        transfers.copied.connect(self.put_on_clipboard)
        transfers.noted.connect(self.toast.say)
        transfers.files_wanted.connect(self.choose_files)
        transfers.folder_wanted.connect(self.choose_folder)
        library = self.page("library")
        assert isinstance(library, LibraryPage)
        library.copied.connect(self.put_on_clipboard)
        library.noted.connect(self.toast.say)
        drops = self._desk.drops
        drops.noted.connect(self.toast.say)
        drops.begun.connect(transfers.reveal_batch)
        drops.homeless.connect(self._ask_for_connection)
        drops.copied.connect(lambda text: self.toast.say(self._copied_words(text)))

    def _shortcut(self, keys: "str | QKeySequence | QKeySequence.StandardKey", work: Callable[[], None]) -> None:
        QShortcut(QKeySequence(keys), self).activated.connect(work)

    def _copied_words(self, text: str) -> str:
        count = text.count("\n") + 1
        if count == 1:
            return self.tr("The link is on the clipboard already: {link}").format(link=text)
        return self.tr("{count} links are on the clipboard already").format(count=count)

    def _ask_for_connection(self) -> None:
        self.show_page("settings")
        self.toast.say(self.tr("Nothing was sent: connect to an appliance first."))

    def _index(self, name: str) -> int:
        return next(number for number, page in enumerate(self._pages) if page.name == name)


def paths_in(mime: QMimeData) -> list[Path]:
    """Local files and folders in what was dropped or pasted: by URL, or as lines of absolute paths that exist."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if paths or not mime.hasText():
        return paths
    lines = [
        Path(text) for line in mime.text().splitlines() if (text := line.strip().strip('"')).startswith(("/", "\\"))
    ]
    return [path for path in lines if path.exists()]
