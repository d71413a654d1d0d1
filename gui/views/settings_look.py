"""How the program looks."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox

from gui.desk import Desk
from gui.theme import TEXT_SIZES, Look
from gui.views.cards import Card


class LookCard(Card):
    """Light, dark, or as the system has it; and the size of text."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(QCoreApplication.translate("Settings", "Look"))
        self._settings = desk.settings
        self._look = QComboBox()
        names = {
            Look.SYSTEM: self.tr("As the system has it"),
            Look.LIGHT: self.tr("Light"),
            Look.DARK: self.tr("Dark"),
        }
        for look, name in names.items():
            self._look.addItem(name, look)
        self._look.setCurrentIndex(self._look.findData(desk.settings.look))
        self._look.currentIndexChanged.connect(lambda: desk.settings.set_look(Look(self._look.currentData())))
        self.add_row(self.tr("&Colours"), "", self._look)
        self._size = QComboBox()
        for size in TEXT_SIZES:
            self._size.addItem(f"{round(size * 100)} %", size)
        nearest = min(TEXT_SIZES, key=lambda size: abs(size - desk.settings.text_size))
        self._size.setCurrentIndex(self._size.findData(nearest))
        self._size.currentIndexChanged.connect(lambda: desk.settings.set_text_size(self._size.currentData()))
        self.add_row(self.tr("Text si&ze"), self.tr("Of the size that the system has for text."), self._size)
