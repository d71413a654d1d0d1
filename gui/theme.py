"""Colours, palette and style sheet of the program, light and dark: the same ones that the appliance's pages have."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from gui.stylesheet import STYLE_SHEET


class Look(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Colours:
    """As `#rrggbb`. Text on ground, card and chosen has a contrast of at least 4.5 to 1."""

    ground: str
    card: str
    sunken: str
    line: str
    ink: str
    faint: str
    accent: str
    on_accent: str
    chosen: str
    hover: str
    bad: str
    good: str
    warn: str


LIGHT = Colours(
    ground="#f6f6f4", card="#ffffff", sunken="#ecece9", line="#dcdcd8", ink="#1d1f22", faint="#5f646b",
    accent="#1f5fbf", on_accent="#ffffff", chosen="#e1ebf9", hover="#efefec",
    bad="#b3261e", good="#1a6e3f", warn="#8a5300",
)  # fmt: skip
DARK = Colours(
    ground="#131417", card="#1d1f23", sunken="#0d0e10", line="#33363c", ink="#ececea", faint="#a2a7ae",
    accent="#7fb0ff", on_accent="#10131a", chosen="#26354d", hover="#272a2f",
    bad="#ff8a80", good="#74d19b", warn="#f0b860",
)  # fmt: skip

RESOURCES = Path(__file__).parent / "resources"
#: What the text sizes of the settings multiply the system's font by.
TEXT_SIZES = (0.9, 1.0, 1.15, 1.3, 1.5)


def colours_of(palette: QPalette) -> Colours:
    """The set that a widget with this palette is drawn in."""
    return DARK if palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5 else LIGHT


def apply(app: QApplication, look: Look, text_size: float = 1.0) -> None:
    """Dress the whole program. With Look.SYSTEM call it again when the desktop's colour scheme changes."""
    hints = QGuiApplication.styleHints()
    scheme = {Look.LIGHT: Qt.ColorScheme.Light, Look.DARK: Qt.ColorScheme.Dark}.get(look, Qt.ColorScheme.Unknown)
    # Title bars and file dialogs of the desktop follow this; the rest is the palette's.
    hints.setColorScheme(scheme)
    dark = look is Look.DARK or (look is Look.SYSTEM and hints.colorScheme() is Qt.ColorScheme.Dark)
    colours = DARK if dark else LIGHT
    if app.style().name() != "fusion":
        app.setStyle("fusion")
    app.setPalette(_palette(colours))
    _scale_font(app, text_size)
    words = {name: getattr(colours, name) for name in Colours.__slots__}
    app.setStyleSheet(STYLE_SHEET.substitute(words, resources=RESOURCES.as_posix(), look="dark" if dark else "light"))


def _scale_font(app: QApplication, text_size: float) -> None:
    font = app.font()
    base = app.property("basePointSize") or font.pointSizeF()
    app.setProperty("basePointSize", base)
    font.setPointSizeF(base * text_size)
    app.setFont(font)


def _palette(colours: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for one, colour in {
        role.Window: colours.ground,
        role.WindowText: colours.ink,
        role.Base: colours.card,
        role.AlternateBase: colours.ground,
        role.Text: colours.ink,
        role.Button: colours.card,
        role.ButtonText: colours.ink,
        role.BrightText: colours.bad,
        role.PlaceholderText: colours.faint,
        role.ToolTipBase: colours.card,
        role.ToolTipText: colours.ink,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.card,
        role.Midlight: colours.hover,
        role.Mid: colours.line,
        role.Dark: colours.line,
        role.Shadow: colours.sunken,
    }.items():
        palette.setColor(one, QColor(colour))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(colours.faint))
    return palette


def application() -> QApplication:
    """The one that runs; it is made by `gui.app`, or by a test."""
    app = QCoreApplication.instance()
    assert isinstance(app, QApplication)
    return app
