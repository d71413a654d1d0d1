"""The states of a file on a line of time: what was, what is, what is still to come."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.models import cells, words
from gui.transfer.transfers import State, Transfer

_DOT, _INDENT = 5, 24
_PROCESSED = {
    "uploaded": "Stored",
    "processing": "Being prepared for viewing",
    "ready": "Ready to watch",
    "errored": "Stored, but could not be processed",
}


@dataclass(frozen=True, slots=True)
class Step:
    """mark: done, now, bad or later."""

    text: str
    at: str
    mark: str


def _tr(text: str) -> str:
    return QCoreApplication.translate("TimeLine", text)


def steps_of(transfer: Transfer, file_state: str | None, *, streams: bool = True) -> list[Step]:
    """Where a transfer is. file_state: the appliance's word; streams: whether it becomes something to watch."""
    steps = [Step(_tr("Added"), words.moment(transfer.created_at), "done")]
    linked = transfer.links is not None
    if linked or not transfer.finished:
        steps.append(Step(_tr("Link made"), "", "done" if linked else _now(transfer, State.WAITING, State.PREPARING)))
    if transfer.state is State.DONE:
        sent = _tr("Was there already") if transfer.duplicate else _tr("Sent")
        finished = words.moment(transfer.finished_at) if transfer.finished_at else ""
        return [*steps, Step(sent, finished, "done"), _processed(file_state, streams=streams)]
    if transfer.state in (State.FAILED, State.CANCELLED):
        at = words.moment(transfer.finished_at) if transfer.finished_at else ""
        return [*steps, Step(words.state_word(transfer), at, "bad" if transfer.state is State.FAILED else "now")]
    if linked:
        steps.append(Step(words.state_word(transfer), f"{cells.progress(transfer)} %", "now"))
    else:
        steps.append(Step(_tr("Sending"), "", "later"))
    return [*steps, Step(_tr("Stored"), "", "later")]


def _now(transfer: Transfer, *states: State) -> str:
    return "now" if transfer.state in states else "later"


def _processed(file_state: str | None, *, streams: bool) -> Step:
    if file_state == "ready" and not streams:
        return Step(_tr("Ready"), "", "done")
    text = _tr(_PROCESSED.get(file_state or "uploaded", file_state or ""))
    return Step(text, "", {"ready": "done", "errored": "bad"}.get(file_state or "", "now"))


class TimeLine(QWidget):
    """Painted steps, each with the time or the progress at its right."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[Step] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_steps(self, steps: list[Step]) -> None:
        self._steps = steps
        self.setAccessibleName(self.tr("Time line"))
        self.setAccessibleDescription(". ".join(f"{step.text} {step.at}".strip() for step in steps))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self._line() * max(1, len(self._steps)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.colours_of(theme.application().palette())
        marks = {"done": colours.good, "now": colours.accent, "bad": colours.bad, "later": colours.line}
        line = self._line()
        for number, step in enumerate(self._steps):
            middle = QPointF(_DOT + 2, line * (number + 0.5))
            if number + 1 < len(self._steps):
                painter.setPen(QPen(QColor(colours.line), 2))
                painter.drawLine(middle + QPointF(0, _DOT + 3), middle + QPointF(0, line - _DOT - 3))
            painter.setPen(QPen(QColor(marks[step.mark]), 2))
            filled = step.mark in ("done", "bad")
            painter.setBrush(QColor(marks[step.mark]) if filled else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, _DOT, _DOT)
            area = QRect(_INDENT, line * number, self.width() - _INDENT, line)
            at_width = painter.fontMetrics().horizontalAdvance(step.at)
            painter.setPen(QColor(colours.faint))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, step.at)
            painter.setPen(QColor(colours.faint if step.mark == "later" else colours.ink))
            area.setRight(area.right() - at_width - 8)
            text = painter.fontMetrics().elidedText(step.text, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _line(self) -> int:
        return int(self.fontMetrics().height() * 1.75)
