"""The page of settings."""

from PySide6.QtWidgets import QWidget

from gui.desk import Desk
from gui.views.parts import header, page_layout


class SettingsPage(QWidget):
    """How the program looks and works."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        layout = page_layout(self)
        layout.addLayout(header(self.tr("Settings")))
        layout.addStretch(1)
