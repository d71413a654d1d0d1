"""How much is sent at once, and what is told of it."""

from dataclasses import replace

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox, QSpinBox

from gui.desk import Desk
from gui.views.cards import Card
from gui.views.limit import LimitButton

_MOST = 16


class SendingCard(Card):
    """Changes go to the engine at once."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(QCoreApplication.translate("Settings", "Transfers"))
        self._settings = settings = desk.settings
        options = settings.options
        files, parts = _number(options.files_at_a_time), _number(options.parts_at_a_time)
        files.valueChanged.connect(lambda count: settings.set_options(replace(settings.options, files_at_a_time=count)))
        parts.valueChanged.connect(lambda count: settings.set_options(replace(settings.options, parts_at_a_time=count)))
        self.add_row(
            self.tr("Large f&iles at a time"), self.tr("Small files go beside them, in a lane of their own."), files
        )
        self.add_row(self.tr("Pa&rts of each at a time"), self.tr("More help on fast networks with long ways."), parts)
        self.limit = LimitButton(desk)
        self.limit.setProperty("role", "")
        self.add_row(self.tr("&Bandwidth limit"), self.tr("Over all uploads together."), self.limit)
        awake = QCheckBox()
        awake.setChecked(options.hold_sleep)
        awake.toggled.connect(lambda on: settings.set_options(replace(settings.options, hold_sleep=on)))
        self.add_row(
            self.tr("&Keep the computer awake"), self.tr("While something is sent; the screen may go dark."), awake
        )
        notify = QCheckBox()
        notify.setChecked(settings.notify)
        notify.toggled.connect(settings.set_notify)
        self.add_row(
            self.tr("&Notify when files have arrived"),
            self.tr("Once for everything that was dropped together."),
            notify,
        )


def _number(value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, _MOST)
    box.setValue(value)
    box.lineEdit().setTextMargins(6, 0, 0, 0)
    return box
