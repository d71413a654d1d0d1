"""Links of a file, each in a row with a button that copies it, and the QR code of its page."""

import io

import segno
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from gui.models.links import PRESETS, filled
from gui.transfer.transfers import Links
from gui.views.parts import icon_button, label

_QR_SIZE = 132


class LinkRows(QWidget):
    """`copied` gives what a button put on the clipboard, by the words that name it."""

    copied = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        names = {
            "page": self.tr("Watch page"),
            "link": self.tr("Permanent link"),
            "hls": self.tr("Stream (HLS)"),
            "markdown": self.tr("Markdown"),
            "html": self.tr("HTML embed"),
        }
        self._rows = {kind: _LinkRow(name) for kind, name in names.items()}
        self._code = _Code(self.tr("QR code of the watch page"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for row in self._rows.values():
            row.copied.connect(self.copied)
            layout.addWidget(row)
        layout.addWidget(self._code)

    def show_links(self, name: str, links: Links) -> None:
        """Rows without a link are not shown."""
        for kind, row in self._rows.items():
            template = PRESETS.get(kind, "{hls}")
            row.show_text(filled(template, name, links) if _has(kind, links) else "")
        self._code.show_text(links.page or links.video_url)

    def text(self, kind: str) -> str:
        """What a row would copy; kind: page, link, hls, markdown or html."""
        return self._rows[kind].text()


def _has(kind: str, links: Links) -> bool:
    needed = {"page": links.page, "hls": links.hls, "html": links.page, "markdown": links.page}
    return bool(needed.get(kind, links.video_url))


class _LinkRow(QWidget):
    copied = Signal(str, str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._field = QLineEdit()
        self._field.setReadOnly(True)
        self._field.setAccessibleName(name)
        self._button = icon_button("copy", self.tr("Copy: {name}").format(name=name))
        self._button.clicked.connect(lambda: self.copied.emit(name, self._field.text()))
        caption = label(name, "faint")
        caption.setBuddy(self._field)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(3)
        layout.addWidget(caption, 0, 0)
        layout.addWidget(self._field, 1, 0)
        layout.addWidget(self._button, 1, 1)

    def show_text(self, text: str) -> None:
        if text != self._field.text():
            self._field.setText(text)
            self._field.setCursorPosition(0)
        self.setVisible(bool(text))

    def text(self) -> str:
        return self._field.text()


class _Code(QWidget):
    """Always dark on white: that is what cameras read."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._text = ""
        self._picture = QLabel()
        self._picture.setFixedSize(QSize(_QR_SIZE, _QR_SIZE))
        self._picture.setScaledContents(True)
        self._picture.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._picture)
        layout.addWidget(label(self.tr("Point a phone's camera here to open the watch page."), "faint", wrap=True), 1)

    def show_text(self, text: str) -> None:
        if text == self._text:
            return
        self._text = text
        drawn = io.BytesIO()
        segno.make_qr(text).save(drawn, kind="png", scale=8, border=3)
        self._picture.setPixmap(QPixmap.fromImage(QImage.fromData(drawn.getvalue())))
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
