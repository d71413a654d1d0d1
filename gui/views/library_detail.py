"""What is known of the file that is chosen in the library: its picture, its facts and its links."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.models import library_cells, words
from gui.models.record import RecordWatch
from gui.transfer.library.files import LibraryFile
from gui.transfer.offers import Record
from gui.transfer.transfers import Links
from gui.views.link_rows import LinkRows
from gui.views.parts import button, icon_button, label
from gui.views.poster import Poster

WIDTH = 320


class LibraryDetail(QScrollArea):
    """Shows one file in full, of several their number and size. `copied` as LinkRows has it."""

    copied = Signal(str, str)

    def __init__(self, watch: RecordWatch) -> None:
        super().__init__()
        self._watch = watch
        self._shown: LibraryFile | None = None
        self.poster = Poster()
        self.name = label("", "heading", wrap=True)
        self.trouble = label("", "bad", wrap=True)
        self.links = LinkRows()
        self.download = button(self.tr("&Download…"), "download")
        self.share = button(self.tr("&Share…"), "share")
        self.restore = button(self.tr("&Restore"), "retry")
        self.more = icon_button("more", self.tr("What else can be done"))
        self._links_heading = label(self.tr("Links"), "heading")
        self._facts = QFormLayout()
        self._rows: dict[str, QLabel] = {}
        self.setAccessibleName(self.tr("Details"))
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(260)
        self._put_together()
        watch.told.connect(self._hear)
        watch.pictured.connect(self.poster.show_picture)
        self.links.copied.connect(self.copied)

    def fact(self, name: str) -> str:
        """What a row says; name: kind, size, picture, length, codecs, folder, tags, added, access or state."""
        return self._rows[name].text()

    def show_files(self, connection: str, chosen: Sequence[LibraryFile]) -> None:
        """connection: whose they are."""
        one = chosen[0] if len(chosen) == 1 else None
        if one is not None and (self._shown is None or self._shown.file_id != one.file_id):
            self.poster.show_icon(library_cells.icon_of(one))
            self._rows["codecs"].setText("")
        self._shown = one
        trashed = all(each.trashed for each in chosen)
        self.share.setHidden(trashed)
        self.restore.setVisible(trashed)
        for widget in (self.poster, self._links_heading, self.links):
            widget.setVisible(one is not None)
        if one is None:
            self._watch.follow_file(None)
            self.name.setText(self.tr("{files} chosen").format(files=words.files(len(chosen))))
            self.trouble.hide()
            self._show_facts({"size": words.size(sum(each.size for each in chosen))})
            return
        self._show_one(one)
        self._watch.follow_file((connection, one.file_id))

    def _show_one(self, one: LibraryFile) -> None:
        self.name.setText(" ".join(one.name.split("\n")))
        self.trouble.setText(one.trouble)
        self.trouble.setVisible(bool(one.trouble))
        title = one.title if one.title != one.name.rpartition(".")[0] else ""
        self._show_facts({
            "title": title,
            "kind": f"{one.type.upper()}",
            "size": words.size(one.size),
            "picture": f"{one.width} × {one.height}" if one.width and one.height else "",
            "length": library_cells.length(one.duration),
            "codecs": self._rows["codecs"].text(),
            "folder": one.folder,
            "tags": ", ".join(one.tags),
            "added": self._added(one),
            "access": self.tr("private: by key or share") if one.private else self.tr("whoever has the link"),
            "state": library_cells.state_word(one),
        })  # fmt: skip
        if not one.trashed:
            self.links.show_links(one.name, Links(one.link, page=one.page))
        self.links.setVisible(not one.trashed)
        self._links_heading.setVisible(not one.trashed)

    def _added(self, one: LibraryFile) -> str:
        day = library_cells.day(one.created_at)
        return self.tr("{day} by {key}").format(day=day, key=one.uploaded_by) if one.uploaded_by else day

    def _hear(self, record: Record) -> None:
        one = self._shown
        if one is None or record["fileId"] != one.file_id:
            return
        codecs: dict[str, Any] = record.get("codecs") or {}
        self._rows["codecs"].setText(", ".join(str(name) for name in codecs.values() if name))
        self._show_row("codecs")
        if not one.trashed:
            self.links.show_links(one.name, Links.of(record))

    def _show_facts(self, facts: dict[str, str]) -> None:
        for name, row in self._rows.items():
            row.setText(facts.get(name, ""))
            self._show_row(name)

    def _show_row(self, name: str) -> None:
        row = self._rows[name]
        self._facts.setRowVisible(row, bool(row.text()))

    def _put_together(self) -> None:
        page = QWidget()
        page.setObjectName("page")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self.poster)
        layout.addSpacing(4)
        layout.addWidget(self.name)
        layout.addWidget(self.trouble)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for widget in (self.download, self.share, self.restore, self.more):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        layout.addSpacing(4)
        self._facts.setVerticalSpacing(5)
        self._facts.setHorizontalSpacing(14)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, text in (
            ("title", self.tr("Title")),
            ("kind", self.tr("Kind")),
            ("size", self.tr("Size")),
            ("picture", self.tr("Picture")),
            ("length", self.tr("Length")),
            ("codecs", self.tr("Codecs")),
            ("folder", self.tr("Folder")),
            ("tags", self.tr("Tags")),
            ("added", self.tr("Added")),
            ("access", self.tr("Open to")),
            ("state", self.tr("State")),
        ):
            value = label("", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._rows[name] = value
            self._facts.addRow(label(text, "faint"), value)
        layout.addLayout(self._facts)
        layout.addSpacing(8)
        layout.addWidget(self._links_heading)
        layout.addWidget(self.links)
        layout.addStretch(1)
        self.setWidget(page)
