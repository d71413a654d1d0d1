"""The pages of the window, in the order of its sidebar."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP
from PySide6.QtWidgets import QWidget

from gui.desk import Desk
from gui.views.hot_folders import HotFoldersPage
from gui.views.library import LibraryPage
from gui.views.settings import SettingsPage
from gui.views.transfers import TransfersPage


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the sidebar. title: in the context `Page` of the translation. icon: a name of `gui.views.icons`."""

    name: str
    title: str
    icon: str
    build: Callable[[Desk], QWidget]


#: A page is a QWidget made of a Desk, in a module of its own beside this one.
PAGES = (
    Page("transfers", str(QT_TRANSLATE_NOOP("Page", "Transfers")), "transfers", TransfersPage),
    Page("library", str(QT_TRANSLATE_NOOP("Page", "Library")), "library", LibraryPage),
    Page("hot_folders", str(QT_TRANSLATE_NOOP("Page", "Hot folders")), "hot_folders", HotFoldersPage),
    Page("settings", str(QT_TRANSLATE_NOOP("Page", "Settings")), "settings", SettingsPage),
)
