"""The page of settings: cards one below the other, each a widget of its own."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gui.desk import Desk
from gui.views.connections import ConnectionsCard
from gui.views.parts import header, page_layout
from gui.views.settings_copying import CopyingCard
from gui.views.settings_look import LookCard
from gui.views.settings_sending import SendingCard

#: In the order of the page; each is a QWidget made of a Desk.
CARDS = (ConnectionsCard, CopyingCard, SendingCard, LookCard)
_WIDEST = 760


class SettingsPage(QWidget):
    """How the program looks and works; every change takes effect at once."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        layout = page_layout(self)
        layout.addLayout(header(self.tr("Settings")))
        body = QWidget()
        body.setObjectName("page")
        # The whole column, not each card: a card's height is worked out for the width of the column.
        body.setMaximumWidth(_WIDEST)
        cards = QVBoxLayout(body)
        cards.setContentsMargins(0, 0, 12, 12)
        cards.setSpacing(16)
        for card in CARDS:
            cards.addWidget(card(desk))
        cards.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName(self.tr("Settings"))
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        layout.addWidget(scroll, 1)
