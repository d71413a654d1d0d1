"""Times as the API writes them."""

from datetime import UTC, datetime


def rfc3339(microseconds: int) -> str:
    """Unix microseconds as RFC 3339 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    return f"{moment.isoformat()[:19]}.{microseconds // 1000 % 1000:03d}Z"


def rfc3339_or_none(microseconds: int | None) -> str | None:
    """The same, null for what did not happen."""
    return None if microseconds is None else rfc3339(microseconds)
