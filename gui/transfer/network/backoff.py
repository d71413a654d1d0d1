"""When to try again."""

import random
from collections.abc import Callable
from typing import TypeVar

from gui.transfer.errors import Broken, Refused
from gui.transfer.halting import Halt

Result = TypeVar("Result")
FIRST_S = 0.25
LONGEST_S = 5.0
_MOST_ASKED_S = 60.0
#: Worth another try as it is: throttled, or a fault of the other side. 507 is not: a full disk stays full.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def delay(failures: int, *, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> float:
    """Seconds to wait after so many failures in a row: doubling, with jitter, between half and all of the step."""
    step = min(longest_s, first_s * 2.0 ** min(failures - 1, 30))
    return step * (0.5 + random.random() / 2)  # noqa: S311 - no secret


def passes(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    return isinstance(error, Broken) or (isinstance(error, Refused) and error.status in PASSING)


def with_retries(
    work: Callable[[], Result], halt: Halt, *, attempts: int, pause: Callable[[float], None] | None = None
) -> Result:
    """The result of the first try that does not fail in passing; what the last one raises.

    Waits in between, as long as a Retry-After says, by `pause`, else by `halt`. Raises Interrupted.
    """
    pause = pause or halt.sleep
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except (Broken, Refused) as error:
            if attempt == attempts or not passes(error):
                raise
            asked = error.retry_after if isinstance(error, Refused) else None
            pause(delay(attempt) if asked is None else min(asked, _MOST_ASKED_S))
    raise ValueError("attempts must be at least 1")
