"""What is asked before files of a library are shared, tagged, moved or renamed."""

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QInputDialog,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from gui.transfer.library.files import LibraryFile
from gui.views.parts import GAP, MARGIN, label

_WIDTH = 440


class ShareDialog(QDialog):
    """Title, end, password and download of a share; `answer` is what `ApplianceClient.share` takes."""

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Share"))
        self.setMinimumWidth(_WIDTH)
        self.title = QLineEdit()
        self.title.setPlaceholderText(what)
        self.ends = QComboBox()
        for text, days in (
            (self.tr("never"), 0),
            (self.tr("after a day"), 1),
            (self.tr("after a week"), 7),
            (self.tr("after 30 days"), 30),
        ):
            self.ends.addItem(text, days)
        self.ends.setCurrentIndex(2)
        self.password = QLineEdit()
        self.password.setPlaceholderText(self.tr("none"))
        self.download = QCheckBox(self.tr("Originals may be &downloaded"))
        self.download.setChecked(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN - 4)
        layout.setSpacing(GAP)
        layout.addWidget(label(self.tr("A page for people without a key"), "heading"))
        layout.addWidget(label(self.tr("Whoever has its link sees {what}.").format(what=what), "faint", wrap=True))
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow(self.tr("&Title"), self.title)
        form.addRow(self.tr("&Ends"), self.ends)
        form.addRow(self.tr("&Password"), self.password)
        form.addRow("", self.download)
        layout.addLayout(form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        make = buttons.addButton(self.tr("&Make link and copy it"), QDialogButtonBox.ButtonRole.AcceptRole)
        make.setProperty("role", "primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def answer(self) -> dict[str, str | bool | None]:
        """title, expires_at, password, download."""
        days = self.ends.currentData()
        end = QDateTime.currentDateTimeUtc().addDays(days).toString(Qt.DateFormat.ISODate) if days else None
        return {
            "title": self.title.text().strip() or None,
            "expires_at": end,
            "password": self.password.text() or None,
            "download": self.download.isChecked(),
        }


def ask_title(parent: QWidget, file: LibraryFile) -> str | None:
    """A new title; None where nothing is to change. '' for the name without its ending."""
    text, ok = QInputDialog.getText(
        parent, parent.tr("Rename"), parent.tr("Title:"), QLineEdit.EchoMode.Normal, file.title
    )
    return text.strip() if ok and text.strip() != file.title else None


def ask_tags(parent: QWidget, files: Sequence[LibraryFile]) -> tuple[set[str], set[str]] | None:
    """Tags to add to each, and to take from each; None where nothing is to change."""
    common = set(files[0].tags).intersection(*(one.tags for one in files))
    explained = parent.tr("Tags, with commas:") if len(files) == 1 else parent.tr("Tags that all have, with commas:")
    shown = ", ".join(sorted(common, key=str.casefold))
    text, ok = QInputDialog.getText(parent, parent.tr("Tags"), explained, QLineEdit.EchoMode.Normal, shown)
    wanted = {tag.strip() for tag in text.split(",") if tag.strip()}
    return (wanted - common, common - wanted) if ok and wanted != common else None


def ask_folder(parent: QWidget, folders: Sequence[str], files: Sequence[LibraryFile]) -> str | None:
    """Where to; None where nothing is to change."""
    at = files[0].folder
    choices = ["", *folders]
    text, ok = QInputDialog.getItem(
        parent,
        parent.tr("Move"),
        parent.tr("Folder, an old or a new one; links stay as they are:"),
        choices,
        choices.index(at) if at in choices else 0,
        editable=True,
    )
    folder = "/".join(part.strip() for part in text.split("/") if part.strip())
    return folder if ok and any(one.folder != folder for one in files) else None
