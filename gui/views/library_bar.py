"""What is above the library: search, chips, the order, the view, and whose files are shown."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from gui.models.library_order import Chip, LibraryColumn
from gui.views.parts import button, icon_button, label


class LibraryBar(QWidget):
    """The row of chips with the search; the other fields are for the page's head. `chosen` tells of another chip."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.connection = QComboBox()
        self.standing = label("", "faint")
        self.order = QComboBox()
        self.as_grid = icon_button("grid", self.tr("As tiles"))
        self.as_list = icon_button("list", self.tr("As a list"))
        self.chips: dict[Chip, QPushButton] = {}
        self._prepare_search()
        self._prepare_head()
        self._prepare_chips()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for chip in self.chips.values():
            row.addWidget(chip)
        row.addStretch(1)
        row.addWidget(self.search, 1)

    @property
    def chip(self) -> Chip:
        """The one that is chosen."""
        return next(chip for chip, made in self.chips.items() if made.isChecked())

    @property
    def words(self) -> tuple[str, ...]:
        """What is searched for."""
        return tuple(self.search.text().casefold().split())

    def head(self) -> tuple[QWidget, ...]:
        """What belongs beside the page's title."""
        return (self.standing, self.connection, self.order, self.as_grid, self.as_list)

    def name_order(self, column: LibraryColumn, order: Qt.SortOrder) -> None:
        """Say in which order the files are; one that has no name here is said by the list's head."""
        found = (n for n in range(self.order.count()) if self.order.itemData(n) == (int(column), order))
        self.order.setCurrentIndex(next(found, -1))

    def _prepare_search(self) -> None:
        self.search.setPlaceholderText(self.tr("Search names, folders and tags"))
        self.search.setAccessibleName(self.tr("Search the library"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(280)
        self.search.setMinimumWidth(140)
        self.search.setAcceptDrops(False)

    def _prepare_head(self) -> None:
        self.connection.setAccessibleName(self.tr("Appliance"))
        self.connection.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.order.setAccessibleName(self.tr("Order"))
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        for text, column, order in (
            (self.tr("Newest first"), LibraryColumn.CREATED, down),
            (self.tr("Oldest first"), LibraryColumn.CREATED, up),
            (self.tr("By name"), LibraryColumn.NAME, up),
            (self.tr("Largest first"), LibraryColumn.SIZE, down),
            (self.tr("Longest first"), LibraryColumn.DURATION, down),
        ):
            self.order.addItem(text, (int(column), order))
        views = QButtonGroup(self)
        for one in (self.as_grid, self.as_list):
            one.setCheckable(True)
            views.addButton(one)

    def _prepare_chips(self) -> None:
        group = QButtonGroup(self)
        for chip, text in (
            (Chip.ALL, self.tr("&All")),
            (Chip.VIDEO, self.tr("&Films")),
            (Chip.AUDIO, self.tr("So&und")),
            (Chip.IMAGE, self.tr("&Pictures")),
            (Chip.FILE, self.tr("Ot&hers")),
            (Chip.AT_WORK, self.tr("Not ready &yet")),
            (Chip.TROUBLE, self.tr("Trou&ble")),
        ):
            made = button(text, role="chip")
            made.setCheckable(True)
            made.setChecked(chip is Chip.ALL)
            group.addButton(made)
            made.clicked.connect(self.chosen)
            self.chips[chip] = made
