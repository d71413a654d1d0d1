"""Small parts that several pages are put together from."""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from gui.views.icons import set_icon

#: Around a page, and between its parts, in device-independent pixels.
MARGIN, GAP = 24, 12


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A text; role: title, heading, faint or bad, as the style sheet has them."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


def breakable(text: str) -> str:
    """A sentence whose long words without spaces, fingerprints and addresses, may go over the end of a line."""
    return re.sub(r"(?<=[:/.])(?=[^\s])", "\N{ZERO WIDTH SPACE}", text)


def button(text: str, icon: str = "", role: str = "") -> QPushButton:
    """A button with words; role: primary, quiet, chip or bad."""
    made = QPushButton(text)
    made.setProperty("role", role)
    made.setAutoDefault(False)
    if icon:
        set_icon(made, icon)
    return made


def icon_button(icon: str, name: str) -> QToolButton:
    """A button without words; `name` is what it is called when pointed at or read aloud."""
    made = QToolButton()
    set_icon(made, icon)
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


def line() -> QFrame:
    """A thin line across."""
    made = QFrame()
    made.setProperty("role", "line")
    return made


def page_layout(page: QWidget) -> QVBoxLayout:
    """The layout of a whole page, with its margins."""
    layout = QVBoxLayout(page)
    layout.setContentsMargins(MARGIN, MARGIN - 4, MARGIN, MARGIN - 8)
    layout.setSpacing(GAP)
    return layout


def header(title: str, *widgets: QWidget) -> QHBoxLayout:
    """A page's title, and what one can do there at its right."""
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(label(title, "title"))
    row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    return row
