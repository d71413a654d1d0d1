"""The panel beside the list: the chosen file's picture, states and links."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gui.models import words
from gui.models.record import RecordWatch
from gui.transfer.offers import Record
from gui.transfer.transfers import Links, State, Transfer
from gui.views import kinds
from gui.views.link_rows import LinkRows
from gui.views.parts import button, label
from gui.views.poster import Poster
from gui.views.time_line import TimeLine, steps_of

WIDTH = 320


class DetailPanel(QScrollArea):
    """Shows one transfer, or says how many are chosen. `copied` as of LinkRows; `retry_wanted` of the shown one."""

    copied = Signal(str, str)
    retry_wanted = Signal()
    all_links_wanted = Signal()

    def __init__(self, watch: RecordWatch) -> None:
        super().__init__()
        self._watch = watch
        self._shown: Transfer | None = None
        self._record: Record | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setMinimumWidth(WIDTH - 40)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Details"))
        self.poster, self.time_line, self.links = Poster(), TimeLine(), LinkRows()
        self._name, self._facts = label("", "heading", wrap=True), label("", "faint", wrap=True)
        self._problem = label("", "bad", wrap=True)
        self._retry = button(self.tr("Try again"), "retry")
        self._copy_all = button(self.tr("Copy all links"), "copy")
        self._no_link = label(self.tr("The link is here as soon as the appliance has answered."), "faint", wrap=True)
        self._links_heading = label(self.tr("Links"), "heading")
        self._put_together()
        self._retry.clicked.connect(self.retry_wanted)
        self._copy_all.clicked.connect(self.all_links_wanted)
        self.links.copied.connect(self.copied)
        watch.told.connect(self._hear)
        watch.pictured.connect(self.poster.show_picture)

    def show_transfers(self, chosen: list[Transfer]) -> None:
        """One, several or none."""
        one = chosen[0] if len(chosen) == 1 else None
        if one is None or self._shown is None or one.id != self._shown.id:
            self._record = None
            self.poster.show_icon(kinds.icon_of(one.name) if one else "file")
        self._shown = one
        self._watch.follow(one)
        for widget in (self.poster, self.time_line, self._links_heading, self.links, self._no_link):
            widget.setVisible(one is not None)
        self._copy_all.setVisible(len(chosen) > 1)
        self._retry.setVisible(any(each.state in (State.FAILED, State.CANCELLED) for each in chosen))
        self._problem.hide()
        if one is not None:
            self._show_one(one)
        else:
            self._name.setText(self.tr("{files} chosen").format(files=words.files(len(chosen))))
            self._facts.setText(words.size(sum(each.size for each in chosen)))

    def _show_one(self, one: Transfer) -> None:
        self._name.setText(" ".join(one.name.split("\n")))
        private = self.tr("private") if one.private else ""
        pace = (words.speed(one.speed), words.remaining(one.remaining_s)) if one.active else ()
        facts = (words.size(one.size), one.folder, ", ".join(one.tags), private, *pace)
        self._facts.setText(" · ".join(fact for fact in facts if fact))
        needs_words = bool(one.reason) and one.state in (State.FAILED, State.SUSPENDED, State.CANCELLED, State.PAUSED)
        self._problem.setVisible(needs_words)
        self._problem.setText(one.reason)
        self._problem.setProperty("role", "bad" if one.state is State.FAILED else "faint")
        self._problem.style().polish(self._problem)
        state = self._record["state"] if self._record else one.file_state
        streams = self._record is None or self._record.get("kind") in ("video", "audio")
        self.time_line.show_steps(steps_of(one, state, streams=streams))
        links = Links.of(self._record) if self._record else one.links
        if links is not None and links.page is None and one.links is not None:
            links = replace(links, page=one.links.page)
        self.links.setVisible(links is not None)
        self._links_heading.setVisible(links is not None or not one.finished)
        self._no_link.setVisible(links is None and not one.finished)
        if links is not None:
            self.links.show_links(one.name, links)

    def _hear(self, record: Record) -> None:
        self._record = record
        if self._shown is not None:
            self._show_one(self._shown)

    def _put_together(self) -> None:
        page = QWidget()
        page.setObjectName("page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self.poster)
        layout.addSpacing(4)
        for widget in (self._name, self._facts, self._problem, self._retry, self._copy_all):
            layout.addWidget(widget)
        layout.addSpacing(4)
        layout.addWidget(self.time_line)
        layout.addSpacing(8)
        layout.addWidget(self._links_heading)
        layout.addWidget(self._no_link)
        layout.addWidget(self.links)
        layout.addStretch(1)
        self.setWidget(page)
