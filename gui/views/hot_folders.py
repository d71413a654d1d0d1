"""The page of hot folders: a card for each, and what can be done with it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.transfer.hotfolders.profiles import Profile
from gui.views.empty import EmptyState
from gui.views.hot_folder_card import HotFolderCard
from gui.views.hot_folder_dialog import HotFolderDialog
from gui.views.parts import button, header, page_layout

_WIDEST = 900


class HotFoldersPage(QWidget):
    """Shows the model as it is now."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._model = desk, desk.hot_folders
        self.add = button(self.tr("&Add a folder…"), "add", "primary")
        self.add.clicked.connect(self.open_dialog)
        first = button(self.tr("Add a &folder…"), "add", "primary")
        first.clicked.connect(self.open_dialog)
        self.cards: list[HotFolderCard] = []
        self._column = QWidget()
        self._column.setObjectName("page")
        self._column.setMaximumWidth(_WIDEST)
        self._list = QVBoxLayout(self._column)
        self._list.setContentsMargins(0, 0, 12, 12)
        self._list.setSpacing(14)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.tr("Hot folders"))
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._column)
        empty = EmptyState(
            "hot_folders",
            self.tr("No hot folders yet"),
            self.tr("Whatever is put into a hot folder goes up by itself, once it is finished."),
            first,
        )
        layout = page_layout(self)
        layout.addLayout(header(self.tr("Hot folders"), self.add))
        self._pages = QStackedLayout()
        self._pages.addWidget(empty)
        self._pages.addWidget(scroll)
        layout.addLayout(self._pages, 1)
        self._model.rearranged.connect(self._rebuild)
        self._model.changed.connect(self._refresh)
        desk.connection_news.changed.connect(self._refresh_all)
        self._rebuild()

    def open_dialog(self) -> None:
        """Ask for one more."""
        HotFolderDialog(self._desk, None, self).open()

    def _edit(self, profile: Profile) -> None:
        HotFolderDialog(self._desk, profile, self).open()

    def _rebuild(self) -> None:
        for card in self.cards:
            self._list.removeWidget(card)
            card.deleteLater()
        self.cards = [HotFolderCard(self._desk, status) for status in self._model.all()]
        for number, card in enumerate(self.cards):
            card.edit_wanted.connect(self._edit)
            self._list.insertWidget(number, card)
        self._pages.setCurrentIndex(1 if self.cards else 0)
        self.add.setVisible(bool(self.cards))

    def _refresh(self, folder_id: int) -> None:
        for card in self.cards:
            if card.folder_id == folder_id:
                card.show_status(self._model.of(folder_id))

    def _refresh_all(self) -> None:
        for card in self.cards:
            self._refresh(card.folder_id)
