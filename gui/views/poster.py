"""A picture of the file, or the icon of its kind until there is one."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.views import icons

_ICON, _ROUND, _HIGHEST = 44, 9, 190


class Poster(QWidget):
    """Sixteen by nine; the picture is shown whole."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = "file"
        self._image = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_icon(self, icon: str) -> None:
        self._icon, self._image = icon, QImage()
        self.update()

    def show_picture(self, data: bytes) -> None:
        """What cannot be decoded leaves the icon."""
        image = QImage.fromData(data)
        if not image.isNull():
            self._image = image
            self.update()

    @property
    def has_picture(self) -> bool:
        return not self._image.isNull()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width * 9 // 16, _HIGHEST)

    def sizeHint(self) -> QSize:
        return QSize(288, 162)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours_of(theme.application().palette())
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), _ROUND, _ROUND)
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), QColor("#000000" if self.has_picture else colours.sunken))
        if self.has_picture:
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
            painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)
        else:
            picture = icons.pixmap(self._icon, colours.faint, _ICON, self.devicePixelRatioF())
            painter.drawPixmap((self.width() - _ICON) // 2, (self.height() - _ICON) // 2, picture)
