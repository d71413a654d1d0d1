"""How numbers and states are said to a person."""

from collections.abc import Mapping

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QDateTime, QLocale

from gui.transfer.transfers import State, Transfer

_STATES: Mapping[State, str] = {
    State.WAITING: str(QT_TRANSLATE_NOOP("State", "Waiting")),
    State.PREPARING: str(QT_TRANSLATE_NOOP("State", "Preparing")),
    State.SENDING: str(QT_TRANSLATE_NOOP("State", "Sending")),
    State.FINISHING: str(QT_TRANSLATE_NOOP("State", "Finishing")),
    State.DONE: str(QT_TRANSLATE_NOOP("State", "Done")),
    State.PAUSED: str(QT_TRANSLATE_NOOP("State", "Paused")),
    State.SUSPENDED: str(QT_TRANSLATE_NOOP("State", "On hold")),
    State.FAILED: str(QT_TRANSLATE_NOOP("State", "Failed")),
    State.CANCELLED: str(QT_TRANSLATE_NOOP("State", "Cancelled")),
}
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


def _tr(text: str) -> str:
    return QCoreApplication.translate("Words", text)


def state_word(transfer: Transfer) -> str:
    """One or two words; a file that needed no sending says so."""
    if transfer.state is State.DONE and transfer.duplicate:
        return _tr("Was there already")
    return QCoreApplication.translate("State", _STATES[transfer.state])


def size(count: float) -> str:
    """Bytes in decimal units, as disks are sold: 1.5 GB."""
    number, unit = float(count), 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    digits = 0 if unit == 0 or number >= 99.95 else 1
    return f"{QLocale().toString(number, 'f', digits)} {_UNITS[unit]}"


def speed(bytes_per_second: float) -> str:
    """'' where nothing moves."""
    return f"{size(bytes_per_second)}/s" if bytes_per_second >= 1 else ""


def remaining(seconds: float | None) -> str:
    """'' where it cannot be told."""
    if seconds is None:
        return ""
    whole = max(1, round(seconds))
    if whole >= 2 * _DAY_S:
        return _tr("{d} days").format(d=whole // _DAY_S)
    if whole >= _HOUR_S:
        return _tr("{h} h {m} min").format(h=whole // _HOUR_S, m=whole % _HOUR_S // _MINUTE_S)
    if whole >= _MINUTE_S:
        return _tr("{m} min {s} s").format(m=whole // _MINUTE_S, s=whole % _MINUTE_S)
    return _tr("{s} s").format(s=whole)


def files(count: int) -> str:
    """'1 file', '3 files'."""
    return _tr("1 file") if count == 1 else _tr("{count} files").format(count=QLocale().toString(count))


def percent(part: float, whole: float) -> int:
    """0 to 100, and 100 only where nothing is missing."""
    if whole <= 0:
        return 100
    return min(100 if part >= whole else 99, int(100 * part / whole))


def moment(microseconds: int) -> str:
    """Local time: the clock's today, else with the date."""
    at = QDateTime.fromMSecsSinceEpoch(microseconds // 1000)
    form = QLocale.FormatType.ShortFormat
    if at.date() == QDateTime.currentDateTime().date():
        return QLocale().toString(at.time(), form)
    return QLocale().toString(at, form)
