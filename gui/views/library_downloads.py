"""The strip of downloads at the foot of the library: what is on its way, and what came of it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout

from gui.models import words
from gui.models.libraries import Libraries
from gui.transfer.downloads.rows import Download, DownloadState
from gui.transfer.errors import shown
from gui.views.icons import set_icon
from gui.views.parts import button, icon_button, label
from gui.views.reveal import show_in_folder


class DownloadStrip(QFrame):
    """Sums up all downloads; hidden while there are none."""

    def __init__(self, libraries: Libraries) -> None:
        super().__init__()
        self._downloads = libraries.downloads
        self._rows: dict[int, Download] = {}
        self.setProperty("role", "card")
        self.words = label("")
        self.trouble = label("", "bad", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Downloads"))
        self.hold = button("")
        self.again = button(self.tr("Try again"), "retry")
        self.reveal = button(self.tr("Show in folder"), "folder")
        self.away = icon_button("close", self.tr("Cancel what is not done, and clear"))
        self._put_together()
        self.hold.clicked.connect(self._hold)
        self.again.clicked.connect(self._again)
        self.reveal.clicked.connect(self._reveal)
        self.away.clicked.connect(self._clear)
        libraries.downloaded.connect(self._hear)
        self.hide()

    def _put_together(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self.words)
        texts.addWidget(self.bar)
        texts.addWidget(self.trouble)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 10, 10)
        row.setSpacing(8)
        row.addLayout(texts, 1)
        for widget in (self.again, self.hold, self.reveal, self.away):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def _hear(self, rows: Sequence[Download]) -> None:
        for one in rows:
            if one.gone:
                self._rows.pop(one.id, None)
            else:
                self._rows[one.id] = one
        self._show()

    def _show(self) -> None:
        rows = list(self._rows.values())
        self.setVisible(bool(rows))
        if not rows:
            return
        counted = [one for one in rows if one.state is not DownloadState.CANCELLED]
        total = sum(one.file.size for one in counted)
        come = sum(one.file.size if one.state is DownloadState.DONE else one.received for one in counted)
        self.bar.setValue(1000 if total == 0 else int(1000 * come / total))
        going = [one for one in rows if not one.ended and one.state is not DownloadState.PAUSED]
        failed = [one for one in rows if one.state is DownloadState.FAILED]
        stuck = [one for one in rows if one.state is DownloadState.SUSPENDED]
        self.words.setText(self._sentence(counted, going, come, total))
        worst = next(iter(failed or stuck), None)
        self.trouble.setText(f"{worst.file.name}: {worst.reason}" if worst else "")
        self.trouble.setVisible(worst is not None)
        held = any(one.state is DownloadState.PAUSED for one in rows)
        self.hold.setVisible(bool(going) or held)
        self.hold.setText(self.tr("Pause") if going else self.tr("Resume"))
        set_icon(self.hold, "pause" if going else "play")
        self.again.setVisible(bool(failed))
        self.reveal.setVisible(any(one.state is DownloadState.DONE for one in rows))

    def _sentence(self, counted: list[Download], going: list[Download], come: int, total: int) -> str:
        done = [one for one in counted if one.state is DownloadState.DONE]
        if len(done) == len(counted):
            present = sum(one.present for one in done)
            text = self.tr("{files} downloaded and compared.").format(files=words.files(len(done)))
            return f"{text} {self.tr('{count} were there already.').format(count=present)}" if present else text
        speed = sum(one.speed for one in going)
        parts = [
            self.tr("Downloading {done} of {files}").format(done=len(done), files=words.files(len(counted))),
            f"{words.size(come)} / {words.size(total)}",
            words.speed(speed),
            words.remaining((total - come) / speed) if speed > 1 else "",
        ]
        return " · ".join(part for part in parts if part)

    def _ids(self, *states: DownloadState) -> list[int]:
        return [one.id for one in self._rows.values() if one.state in states]

    def _hold(self) -> None:
        going = [one.id for one in self._rows.values() if not one.ended and one.state is not DownloadState.PAUSED]
        if going:
            self._downloads.pause(going)
        else:
            self._downloads.resume(self._ids(DownloadState.PAUSED))

    def _again(self) -> None:
        self._downloads.resume(self._ids(DownloadState.FAILED))

    def _reveal(self) -> None:
        done = [one for one in self._rows.values() if one.state is DownloadState.DONE]
        if done and not show_in_folder(done[-1].target):
            self.trouble.setText(self.tr("It is in {folder}.").format(folder=shown(done[-1].target.parent)))
            self.trouble.show()

    def _clear(self) -> None:
        self._downloads.cancel([one.id for one in self._rows.values() if not one.ended])
        self._downloads.forget(list(self._rows))
