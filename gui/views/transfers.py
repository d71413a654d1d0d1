"""The page of transfers."""

from PySide6.QtWidgets import QWidget

from gui.desk import Desk
from gui.views.parts import header, page_layout


class TransfersPage(QWidget):
    """What is sent, was sent and will be sent."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        layout = page_layout(self)
        layout.addLayout(header(self.tr("Transfers")))
        layout.addStretch(1)
