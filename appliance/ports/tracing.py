"""What belongs to the work under way: said once where it begins, and written into every line that is logged meanwhile.

The request id is the thread through one upload: whoever asks for it gives or gets one, events carry it, and whatever a
service does for one of them says it again. Each thread has its own; `Database` hands a writer's on.
"""

import re
import secrets
from contextlib import AbstractContextManager

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def begin(given: str | None = None) -> str:
    """Forget what the last work of this thread was about; the id of the new one: the one given if it is well-formed."""
    clear_contextvars()
    request_id = given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    bind_contextvars(request_id=request_id)
    return request_id


def note(**facts: object) -> None:
    """Add to what is known of the work under way. Ids only: it ends in the log."""
    bind_contextvars(**facts)


def noted(**facts: object) -> AbstractContextManager[None]:
    """The same for a block; what is None is left out."""
    return bound_contextvars(**{name: fact for name, fact in facts.items() if fact is not None})


def request_id() -> str | None:
    """That of the work under way, None where nobody began any."""
    found: str | None = get_contextvars().get("request_id")
    return found
