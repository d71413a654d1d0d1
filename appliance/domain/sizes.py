"""Bytes as people read them."""

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def readable(count: int) -> str:
    """Three digits and a unit of a thousand."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}"
