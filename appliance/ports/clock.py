"""Time, as an argument."""

import time
from collections.abc import Callable

#: Unix microseconds, UTC. What is stored and compared everywhere.
Clock = Callable[[], int]


def system_clock() -> int:
    """The machine's clock."""
    return time.time_ns() // 1000
