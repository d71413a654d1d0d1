"""Whether there is room for a batch, before its first byte is sent."""

from gui.transfer.offers import Account

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")


def shortage(account: Account, needed_bytes: int, needed_files: int) -> str:
    """What is missing, as a sentence; '' where there is room as far as can be told."""
    free, what = account.free_bytes, "free on the appliance"
    if account.quota_bytes is not None and account.quota_bytes - account.used_bytes < free:
        free, what = max(0, account.quota_bytes - account.used_bytes), "left of the quota"
    if needed_bytes > free:
        return f"Needs {readable(needed_bytes)}, {readable(free)} {what}."
    if account.quota_files is not None and needed_files > (left := max(0, account.quota_files - account.used_files)):
        return f"These are {needed_files} files, and the quota has room for {left}."
    return ""


def readable(count: int) -> str:
    """Bytes as people say them, in powers of 1000: `1.5 GB`."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    if unit == 0:
        return f"{count} byte{'' if count == 1 else 's'}"
    return f"{value:.0f} {_UNITS[unit]}" if value >= 99.5 else f"{value:.1f} {_UNITS[unit]}".replace(".0 ", " ")
