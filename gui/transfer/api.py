"""One appliance's API as calls: the key in place, what fails in passing tried again, problems as errors."""

import json
import ssl
from collections.abc import Mapping, Sequence
from copy import copy
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

from gui.transfer.credentials import Credentials
from gui.transfer.errors import Refused, Unreachable
from gui.transfer.halting import Halt
from gui.transfer.network.answers import Answer
from gui.transfer.network.backoff import with_retries
from gui.transfer.network.wire import Course, Wire

ATTEMPTS = 6


class Api:
    """Safe to use from several threads. A context manager; `close` ends its connections."""

    def __init__(self, credentials: Credentials, *, timeout_s: float = 60.0, tls: ssl.SSLContext | None = None) -> None:
        """timeout_s: how long a call may take to be answered. tls: how servers prove who they are; None: as this
        system has it."""
        self._credentials = credentials
        self._timeout_s = timeout_s
        self._attempts = ATTEMPTS
        self._halt = Halt()
        self.wire = Wire(tls=tls, timeout_s=timeout_s)

    @property
    def api_url(self) -> str:
        return self._credentials.api_url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.wire.close()

    def within(self, halt: Halt, attempts: int = ATTEMPTS) -> Self:
        """The same client over the same connections, whose calls end when `halt` asks for it."""
        view = copy(self)
        view._halt, view._attempts = halt, attempts
        return view

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        attempts: int | None = None,
    ) -> dict[str, Any]:
        """One call of the API; {} where the answer has no body.

        attempts: how often, with pauses between, before it counts as unreachable; 1 where a person waits.
        Raises Refused, Unreachable.
        """
        url = self.api_url + quote(path, safe="/") + (f"?{urlencode(query)}" if query else "")
        sent = b"" if body is None else json.dumps(body).encode()
        typed = {} if body is None else {"Content-Type": "application/json"}
        fields = {"Authorization": f"Bearer {self._credentials.api_key}", "Accept": "application/json", **typed}
        course = Course(self._halt)

        def once() -> Answer:
            answer = self.wire.request(
                method, url, {**fields, **(headers or {})}, sent, course, answer_s=self._timeout_s
            )
            if not answer.ok:
                raise _refusal(answer, f"{method} {path}")
            return answer

        try:
            answer = with_retries(once, self._halt, attempts=attempts or self._attempts)
        except Unreachable as error:
            raise type(error)(f"The appliance at {self.api_url} does not answer. {error}") from error
        try:
            found: dict[str, Any] = answer.json() if answer.body else {}
        except ValueError:
            raise Refused(
                f"What answers at {self.api_url} is no media appliance.", type_="unknown", status=answer.status
            ) from None
        return found


def _refusal(answer: Answer, what: str) -> Refused:
    """The problem document (RFC 9457) of an answer, as an error."""
    try:
        problem = answer.json()
        slug, detail = str(problem["type"]).rpartition(":")[2], str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        slug, detail = "unknown", f"{what}: the answer was {answer.status}."
    return Refused(detail, type_=slug, status=answer.status, retry_after=answer.retry_after)
