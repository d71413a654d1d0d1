"""A short message at the window's lower edge that goes away by itself."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.views.parts import icon_button, label

_SHORT_MS, _LONG_MS, _LONG = 4000, 9000, 80
_ABOVE = 52


class Toast(QFrame):
    """One at a time: a newer one takes the place of the older."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("role", "toast")
        self._text = label("", wrap=True)
        self._close = icon_button("close", self.tr("Close this message"))
        self._close.clicked.connect(self.hide)
        self._layout = layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._going = QTimer(self)
        self._going.setSingleShot(True)
        self._going.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown, '' where nothing is."""
        return self._text.text() if self.isVisible() else ""

    def say(self, text: str) -> None:
        """Long messages stay longer. Screen readers are told too."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self._place()
        self.raise_()
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        self._going.start(_LONG_MS if len(text) > _LONG else _SHORT_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        parent = self._over
        widest = min(560, parent.width() - 48)
        metrics = self._text.fontMetrics()
        text_width = max(metrics.horizontalAdvance(line) for line in self._text.text().split("\n") or [""])
        width = min(widest, text_width + 84)
        self.setFixedWidth(width)
        height = max(self._layout.heightForWidth(width), self._layout.sizeHint().height() if width < widest else 0)
        self.setFixedHeight(height)
        self.move((parent.width() - width) // 2, parent.height() - height - _ABOVE)
