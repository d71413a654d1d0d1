"""Icons, drawn here as strokes on 24 by 24, in the colour of the text beside them."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from gui import theme

_STROKES = {
    "transfers": "M8 20V5M4 9l4-4 4 4M16 4v15M12 15l4 4 4-4",
    "library": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    "hot_folders": "M3 18V6h6l2 2h10v10zM12 11v4M10 13l2 2 2-2",
    "settings": "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
    "add": "M12 5v14M5 12h14",
    "folder": "M3 18V6h6l2 2h10v10z",
    "pause": "M9 6v12M15 6v12",
    "play": "M8 5l11 7-11 7z",
    "retry": "M19 12a7 7 0 1 1-2-5M17 3v4h-4",
    "cancel": "M6 6l12 12M18 6L6 18",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "open": "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
    "search": "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13M15.5 15.5L20 20",
    "more": "M5.5 12h1M11.5 12h1M17.5 12h1",
    "close": "M6 6l12 12M18 6L6 18",
    "done": "M5 12.5l4.5 4.5L19 7.5",
    "upload": "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
    "speed": "M4 17a8 8 0 1 1 16 0M12 17l4-6",
    "film": "M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4",
    "sound": "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0M19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0",
    "picture": "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
    "file": "M6 3h8l4 4v14H6zM14 3v4h4",
    "clean": "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
    "top": "M12 19V9M7 14l5-5 5 5M5 5h14",
    "bottom": "M12 5v10M7 10l5 5 5-5M5 19h14",
    "link": "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
    "appliance": "M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01M11 8h5M11 16h5",
    "warning": "M12 4l9 16H3zM12 10v4M12 17h.01",
    "lock": "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3M12 14v3",
    "grid": "M5 5h6v6H5zM13 5h6v6h-6zM5 13h6v6H5zM13 13h6v6h-6z",
    "list": "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
    "download": "M12 4v12M7 11l5 5 5-5M4 16v4h16v-4",
    "share": "M14.5 5a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M3.5 12a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0"
             "M14.5 19a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M8.2 10.8l6.5-4.3M8.2 13.2l6.5 4.3",
}  # fmt: skip

_PROPERTY = "icon_name"


def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """One icon, `size` device-independent pixels wide. KeyError for a name that is none."""
    return QPixmap.fromImage(_image(name, colour, size, ratio))


@lru_cache(maxsize=512)
def _image(name: str, colour: str, size: int, ratio: float) -> QImage:
    """Kept, since lists paint the same few icons again and again; a pixmap may not outlive the application."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}"'
        f' stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="{_STROKES[name]}"/></svg>'
    )
    side = round(size * ratio)
    picture = QImage(QSize(side, side), QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(svg.encode())).render(painter)
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str, colour: str) -> QIcon:
    """For a button or a list; sharp on every screen."""
    made = QIcon()
    for ratio in (1.0, 2.0, 3.0):
        made.addPixmap(pixmap(name, colour, 20, ratio))
    return made


def set_icon(button: QAbstractButton, name: str) -> None:
    """Give a button an icon that follows its text's colour, when the look changes too."""
    button.setProperty(_PROPERTY, name)
    _paint(button)
    if button.property("icon_follows") is None:
        button.setProperty("icon_follows", True)
        button.installEventFilter(_Follower(button))


class _Follower(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.PaletteChange and isinstance(watched, QAbstractButton):
            _paint(watched)
        return False


def _paint(button: QAbstractButton) -> None:
    colours = theme.colours_of(_window_palette(button))
    colour = colours.on_accent if button.property("role") == "primary" else colours.ink
    button.setIcon(icon(str(button.property(_PROPERTY)), colour))


def _window_palette(widget: QWidget) -> QPalette:
    """Style sheets tint a widget's own palette; the application's says which look it is."""
    return theme.application().palette()
