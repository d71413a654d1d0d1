"""Cards of settings: a title, and rows with words at the left and what is set at the right."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QVBoxLayout, QWidget

from gui.views.parts import label, line

_CONTROL = 190


class Card(QFrame):
    """Rows are added from top to bottom."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(20, 16, 20, 18)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(label(title, "heading"), 0, 0, 1, 2)

    def add_row(self, name: str, explained: str, control: QWidget) -> None:
        """name: with a mnemonic, if there is one; explained: a sentence below it, or ''."""
        words = QVBoxLayout()
        words.setSpacing(2)
        caption = label(name)
        caption.setBuddy(control)
        words.addWidget(caption)
        if explained:
            words.addWidget(label(explained, "faint", wrap=True))
        if not control.accessibleName():
            control.setAccessibleName(name.replace("&", ""))
        control.setAccessibleDescription(explained)
        if not isinstance(control, QCheckBox):
            control.setMinimumWidth(_CONTROL)
        row = self._grid.rowCount()
        self._grid.addWidget(line(), row, 0, 1, 2)
        self._grid.addLayout(words, row + 1, 0)
        alignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(control, row + 1, 1, alignment)

    def add_wide(self, widget: QWidget) -> None:
        """A widget over the card's whole width."""
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 2)
