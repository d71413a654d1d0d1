"""The dialog that adds a hot folder or changes one."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui.desk import Desk
from gui.transfer.hotfolders.profiles import After, Profile, ProfileRefused
from gui.views.parts import GAP, MARGIN, button, label

_WIDTH = 560
_HIGH, _NORMAL, _LOW = 10, 0, -10


class HotFolderDialog(QDialog):
    """Adds one where no profile is given; closes once what was asked for is in force."""

    def __init__(self, desk: Desk, profile: Profile | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._profile = desk, profile
        self.setWindowTitle(self.tr("Change a hot folder") if profile else self.tr("Add a hot folder"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self.root, self.folder, self.tags = QLineEdit(), QLineEdit(), QLineEdit()
        self.connection, self.priority, self.after = QComboBox(), QComboBox(), QComboBox()
        self.move_to, self.include, self.ignore = QLineEdit(), QLineEdit(), QLineEdit()
        self.private = QCheckBox(self.tr("&Private: links open only with a key or a share"))
        self.polling = QCheckBox(self.tr("It is on a &network drive: look every ten seconds"))
        self.settle = QSpinBox()
        self.trouble = label("", "bad", wrap=True)
        self.trouble.hide()
        self.save = button(self.tr("&Save") if profile else self.tr("A&dd"), role="primary")
        self.cancel = button(self.tr("Cancel"))
        self._fill()
        self._put_together()
        self._show(profile or self._fresh())
        self.save.setDefault(True)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self.after.currentIndexChanged.connect(self._show_target)
        self.root.textChanged.connect(self._allow)
        self._allow()

    def _fill(self) -> None:
        for connection in self._desk.connections.all():
            self.connection.addItem(connection.name, connection.id)
        for name, value in (
            (self.tr("Normal"), _NORMAL), (self.tr("Before others"), _HIGH), (self.tr("After others"), _LOW)
        ):  # fmt: skip
            self.priority.addItem(name, value)
        for name, after in (
            (self.tr("Leave it here"), After.LEAVE),
            (self.tr("Move it to a folder"), After.MOVE),
            (self.tr("Delete it"), After.DELETE),
        ):
            self.after.addItem(name, after)
        self.settle.setRange(0, 86_400)
        self.settle.setSuffix(self.tr(" s"))
        self.settle.lineEdit().setTextMargins(8, 0, 0, 0)
        self.folder.setPlaceholderText(self.tr("show/day 1"))
        self.tags.setPlaceholderText(self.tr("with commas between"))
        self.include.setPlaceholderText(self.tr("all files; *.mov, *.mp4 for some"))

    def _put_together(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN - 4)
        layout.setSpacing(GAP)
        choose = button(self.tr("C&hoose…"), "folder")
        choose.clicked.connect(self._choose)
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self.root, 1)
        place.addWidget(choose)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        here = label(self.tr("&Folder here"))
        here.setBuddy(self.root)
        form.addRow(here, place)
        self._row(form, self.tr("&Appliance"), self.connection)
        self._row(form, self.tr("Folder &there"), self.folder)
        self._row(form, self.tr("Ta&gs"), self.tags)
        form.addRow("", self.private)
        self._row(form, self.tr("&Order"), self.priority)
        self._row(form, self.tr("Take a file when &unchanged for"), self.settle)
        self._row(form, self.tr("After it has arri&ved"), self.after)
        self._row(form, self.tr("&Move to"), self.move_to)
        self._row(form, self.tr("&Only such files"), self.include)
        self._row(form, self.tr("&Never such files"), self.ignore)
        form.addRow("", self.polling)
        self._form = form
        self.root.setAccessibleName(self.tr("Folder here"))
        layout.addLayout(form)
        proof = self.tr(
            "A file is moved or deleted only after its bytes on the appliance were compared with those here."
        )
        layout.addWidget(label(proof, "faint", wrap=True))
        layout.addWidget(self.trouble)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        layout.addLayout(buttons)

    def _row(self, form: QFormLayout, name: str, widget: QWidget) -> None:
        widget.setAccessibleName(name.replace("&", ""))
        form.addRow(name, widget)

    def _fresh(self) -> Profile:
        default = self._desk.connections.default
        return Profile(Path(), default.id if default else "")

    def _show(self, profile: Profile) -> None:
        self.root.setText("" if self._profile is None else str(profile.root))
        known = self.connection.findData(profile.connection)
        self.connection.setCurrentIndex(known)
        self.folder.setText(profile.folder)
        self.tags.setText(", ".join(profile.tags))
        self.private.setChecked(profile.private)
        self.priority.setCurrentIndex(max(0, self.priority.findData(profile.priority)))
        self.settle.setValue(round(profile.settle_s))
        self.after.setCurrentIndex(self.after.findData(profile.after))
        self.move_to.setText(profile.move_to)
        self.include.setText(", ".join(profile.include))
        self.ignore.setText(", ".join(profile.ignore))
        self.ignore.setCursorPosition(0)
        self.polling.setChecked(profile.polling)
        self._show_target()

    def _show_target(self) -> None:
        self._form.setRowVisible(self.move_to, self.after.currentData() == After.MOVE)

    def _allow(self) -> None:
        self.save.setEnabled(bool(self.root.text().strip()) and self.connection.count() > 0)
        if not self.connection.count():
            self._complain(self.tr("Connect to an appliance first, in the settings."))

    def _choose(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder"), self.root.text())
        if name:
            self.root.setText(name)

    def _save(self) -> None:
        folders = self._desk.hot_folders.folders
        wanted = self._wanted()
        try:
            if not wanted.root.is_dir() and self._profile is None:
                raise ProfileRefused(self.tr("There is no folder {name}.").format(name=wanted.root))
            if self._profile is None:
                folders.add(wanted)
            else:
                folders.change(wanted)
        except (ProfileRefused, KeyError) as error:
            self._complain(str(error))
            return
        self._desk.hot_folders.refresh()
        self.accept()

    def _wanted(self) -> Profile:
        before = self._profile or self._fresh()
        return replace(
            before,
            root=Path(self.root.text().strip()),
            connection=self.connection.currentData() or before.connection,
            folder=self.folder.text().strip().strip("/"),
            tags=_listed(self.tags),
            private=self.private.isChecked(),
            priority=self.priority.currentData(),
            settle_s=self.settle.value(),
            after=After(self.after.currentData()),
            move_to=self.move_to.text().strip(),
            include=_listed(self.include),
            ignore=_listed(self.ignore),
            polling=self.polling.isChecked(),
        )

    def _complain(self, text: str) -> None:
        self.trouble.setText(text)
        self.trouble.show()


def _listed(line: QLineEdit) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.text().split(",") if part.strip())
