"""Sends bytes and calls over a network that fails now and then."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx

from gui.transfer.errors import SourceChanged, Unreachable

ATTEMPTS = 6
_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 20.0
_CHUNK = 256 * 1024
#: Worth another try: throttled, or a fault of the other side.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def with_retries(
    send: Callable[[], httpx.Response], *, attempts: int = ATTEMPTS, sleep: Callable[[float], None] = time.sleep
) -> httpx.Response:
    """The first answer that is no passing failure; backs off exponentially with jitter and heeds Retry-After.

    Raises Unreachable after the last attempt.
    """
    trouble = ""
    for attempt in range(attempts):
        wait_s: float | None = None
        try:
            response = send()
        except httpx.TransportError as error:
            if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
                raise Unreachable(f"{error}.") from error
            trouble = str(error) or type(error).__name__
        else:
            if response.status_code not in _PASSING:
                return response
            trouble = f"HTTP {response.status_code}"
            wait_s = _retry_after(response)
        if attempt + 1 < attempts:
            longest = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2**attempt)
            sleep(wait_s if wait_s is not None else longest * (0.5 + random.random() / 2))  # noqa: S311
    raise Unreachable(f"No answer after {attempts} tries: {trouble}.")


def send_range(
    http: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    source: Path,
    *,
    offset: int,
    length: int,
    progress: Callable[[int], None],
) -> httpx.Response:
    """PUT `length` bytes of a file from `offset` on, in one try.

    progress: told of bytes as they leave; told a negative sum where the try failed, so that it always adds up.
    Raises SourceChanged where the file is shorter or gone, else what httpx raises.
    """
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        with source.open("rb") as file:
            file.seek(offset)
            while sent < length:
                chunk = file.read(min(_CHUNK, length - sent))
                if not chunk:
                    raise SourceChanged(f"{source} became shorter while it was sent.")
                sent += len(chunk)
                progress(len(chunk))
                yield chunk

    accepted = False
    try:
        response = http.put(url, headers={**headers, "Content-Length": str(length)}, content=body())
        accepted = response.is_success
        return response
    except OSError as error:
        raise SourceChanged(f"{source} cannot be read: {error.strerror}.") from error
    finally:
        if not accepted:
            progress(-sent)


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return min(float(value), _LONGEST_DELAY_S) if value.isdigit() else None
