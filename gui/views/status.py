"""The line at the window's foot: what is done now, how fast, how long it takes, and the limit."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStatusBar, QWidget

from gui.desk import Desk
from gui.models import words
from gui.models.order import Filter
from gui.views.limit import LimitButton
from gui.views.parts import label


class StatusLine(QStatusBar):
    """Follows the tally of all transfers."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setSizeGripEnabled(False)
        self._text, self._note = label(), label("", "faint")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._bar.setAccessibleName(self.tr("Progress of all transfers"))
        self.limit = LimitButton(desk)
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(18, 3, 12, 3)
        layout.setSpacing(12)
        layout.addWidget(self._bar)
        layout.addWidget(self._text)
        layout.addWidget(self._note, 1)
        layout.addWidget(self.limit)
        self.addWidget(row, 1)
        desk.transfers.tallied.connect(self.show_tally)
        desk.connection_news.changed.connect(self.show_tally)
        self.show_tally()

    def show_tally(self) -> None:
        """The newest sums."""
        tally = self._desk.transfers.tally
        progress = tally.progress
        self._bar.setVisible(progress is not None)
        if progress is not None:
            self._bar.setValue(round(progress * 1000))
        self._text.setText(self._sentence())
        self._note.setText(self._desk.engine.awake_note())

    def _sentence(self) -> str:
        tally, counts = self._desk.transfers.tally, self._desk.transfers.tally.counts
        if self._desk.engine.paused:
            return self.tr("All is paused")
        if counts[Filter.ACTIVE]:
            facts = (
                words.speed(tally.speed),
                words.remaining(tally.remaining_s),
                self.tr("{size} left").format(size=words.size(tally.left)) if tally.left else "",
            )
            return " · ".join(fact for fact in facts if fact) or self.tr("Sending")
        if counts[Filter.WAITING]:
            return self.tr("{files} waiting").format(files=words.files(counts[Filter.WAITING]))
        connection = self._desk.connections.default
        if connection is None:
            return self.tr("No appliance is connected")
        return self.tr("Ready to send to {name}").format(name=connection.name)
