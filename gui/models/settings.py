"""What a person chose for this program, kept in an INI file."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from gui.models.links import PRESETS
from gui.theme import Look
from gui.transfer.transfers import Options


class Settings(QObject):
    """Reads from and writes to the file at once. `changed` tells that something did, by its key."""

    changed = Signal(str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def look(self) -> Look:
        try:
            return Look(self._text("look", Look.SYSTEM))
        except ValueError:
            return Look.SYSTEM

    def set_look(self, look: Look) -> None:
        self._set("look", str(look))

    @property
    def text_size(self) -> float:
        """What the system's font size is multiplied by."""
        try:
            return min(2.0, max(0.5, float(self._text("text_size", "1"))))
        except ValueError:
            return 1.0

    def set_text_size(self, factor: float) -> None:
        self._set("text_size", str(factor))

    @property
    def copy_template(self) -> str:
        """How a link is put on the clipboard; see `gui.models.links`."""
        return self._text("copy_template", PRESETS["page"])

    def set_copy_template(self, template: str) -> None:
        self._set("copy_template", template)

    @property
    def copy_at_drop(self) -> bool:
        return self._flag("copy_at_drop", default=True)

    def set_copy_at_drop(self, wanted: bool) -> None:
        self._set("copy_at_drop", wanted)

    @property
    def notify(self) -> bool:
        """Whether the end of a batch is told."""
        return self._flag("notify", default=True)

    def set_notify(self, wanted: bool) -> None:
        self._set("notify", wanted)

    @property
    def options(self) -> Options:
        """How much the engine does at once."""
        usual = Options()
        limit = self._number("limit", 0)
        return Options(
            files_at_a_time=max(1, self._number("files_at_a_time", usual.files_at_a_time)),
            parts_at_a_time=max(1, self._number("parts_at_a_time", usual.parts_at_a_time)),
            limit=limit if limit > 0 else None,
            hold_sleep=self._flag("hold_sleep", default=usual.hold_sleep),
        )

    def set_options(self, options: Options) -> None:
        self._set("files_at_a_time", options.files_at_a_time)
        self._set("parts_at_a_time", options.parts_at_a_time)
        self._set("limit", options.limit or 0)
        self._set("hold_sleep", options.hold_sleep)

    def state(self, name: str) -> QByteArray:
        """How a window, splitter or header was left; empty where it is not known."""
        value = self._store.value(f"state/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_state(self, name: str, state: QByteArray) -> None:
        self._store.setValue(f"state/{name}", state)

    def remembered(self, name: str, default: str = "") -> str:
        """What a page left under this name."""
        return self._text(f"remembered/{name}", default)

    def remember(self, name: str, text: str) -> None:
        self._store.setValue(f"remembered/{name}", text)

    def _text(self, key: str, default: str) -> str:
        return str(self._store.value(key, default))

    def _number(self, key: str, default: int) -> int:
        try:
            return int(self._text(key, str(default)))
        except ValueError:
            return default

    def _flag(self, key: str, *, default: bool) -> bool:
        return self._text(key, "true" if default else "false").lower() == "true"

    def _set(self, key: str, value: object) -> None:
        if self._text(key, "") != str(value):
            self._store.setValue(key, str(value).lower() if isinstance(value, bool) else value)
            self.changed.emit(key)
