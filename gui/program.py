"""The parts of the program, built once, and how they hang together while it runs."""

import contextlib
import gc
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.desk import Desk
from gui.models import words
from gui.models.background import Background
from gui.models.bridge import ConnectionNews, EngineBridge
from gui.models.drops import Drops, Ended
from gui.models.hot_folders import HotFoldersModel
from gui.models.libraries import Libraries
from gui.models.settings import Settings
from gui.models.transfers import TransfersModel
from gui.theme import Look
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.engine import Engine
from gui.transfer.errors import NotConfigured
from gui.transfer.hotfolders.hot_folders import HotFolders
from gui.transfer.places import cache_folder, config_folder, state_folder
from gui.views.main_window import MainWindow
from gui.views.task_bar import TaskBar
from gui.views.tray import Tray

ICON = theme.RESOURCES / "media-uploader.svg"


@dataclass(frozen=True, slots=True)
class Places:
    """config: connections and settings. state: the journal. cache: what can be had again."""

    config: Path
    state: Path
    cache: Path

    @classmethod
    def usual(cls) -> "Places":
        return cls(config_folder(), state_folder(), cache_folder())

    @classmethod
    def within(cls, folder: Path) -> "Places":
        return cls(folder, folder, folder / "cache")


def open_desk(places: Places) -> Desk:
    """Everything but the window; nothing is sent before `engine.start`. Raises NotConfigured, JournalInUse."""
    places.state.mkdir(parents=True, exist_ok=True)
    places.config.mkdir(parents=True, exist_ok=True)
    book = ConnectionBook(places.config)
    # Where nothing can be written, adding a connection says so.
    with contextlib.suppress(NotConfigured):
        book.adopt_local()
    settings = Settings(places.config / "window.ini")
    engine = Engine(places.state / "window.db", book.client, settings.options)
    bridge, background = EngineBridge(engine), Background()
    transfers = TransfersModel()
    transfers.load(engine.transfers())
    bridge.changed.connect(transfers.apply)
    drops = Drops(engine, bridge, book, settings, background, QGuiApplication.clipboard())
    libraries = Libraries(book, places.cache)
    hot_folders = HotFoldersModel(HotFolders(places.state / "hot-folders.db", engine))
    news = ConnectionNews(book)
    return Desk(engine, bridge, book, news, settings, background, transfers, drops, libraries, hot_folders)


class Program(QObject):
    """The running program. `start` shows the window and lets the engine go; `close` ends all of it."""

    def __init__(self, app: QApplication, desk: Desk) -> None:
        super().__init__()
        self.app, self.desk = app, desk
        self._task_bar = TaskBar()
        self._closed = False
        app.setQuitOnLastWindowClosed(False)
        app.setWindowIcon(QIcon(str(ICON)))
        self._dress()
        self.window = MainWindow(desk)
        self.tray = self._make_tray() if Tray.available() else None
        self.window.stays_in_tray = self.tray is not None
        self.window.closed.connect(self._window_closed)
        desk.settings.changed.connect(self._settings_changed)
        desk.transfers.tallied.connect(self._show_progress)
        desk.drops.ended.connect(self._tell_end)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._scheme_changed)

    def start(self, files: list[Path]) -> None:
        """files: what the command line named."""
        self.window.show()
        # A list of a hundred thousand rows is not garbage: looking through it would hold up a frame.
        gc.collect()
        gc.freeze()
        self.desk.engine.start()
        self.desk.hot_folders.start()
        for note in (self.desk.engine.journal_note, self.desk.connections.note, self.desk.hot_folders.folders.note):
            if note:
                self.window.toast.say(note)
        self.window.add(files)

    def called(self, files: list[Path]) -> None:
        """Somebody started the program again."""
        self.window.come_forward()
        self.window.add(files)

    def close(self) -> None:
        """What is being sent goes on at the next start. Idempotent."""
        if self._closed:
            return
        self._closed = True
        QGuiApplication.styleHints().colorSchemeChanged.disconnect(self._scheme_changed)
        if self.tray is not None:
            self.tray.close()
        self.desk.bridge.close()
        self.desk.connection_news.close()
        self.desk.background.close()
        self.desk.libraries.close()
        self.desk.hot_folders.close()
        self.desk.engine.stop()
        self.desk.connections.close()

    def _make_tray(self) -> Tray:
        tray = Tray(self.desk, self.app.windowIcon(), self.window.transfers.toggle_pause)
        tray.copied.connect(self.window.put_on_clipboard)
        tray.opened.connect(self.window.come_forward)
        tray.quit_wanted.connect(self.app.quit)
        return tray

    def _window_closed(self) -> None:
        if self.tray is None:
            self.app.quit()
        elif self.desk.transfers.tally.progress is not None:
            self.tray.say(self.tr("Media uploader"), self.tr("It goes on in the tray."))

    def _dress(self) -> None:
        theme.apply(self.app, self.desk.settings.look, self.desk.settings.text_size)

    def _scheme_changed(self) -> None:
        if self.desk.settings.look is Look.SYSTEM:
            self._dress()

    def _settings_changed(self, key: str) -> None:
        if key in ("look", "text_size"):
            self._dress()
        elif self.desk.engine.options != self.desk.settings.options:
            self.desk.engine.set_options(self.desk.settings.options)

    def _show_progress(self) -> None:
        tally = self.desk.transfers.tally
        self._task_bar.show(tally)
        self.window.show_progress(tally.progress)

    def _tell_end(self, ended: Ended) -> None:
        if not self.desk.settings.notify:
            return
        text = self._end_words(ended)
        if self.tray is not None and not self.window.isActiveWindow():
            self.tray.say(self.tr("Media uploader"), text)
        else:
            self.window.toast.say(text)

    def _end_words(self, ended: Ended) -> str:
        sentences = []
        if ended.done:
            sentences.append(self.tr("{files} sent.").format(files=words.files(ended.done)))
        if ended.failed:
            files = words.files(ended.failed)
            sentences.append(self.tr("{files} failed: {reason}").format(files=files, reason=ended.reason))
        if ended.cancelled and not ended.done and not ended.failed:
            sentences.append(self.tr("Cancelled."))
        return " ".join(sentences)
