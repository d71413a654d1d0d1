"""Progress in the desktop's task bar, as far as each desktop lets programs show it.

Docks that follow the Unity launcher's protocol (KDE, Ubuntu, Plank and others) show a bar and a count; elsewhere Qt
puts the count of files on the icon where the platform has such a badge; and everywhere the window's title has the
percentage, which task bars show.
"""

import sys

from PySide6.QtDBus import QDBusConnection, QDBusMessage
from PySide6.QtGui import QGuiApplication

from gui.models.order import Filter
from gui.models.tally import Tally

DESKTOP_ENTRY = "media-uploader.desktop"
_PATH, _INTERFACE = "/media_uploader", "com.canonical.Unity.LauncherEntry"


class TaskBar:
    """Told as often as the tally changes; the desktop hears of it when a percent changed."""

    def __init__(self) -> None:
        self._shown: tuple[int | None, int] = (None, 0)

    def show(self, tally: Tally) -> None:
        percent = None if tally.progress is None else int(tally.progress * 100)
        files = tally.counts[Filter.ACTIVE] + tally.counts[Filter.WAITING] if percent is not None else 0
        if (percent, files) == self._shown:
            return
        self._shown = percent, files
        if sys.platform.startswith("linux"):
            _tell_launcher(percent, files)
        else:
            QGuiApplication.setBadgeNumber(files)


def _tell_launcher(percent: int | None, files: int) -> None:
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return
    signal = QDBusMessage.createSignal(_PATH, _INTERFACE, "Update")
    properties = {
        "progress": (percent or 0) / 100,
        "progress-visible": percent is not None,
        "count": files,
        "count-visible": files > 0,
    }
    signal.setArguments([f"application://{DESKTOP_ENTRY}", properties])
    bus.send(signal)
