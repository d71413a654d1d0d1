"""The page of transfers: the list with its chips and search, and the details of what is chosen."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from gui.desk import Desk
from gui.models.order import Filter
from gui.models.record import RecordWatch
from gui.transfer.transfers import State
from gui.views.detail import WIDTH, DetailPanel
from gui.views.empty import EmptyState
from gui.views.icons import set_icon
from gui.views.parts import button, header, icon_button, page_layout
from gui.views.transfer_actions import TransferActions
from gui.views.transfer_table import TransferTable

_SEARCH_MS = 150
_FOLLOWED = 200
#: In characters.
_NARROW = 122


class TransfersPage(QWidget):
    """What is sent, was sent and will be sent. `copied` and `noted` are for the window to tell."""

    copied = Signal(str, str)
    noted = Signal(str)
    files_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._chip = Filter.ALL
        self.table = TransferTable(desk.transfers)
        self.detail = DetailPanel(RecordWatch(desk.connections, desk.background, self))
        self.actions_for_chosen = TransferActions(desk, self)
        self.chips = self._make_chips()
        self.search = self._make_search()
        self._add_files = button(self.tr("Add &files…"), "add", "primary")
        self._add_folder = button(self.tr("Add f&older…"), "folder")
        self._pause_all = button("")
        self._more = icon_button("more", self.tr("More for all transfers"))
        self._retry_failed = QAction(self.tr("Retr&y all that failed"), self)
        self._clear = QAction(self.tr("Remo&ve all that are done from the list"), self)
        self._middle = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._put_together()
        self._connect()
        self._show_counts()
        self._show_chosen()

    def _make_chips(self) -> dict[Filter, QPushButton]:
        group = QButtonGroup(self)
        chips = {}
        for chip in Filter:
            made = button("", role="chip")
            made.setCheckable(True)
            made.clicked.connect(partial(self._choose_chip, chip))
            group.addButton(made)
            chips[chip] = made
        chips[Filter.ALL].setChecked(True)
        return chips

    def _make_search(self) -> QLineEdit:
        search = QLineEdit()
        search.setPlaceholderText(self.tr("Search names and folders"))
        search.setAccessibleName(self.tr("Search transfers"))
        search.setClearButtonEnabled(True)
        search.setMaximumWidth(280)
        search.setMinimumWidth(140)
        # A file that is dropped here is dropped on the window.
        search.setAcceptDrops(False)
        return search

    def _put_together(self) -> None:
        chips = QHBoxLayout()
        chips.setSpacing(6)
        for chip in self.chips.values():
            chips.addWidget(chip)
        chips.addStretch(1)
        chips.addWidget(self.search, 1)
        self._empty = EmptyState(
            "upload",
            self.tr("Nothing has been sent yet"),
            self.tr(
                "Drop files or folders anywhere in this window, or paste them. The link is on the clipboard at once."
            ),
        )
        self._none_found = EmptyState("search", "", "")
        for widget in (self.table, self._empty, self._none_found):
            self._middle.addWidget(widget)
        self._splitter.addWidget(self._middle)
        self._splitter.addWidget(self.detail)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setCollapsible(0, False)
        self._splitter.setSizes([800, WIDTH])
        self._splitter.restoreState(self._desk.settings.state("transfers"))
        layout = page_layout(self)
        menu = QMenu(self._more)
        menu.addActions([self._retry_failed, self._clear])
        self._more.setMenu(menu)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        buttons = (self._more, self._pause_all, self._add_folder, self._add_files)
        layout.addLayout(header(self.tr("Transfers"), *buttons))
        layout.addLayout(chips)
        layout.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        desk, actions = self._desk, self.actions_for_chosen
        desk.transfers.tallied.connect(self._show_counts)
        desk.transfers.tallied.connect(self._refresh_chosen)
        desk.connection_news.changed.connect(self._show_middle)
        self._searching = QTimer(self)
        self._searching.setSingleShot(True)
        self._searching.setInterval(_SEARCH_MS)
        self._searching.timeout.connect(self._show_rows)
        self.search.textChanged.connect(self._searching.start)
        find = QShortcut(QKeySequence.StandardKey.Find, self)
        find.activated.connect(self.search.setFocus)
        self.table.chosen.connect(self._show_chosen)
        self.table.link_wanted.connect(actions.copy)
        self.table.menu_wanted.connect(self._open_menu)
        self.table.activated.connect(lambda index: actions.open_page.trigger())
        self.detail.copied.connect(self.copied)
        self.detail.retry_wanted.connect(actions.retry.trigger)
        self.detail.all_links_wanted.connect(actions.copy_link.trigger)
        actions.copied.connect(self.copied)
        actions.noted.connect(self.noted)
        self._add_files.clicked.connect(self.files_wanted)
        self._add_folder.clicked.connect(self.folder_wanted)
        self._pause_all.clicked.connect(self.toggle_pause)
        self._retry_failed.triggered.connect(desk.engine.retry_failed)
        self._clear.triggered.connect(self._forget_finished)
        self._splitter.splitterMoved.connect(lambda: desk.settings.set_state("transfers", self._splitter.saveState()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the details lie below the list."""
        narrow = self.width() < self.fontMetrics().averageCharWidth() * _NARROW
        orientation = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._splitter.orientation() is not orientation:
            self._splitter.setOrientation(orientation)
            self._splitter.setSizes([300, 300] if narrow else [800, WIDTH])
        super().resizeEvent(event)

    def toggle_pause(self) -> None:
        """Hold everything, or let it go on."""
        engine = self._desk.engine
        if engine.paused:
            engine.resume_all()
        else:
            engine.pause_all()
        self._show_counts()

    def reveal_batch(self, batch_id: str) -> None:
        """Scroll to the first row of a drop."""
        first = next((one.id for one in self._desk.transfers.all() if one.batch_id == batch_id), None)
        if first is not None:
            self.table.reveal(first)

    def _choose_chip(self, chip: Filter) -> None:
        self._chip = chip
        self._show_rows()

    def _show_rows(self) -> None:
        self._desk.transfers.show(self._chip, self.search.text().strip())
        self._show_middle()

    def _show_counts(self) -> None:
        counts = self._desk.transfers.tally.counts
        names = {
            Filter.ALL: self.tr("&All"),
            Filter.ACTIVE: self.tr("A&ctive"),
            Filter.WAITING: self.tr("&Waiting"),
            Filter.DONE: self.tr("&Done"),
            Filter.FAILED: self.tr("Fai&led"),
        }
        for chip, made in self.chips.items():
            text = f"{names[chip]}  {counts[chip]}" if counts[chip] else names[chip]
            if made.text() != text:
                made.setText(text)
                made.setAccessibleName(f"{names[chip].replace('&', '')}, {counts[chip]}")
        paused = self._desk.engine.paused
        text = self.tr("&Resume all") if paused else self.tr("&Pause all")
        if self._pause_all.text() != text:
            self._pause_all.setText(text)
            set_icon(self._pause_all, "play" if paused else "pause")
        self._retry_failed.setEnabled(counts[Filter.FAILED] > 0)
        self._clear.setEnabled(counts[Filter.DONE] > 0)
        self._show_middle()

    def _show_middle(self) -> None:
        """The list, or in its place the words that say why it is empty."""
        if self._desk.transfers.rowCount():
            self._middle.setCurrentWidget(self.table)
            return
        if not self._desk.transfers.tally.counts[Filter.ALL]:
            self._welcome()
            self._middle.setCurrentWidget(self._empty)
            return
        if self.search.text().strip():
            self._none_found.say(
                self.tr("Nothing is called like that"), self.tr("Try a part of the name, or choose All above.")
            )
        else:
            self._none_found.say(
                self.tr("There is nothing of that kind now"), self.tr("Choose All above to see every transfer.")
            )
        self._middle.setCurrentWidget(self._none_found)

    def _refresh_chosen(self) -> None:
        """With the newest numbers; a great many rows are summed only when they are chosen."""
        if self.table.chosen_count() <= _FOLLOWED:
            self._show_chosen()

    def _welcome(self) -> None:
        """What to do first."""
        if self._desk.connections.default is None:
            advice = self.tr("Connect to one in the settings; then drop files or folders anywhere in this window.")
            self._empty.say(self.tr("No appliance is connected yet"), advice)
        else:
            how = self.tr("Drop files or folders anywhere in this window, or paste them.")
            link = self.tr("Their link is on the clipboard before they are sent.")
            self._empty.say(self.tr("Nothing has been sent yet"), f"{how} {link}")

    def _show_chosen(self) -> None:
        chosen = self.table.selected()
        self.actions_for_chosen.choose(chosen)
        self.detail.setVisible(bool(chosen))
        if chosen:
            self.detail.show_transfers(chosen)

    def _open_menu(self, point: QPoint) -> None:
        if self.table.selected():
            self.actions_for_chosen.menu(self).popup(self.table.viewport().mapToGlobal(point))

    def _forget_finished(self) -> None:
        self._desk.engine.forget([one.id for one in self._desk.transfers.all() if one.state is State.DONE])
