"""The window: a sidebar, and the page that is chosen in it."""

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QMainWindow, QStackedWidget, QWidget

from gui import theme
from gui.desk import Desk
from gui.views.icons import icon
from gui.views.pages import PAGES, Page


class MainWindow(QMainWindow):
    """Shows the desk. `show_page` goes to a page by its name."""

    def __init__(self, desk: Desk, pages: tuple[Page, ...] = PAGES) -> None:
        super().__init__()
        self._desk = desk
        self._pages = pages
        self.setWindowTitle(self.tr("Media uploader"))
        self.setMinimumSize(720, 480)
        self.resize(1180, 760)
        self._stack = QStackedWidget()
        self._sidebar = self._make_sidebar()
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._sidebar)
        row.addWidget(self._stack, 1)
        self.setCentralWidget(body)
        for page in pages:
            self._stack.addWidget(page.build(desk))
        for number, page in enumerate(pages, 1):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda name=page.name: self.show_page(name))
        self._sidebar.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._sidebar.setCurrentRow(0)
        self.restoreGeometry(desk.settings.state("window"))

    def page(self, name: str) -> QWidget:
        """The widget of a page. StopIteration for a name that is none."""
        widget = self._stack.widget(self._index(name))
        assert widget is not None
        return widget

    def show_page(self, name: str) -> None:
        self._sidebar.setCurrentRow(self._index(name))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._desk.settings.set_state("window", self.saveGeometry())
        super().closeEvent(event)

    def _index(self, name: str) -> int:
        return next(number for number, page in enumerate(self._pages) if page.name == name)

    def _make_sidebar(self) -> QListWidget:
        sidebar = QListWidget()
        sidebar.setObjectName("sidebar")
        sidebar.setAccessibleName(self.tr("Pages"))
        sidebar.setIconSize(QSize(20, 20))
        sidebar.setFixedWidth(190)
        sidebar.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        colour = theme.colours_of(self.palette()).ink
        for page in self._pages:
            title = QCoreApplication.translate("Page", page.title)
            sidebar.addItem(QListWidgetItem(icon(page.icon, colour), title))
        return sidebar
