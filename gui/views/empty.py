"""What stands where a list is empty: a picture, a sentence, and what to do."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.views import icons
from gui.views.parts import label

_ICON = 56


class EmptyState(QWidget):
    """Centred; `say` changes its words."""

    def __init__(self, icon: str, sentence: str, advice: str, *buttons: QPushButton) -> None:
        super().__init__()
        self._icon = icon
        self._picture = QLabel()
        self._sentence, self._advice = label(sentence, "heading"), label(advice, "faint", wrap=True)
        for one in (self._picture, self._sentence, self._advice):
            one.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(2)
        layout.addWidget(self._picture)
        layout.addWidget(self._sentence)
        layout.addWidget(self._advice)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        layout.addSpacing(6)
        layout.addLayout(row)
        layout.addStretch(3)

    def say(self, sentence: str, advice: str) -> None:
        self._sentence.setText(sentence)
        self._advice.setText(advice)

    def paintEvent(self, event: QPaintEvent) -> None:
        colour = theme.colours_of(theme.application().palette()).faint
        if self._picture.property("colour") != colour:
            self._picture.setProperty("colour", colour)
            self._picture.setPixmap(icons.pixmap(self._icon, colour, _ICON, self.devicePixelRatioF()))
        super().paintEvent(event)
