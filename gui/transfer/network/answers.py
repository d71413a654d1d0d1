"""Reads HTTP/1.1 answers (RFC 9112) from a socket: a status, a few headers, a body that fits into memory."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gui.transfer.errors import Broken

Receive = Callable[[], bytes]
_MOST_HEAD = 64 * 1024
_MOST_BODY = 64 * 1024 * 1024
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """headers: by lower-case name; of a repeated one the last. keep: the connection can carry another request.

    md5: in hexadecimal, of the file's bytes that went with the request; '' where they were not to be hashed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    keep: bool
    md5: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def etag(self) -> str | None:
        """Unquoted."""
        value = self.headers.get("etag")
        return value.strip('"') if value else None

    @property
    def retry_after(self) -> float | None:
        """Seconds; None where there is none or it is a date."""
        value = self.headers.get("retry-after", "")
        return float(value) if value.isdigit() else None

    def json(self) -> Any:
        """ValueError where the body is none."""
        return json.loads(self.body)


class AnswerReader:
    """Reads one answer from `receive`, which gives b'' at the end of the stream. Raises Broken where it makes no sense.

    `begun` tells whether a byte of it has come.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._buffer = b""
        self.begun = False

    def read(self, method: str) -> Answer:
        while True:
            status, version, headers = self._head()
            if status >= 200:
                break
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        if method == "HEAD" or status in _BODILESS:
            return Answer(status, headers, b"", keep)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return Answer(status, headers, self._chunked(), keep)
        if "content-length" in headers:
            return Answer(status, headers, self._exactly(_number(headers["content-length"], 10)), keep)
        return Answer(status, headers, self._rest(), False)

    def _more(self) -> bool:
        data = self._receive()
        self.begun = self.begun or bool(data)
        self._buffer += data
        return bool(data)

    def _until(self, mark: bytes) -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > _MOST_HEAD:
                raise Broken("The answer is not HTTP.")
            if not self._more():
                raise Broken("The connection was closed in the middle of an answer.")
        found, self._buffer = self._buffer[:end], self._buffer[end + len(mark) :]
        return found

    def _exactly(self, count: int) -> bytes:
        if count > _MOST_BODY:
            raise Broken("The answer is longer than any should be.")
        while len(self._buffer) < count:
            if not self._more():
                raise Broken("The connection was closed in the middle of an answer.")
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def _rest(self) -> bytes:
        while len(self._buffer) < _MOST_BODY and self._more():
            pass
        return self._buffer

    def _head(self) -> tuple[int, str, dict[str, str]]:
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        if not version.startswith("HTTP/1."):
            raise Broken("The answer is not HTTP.")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return _number(rest[:3], 10), version, headers

    def _chunked(self) -> bytes:
        body = b""
        while size := _number(self._until(b"\r\n").partition(b";")[0].decode("latin-1"), 16):
            body += self._exactly(min(size, _MOST_BODY + 1 - len(body)))
            self._exactly(2)
        while self._until(b"\r\n"):
            pass
        return body


def _number(text: str, base: int) -> int:
    try:
        number = int(text, base)
    except ValueError:
        raise Broken("The answer is not HTTP.") from None
    if number < 0:
        raise Broken("The answer is not HTTP.")
    return number
