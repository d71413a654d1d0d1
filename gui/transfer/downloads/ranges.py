"""Reads ranges of objects (RFC 9110, 14) over one kept connection, piece by piece, so that memory stays small."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gui.transfer.errors import Broken, Interrupted, Refused, Unreachable
from gui.transfer.halting import Halt
from gui.transfer.network.answers import AnswerReader
from gui.transfer.network.sockets import Origin, Stream, connect
from gui.transfer.network.throttle import Throttle
from gui.transfer.network.wire import Wire, request_head, split

#: Told of bytes as they come: where in the object they belong, and the bytes. May raise to end it.
Sink = Callable[[int, bytes], None]
_SILENCE_S = 30.0
_CONNECT_S = 10.0
_PARTIAL, _WHOLE = 206, 200
_ENDED = frozenset({401, 403, 404, 410, 412, 416})


class LinkEnded(Refused):
    """The link does not serve these bytes (any more): its token ended, or the object is another one now."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of an object of so many: `length` of them from `start` on."""

    start: int
    length: int
    total: int


class _LongAnswer(AnswerReader):
    """An answer whose body is handed on as it comes."""

    def begin(self) -> tuple[int, dict[str, str], bool]:
        """Status, headers by lower-case name, and whether the connection can carry another request."""
        while True:
            status, version, headers = self._head()
            if status >= 200:
                return status, headers, version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"

    def piece(self, most: int) -> bytes:
        """What is there, at least a byte."""
        data, self._buffer = (self._buffer, b"") if self._buffer else (self._receive(), b"")
        if not data:
            raise Broken("The connection was closed in the middle of an answer.")
        data, self._buffer = data[:most], data[most:]
        return data


class RangeReader:
    """For one thread. `close` ends its connection."""

    def __init__(self, wire: Wire, halt: Halt, throttle: Throttle) -> None:
        self._wire = wire
        self._halt = halt
        self._throttle = throttle
        self._kept: tuple[Origin, Stream] | None = None

    def read(self, url: str, span: Span, etag: str | None, sink: Sink) -> None:
        """Hand a range to `sink`, in order. Not repeated here: what was handed on stays so.

        etag: unquoted, that every answer must carry where the server names one. Raises Unreachable, Broken, LinkEnded,
        Refused, Interrupted.
        """
        origin, target = split(url)
        last = span.start + span.length - 1
        head = request_head("GET", target, origin, {"Range": f"bytes={span.start}-{last}"}, 0)
        stream = self._connected(origin)
        answer = _LongAnswer(lambda: stream.receive(time.monotonic() + _SILENCE_S, self._halt))
        keep = False
        try:
            stream.send(head, self._halt)
            status, headers, keep = answer.begin()
            _check(status, headers, span, etag)
            at, rest = span.start, span.length
            while rest:
                piece = answer.piece(rest)
                self._pay(len(piece))
                sink(at, piece)
                at, rest = at + len(piece), rest - len(piece)
        except BaseException:
            keep = False
            raise
        finally:
            self._done(origin, stream, keep)

    def close(self) -> None:
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None

    def _connected(self, origin: Origin) -> Stream:
        if self._kept is not None:
            kept_origin, stream = self._kept
            # Something to read before we asked is the end of the stream.
            if kept_origin == origin and not stream.readable():
                self._kept = None
                return stream
            self.close()
        try:
            return connect(origin, self._wire.tls_for(origin), _CONNECT_S, self._halt)
        except (Broken, Interrupted):
            raise
        except Unreachable as error:
            raise Unreachable(f"The server of links does not answer. {error}") from error

    def _done(self, origin: Origin, stream: Stream, keep: bool) -> None:
        if keep:
            self._kept = (origin, stream)
        else:
            stream.close()

    def _pay(self, count: int) -> None:
        while count:
            count -= self._throttle.grant(count, self._halt)


def _check(status: int, headers: dict[str, str], span: Span, etag: str | None) -> None:
    """Raises unless the answer is just that range of just that object."""
    if status in _ENDED:
        raise LinkEnded(f"The link does not serve the file any more ({status}).", type_="link_ended", status=status)
    whole = span.length == span.total
    if status != _PARTIAL and not (status == _WHOLE and whole):
        wait = headers.get("retry-after", "")
        raise Refused(
            f"The server of links answers {status}.",
            type_="edge_failed",
            status=status,
            retry_after=float(wait) if wait.isdigit() else None,
        )
    came = headers.get("etag", "").removeprefix("W/").strip('"')
    other = bool(etag and came and came != etag)
    if status == _PARTIAL:
        wanted = f"bytes {span.start}-{span.start + span.length - 1}/{span.total}"
        other = other or headers.get("content-range", "").lower() != wanted
    if other or headers.get("content-length") != str(span.length):
        raise LinkEnded("The file has changed on the appliance.", type_="link_ended", status=409)
