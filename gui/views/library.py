"""The page of the library: folders, files as a grid or a list, the details of what is chosen, and downloads."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QKeySequence, QPixmap, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from gui.desk import Desk
from gui.models.folders import TRASH, FolderModel
from gui.models.library_order import Chip, Selection
from gui.models.record import RecordWatch
from gui.transfer.library.files import LibraryFile
from gui.transfer.library.mirror import Standing, Status
from gui.views.connections_dialog import ConnectDialog
from gui.views.empty import EmptyState
from gui.views.library_actions import LibraryActions
from gui.views.library_bar import LibraryBar
from gui.views.library_detail import WIDTH, LibraryDetail
from gui.views.library_downloads import DownloadStrip
from gui.views.library_folders import FolderTree
from gui.views.library_grid import TileGrid
from gui.views.library_table import Chosen, LibraryTable
from gui.views.library_tiles import TileDelegate, tile_size
from gui.views.parts import button, header, page_layout

_SEARCH_MS = 150
_COUNT_MS = 300
_CHOSEN_MS = 30


class LibraryPage(QWidget):
    """One appliance's files, live. `copied` and `noted` are for the window to tell."""

    copied = Signal(str, str)
    noted = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk, self._libraries = desk, desk.libraries
        self._model = desk.libraries.model
        self.folders = FolderModel()
        self.tree = FolderTree(self.folders)
        self.grid = TileGrid(tile_size(self.fontMetrics()))
        self.table = LibraryTable(self._model, self._picture)
        self.detail = LibraryDetail(RecordWatch(desk.connections, desk.background, self))
        self.chosen = Chosen(self._model, self.table.selectionModel())
        self.actions_for_chosen = LibraryActions(desk, self.chosen.files, self.folders.folders, self)
        self.downloads = DownloadStrip(self._libraries)
        self.bar = LibraryBar()
        self._middle = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._connect_button = button(self.tr("&Connect to an appliance…"), "add", "primary")
        self._again = button(self.tr("Try again"), "retry")
        self._empty = EmptyState("library", "", "", self._connect_button, self._again)
        self._prepare_grid()
        self._put_together()
        self._timers()
        self._wire_up()
        self._show_connections()
        self._show_view(grid=desk.settings.remembered("library_view", "grid") == "grid")
        self._show_chosen()

    def view(self) -> QAbstractItemView:
        """The grid or the list."""
        return self.grid if self.bar.as_grid.isChecked() else self.table

    def showEvent(self, event: QShowEvent) -> None:
        """Nothing is asked of the appliance before somebody looks."""
        super().showEvent(event)
        self._choose_connection()

    def _prepare_grid(self) -> None:
        self.grid.setModel(self._model)
        self.grid.setItemDelegate(TileDelegate(self._picture, self.grid))
        self.grid.setSelectionModel(self.table.selectionModel())
        for view in (self.grid, self.table):
            view.setAccessibleName(self.tr("Files"))

    def _put_together(self) -> None:
        for shown in (self.grid, self.table, self._empty):
            self._middle.addWidget(shown)
        for part in (self.tree, self._middle, self.detail):
            self._splitter.addWidget(part)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setCollapsible(1, False)
        self._splitter.setHandleWidth(10)
        self._splitter.setSizes([190, 640, WIDTH])
        self._splitter.restoreState(self.desk.settings.state("library"))
        layout = page_layout(self)
        layout.addLayout(header(self.tr("Library"), *self.bar.head()))
        layout.addWidget(self.bar)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self.downloads)

    def _timers(self) -> None:
        self._searching, self._counting, self._choosing = QTimer(self), QTimer(self), QTimer(self)
        for timer, after_ms, work in (
            (self._searching, _SEARCH_MS, self._show_rows),
            (self._counting, _COUNT_MS, self._count),
            (self._choosing, _CHOSEN_MS, self._show_chosen),
        ):
            timer.setSingleShot(True)
            timer.setInterval(after_ms)
            timer.timeout.connect(work)

    def _wire_up(self) -> None:
        desk, actions = self.desk, self.actions_for_chosen
        desk.connection_news.changed.connect(self._show_connections)
        self._libraries.status.connect(self._show_status)
        self._libraries.thumbnails.arrived.connect(lambda name: self.view().viewport().update())
        self._model.counted.connect(self._model_changed)
        self.bar.connection.activated.connect(self._choose_connection)
        self.bar.chosen.connect(self._show_rows)
        self.bar.search.textChanged.connect(self._searching.start)
        QShortcut(QKeySequence.StandardKey.Find, self).activated.connect(self.bar.search.setFocus)
        self.bar.order.activated.connect(self._sort)
        self.table.horizontalHeader().sortIndicatorChanged.connect(lambda column, order: self._name_order())
        self.bar.as_grid.clicked.connect(lambda: self._show_view(grid=True))
        self.bar.as_list.clicked.connect(lambda: self._show_view(grid=False))
        self.tree.chosen.connect(lambda folder: self._show_rows())
        self.tree.menu_wanted.connect(self._open_folder_menu)
        self.table.selectionModel().selectionChanged.connect(lambda now, before: self._choosing.start())
        for view in (self.grid, self.table):
            view.menu_wanted.connect(partial(self._open_menu, view))
            view.activated.connect(lambda index: actions.open.trigger())
        for teller in (actions, self.detail):
            teller.copied.connect(self.copied)
        actions.noted.connect(self.noted)
        self.detail.download.clicked.connect(actions.download.trigger)
        self.detail.share.clicked.connect(actions.share.trigger)
        self.detail.restore.clicked.connect(actions.restore.trigger)
        self.detail.more.clicked.connect(lambda: actions.menu(self).popup(QCursor.pos()))
        self._connect_button.clicked.connect(self._open_connect)
        self._again.clicked.connect(self._try_again)
        self._splitter.splitterMoved.connect(lambda: desk.settings.set_state("library", self._splitter.saveState()))

    def _picture(self, one: LibraryFile) -> QPixmap | None:
        return self._libraries.thumbnails.picture(self._libraries.connection, one)

    def _show_connections(self) -> None:
        """The list of appliances as it is now; where the shown one has gone, the default."""
        chosen = self._libraries.connection
        connections = self.desk.connections.all()
        default = self.desk.connections.default
        self.bar.connection.clear()
        for one in connections:
            self.bar.connection.addItem(one.name, one.id)
        wanted = chosen if any(one.id == chosen for one in connections) else default.id if default else ""
        self.bar.connection.setCurrentIndex(max(0, self.bar.connection.findData(wanted)))
        self.bar.connection.setVisible(len(connections) > 1)
        if self.isVisible() or (chosen and wanted != chosen):
            self._choose_connection()
        self._libraries.keep_only([one.id for one in connections])

    def _choose_connection(self) -> None:
        self._libraries.show(str(self.bar.connection.currentData() or ""))
        self._show_middle()

    def _show_rows(self) -> None:
        folder = self.tree.folder
        place = "" if folder == TRASH else folder
        self._model.show(Selection(place, trash=folder == TRASH, chip=self.bar.chip, words=self.bar.words))
        self._show_middle()

    def _show_view(self, *, grid: bool) -> None:
        (self.bar.as_grid if grid else self.bar.as_list).setChecked(True)
        self.desk.settings.remember("library_view", "grid" if grid else "list")
        self.bar.order.setVisible(grid)
        self._name_order()
        self._show_middle()

    def _sort(self) -> None:
        column, order = self.bar.order.currentData()
        self.table.sortByColumn(column, order)

    def _name_order(self) -> None:
        self.bar.name_order(*self._model.order)

    def _model_changed(self) -> None:
        if not self._counting.isActive():
            self._counting.start()
        self._choosing.start()
        self._show_middle()

    def _count(self) -> None:
        self.folders.count(self._model.all())

    def _show_chosen(self) -> None:
        chosen = self.chosen.files()
        self.actions_for_chosen.choose(chosen)
        self.detail.setVisible(bool(chosen))
        if chosen:
            self.detail.show_files(self._libraries.connection, chosen)

    def _show_status(self, status: Status) -> None:
        said = {
            Standing.LISTING: self.tr("Listing… {count}").format(count=status.listed) if status.listed else "",
            Standing.LIVE: "",
            Standing.OFFLINE: self.tr("Offline: what is shown is as it was"),
            Standing.REFUSED: self.tr("Not connected"),
        }
        self.bar.standing.setText(said[status.standing])
        self.bar.standing.setToolTip(status.reason)
        self._show_middle()

    def _show_middle(self) -> None:
        """The files, or in their place the words that say why there are none."""
        if self._model.rowCount():
            self._middle.setCurrentWidget(self.view())
            return
        connect, again = False, False
        library = self._libraries.library
        status = library.status if library else Status(Standing.LISTING)
        if not self.desk.connections.all():
            sentence = self.tr("No appliance is connected yet")
            advice = self.tr("Its films, pictures and files will be here: to be found, shared and downloaded.")
            connect = True
        elif status.standing in (Standing.OFFLINE, Standing.REFUSED) and not any(True for _ in self._model.all()):
            sentence, advice, again = self.tr("The library cannot be shown now"), status.reason, True
        elif status.standing is Standing.LISTING:
            sentence, advice = self.tr("Listing…"), ""
        elif self.bar.words or self.bar.chip is not Chip.ALL:
            sentence = self.tr("Nothing like that is here")
            advice = self.tr("Try other words, choose All above, or All files at the left.")
        elif self.tree.folder == TRASH:
            sentence = self.tr("The trash is empty")
            advice = self.tr("What is moved here can be restored for 30 days.")
        else:
            sentence = self.tr("No files yet")
            advice = self.tr("Drop files or folders anywhere in this window: they appear here as they arrive.")
        self._empty.say(sentence, advice)
        self._connect_button.setVisible(connect)
        self._again.setVisible(again)
        self._middle.setCurrentWidget(self._empty)

    def _open_menu(self, view: QAbstractItemView, point: QPoint) -> None:
        self._show_chosen()
        if self.chosen.files():
            self.actions_for_chosen.menu(self).popup(view.viewport().mapToGlobal(point))

    def _open_folder_menu(self, folder: str, where: QPoint) -> None:
        if folder == TRASH:
            return
        actions = self.actions_for_chosen
        menu = QMenu(self)
        menu.addAction(self.tr("&Download all of it…"), partial(actions.download_folder, folder))
        menu.addAction(self.tr("&Share it…"), partial(actions.share_folder, folder))
        menu.popup(where)

    def _open_connect(self) -> None:
        ConnectDialog(self.desk, self).open()

    def _try_again(self) -> None:
        library = self._libraries.library
        if library is not None:
            library.refresh()
