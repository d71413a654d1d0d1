"""What is put on the clipboard, and when."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from gui.desk import Desk
from gui.models.links import PRESETS, filled
from gui.transfer.transfers import Links
from gui.views.cards import Card
from gui.views.parts import label

_OWN = "own"
_ADDRESS = "http://media.local"
_SAMPLE = Links(
    f"{_ADDRESS}:8088/videos/team/4a0b8086.mp4",
    page=f"{_ADDRESS}:8080/watch/4a0b8086",
    hls=f"{_ADDRESS}:8088/4a0b.m3u8",
)


class CopyingCard(Card):
    """The form of copied links, with a sample of it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(QCoreApplication.translate("Settings", "Links"))
        self._settings = desk.settings
        at_drop = QCheckBox()
        at_drop.setChecked(desk.settings.copy_at_drop)
        at_drop.toggled.connect(desk.settings.set_copy_at_drop)
        self.add_row(
            self.tr("Copy links when files are &dropped"),
            self.tr("They work as soon as the files are there. A folder is one page for all that is in it."),
            at_drop,
        )
        self._form = QComboBox()
        for kind, name in (
            ("page", self.tr("Watch page")),
            ("link", self.tr("Permanent link")),
            ("markdown", self.tr("Markdown")),
            ("html", self.tr("HTML embed")),
            (_OWN, self.tr("A template of your own")),
        ):
            self._form.addItem(name, kind)
        self.add_row(self.tr("&Form of copied links"), "", self._form)
        self._template = QLineEdit(desk.settings.copy_template)
        self._template.setAccessibleName(self.tr("Template of copied links"))
        self._template.setPlaceholderText("{page}")
        self._hint = label(
            self.tr("{page}, {link}, {hls}, {embed}, {name} and {html} are filled in."), "faint", wrap=True
        )
        self._sample = label("", "faint", wrap=True)
        for widget in (self._template, self._hint, self._sample):
            self.add_wide(widget)
        kinds = {template: kind for kind, template in PRESETS.items()}
        self._form.setCurrentIndex(self._form.findData(kinds.get(desk.settings.copy_template, _OWN)))
        self._form.currentIndexChanged.connect(self._choose)
        self._template.textEdited.connect(self._set)
        self._show()

    def _choose(self) -> None:
        kind = self._form.currentData()
        if kind in PRESETS:
            self._set(PRESETS[kind])
        self._show()
        if kind == _OWN:
            self._template.setFocus()

    def _set(self, template: str) -> None:
        # An empty template would copy nothing, and nobody would know why.
        self._settings.set_copy_template(template if template.strip() else PRESETS["page"])
        self._show()

    def _show(self) -> None:
        own = self._form.currentData() == _OWN
        self._template.setVisible(own)
        self._hint.setVisible(own)
        if not self._template.hasFocus():
            self._template.setText(self._settings.copy_template)
        sample = filled(self._settings.copy_template, self.tr("Harbour.mp4"), _SAMPLE)
        self._sample.setText(self.tr("Looks like this: {sample}").format(sample=sample))
