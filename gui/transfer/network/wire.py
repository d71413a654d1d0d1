"""HTTP/1.1 for uploads: connections that are kept, files that go out without passing through Python's memory."""

import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from urllib.parse import urlsplit

from gui.transfer.errors import Broken, NotConfigured, SourceChanged, shown
from gui.transfer.fingerprint import opened
from gui.transfer.halting import Halt
from gui.transfer.network.answers import Answer, AnswerReader
from gui.transfer.network.sockets import Origin, Stream, connect
from gui.transfer.network.throttle import Throttle

Meter = Callable[[int], None]
_CHUNK = 512 * 1024
_IDLE_S = 20.0
_ANSWER_S = 300.0
_LAST_WORDS_S = 2.0
_FREE = Throttle()
_NEVER = Halt()


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of a file, in bytes; before and after: what goes around it in the same body."""

    path: Path
    offset: int
    length: int
    before: bytes = b""
    after: bytes = b""

    def __len__(self) -> int:
        return len(self.before) + self.length + len(self.after)


@dataclass(frozen=True, slots=True)
class Course:
    """How a request goes: who may end it, who counts its bytes, how fast it may be, whether they are hashed on the way.

    meter: told how many further bytes of a body left, and a negative sum where the try failed, so that it adds up.
    """

    halt: Halt = _NEVER
    throttle: Throttle = _FREE
    meter: Meter = lambda count: None
    hashed: bool = False


PLAIN = Course()


class Wire:
    """Keeps connections open between requests. Safe to use from several threads; each request has one of its own.

    Requests go out at least once: one on a kept connection that the other side had closed is sent again on a fresh one.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, timeout_s: float = 60.0) -> None:
        self._tls = tls
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._idle: dict[Origin, list[tuple[float, Stream]]] = {}
        self._closed = False

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Slice = b"", course: Course = PLAIN,
        *, answer_s: float = _ANSWER_S,
    ) -> Answer:  # fmt: skip
        """One request and its answer, whatever its status.

        answer_s: how long the other side may take to answer a body that was sent. Raises Unreachable where no
        connection is made, Broken where it is lost, SourceError, Interrupted, NotConfigured for an address that is no
        URL.
        """
        origin, target = split(url)
        head = request_head(method, target, origin, headers, len(body))
        while True:
            stream = self._kept(origin)
            reused = stream is not None
            stream = stream or connect(origin, self.tls_for(origin), self._timeout_s, course.halt)
            exchange = _Exchange(stream, course, answer_s)
            try:
                answer = exchange.run(method, head, body)
            except Broken:
                stream.close()
                if reused and not exchange.heard:
                    continue
                raise
            except BaseException:
                stream.close()
                raise
            self._done(origin, stream, keep=answer.keep and exchange.complete)
            return replace(answer, md5=exchange.md5)

    def close(self) -> None:
        """End the kept connections; those in use end with their requests."""
        with self._lock:
            self._closed = True
            streams = [stream for kept in self._idle.values() for _, stream in kept]
            self._idle.clear()
        for stream in streams:
            stream.close()

    def _kept(self, origin: Origin) -> Stream | None:
        while True:
            with self._lock:
                kept = self._idle.get(origin)
                if not kept:
                    return None
                since, stream = kept.pop()
            if time.monotonic() - since < _IDLE_S and not stream.readable():
                return stream
            stream.close()

    def _done(self, origin: Origin, stream: Stream, *, keep: bool) -> None:
        with self._lock:
            if keep and not self._closed:
                self._idle.setdefault(origin, []).append((time.monotonic(), stream))
                return
        stream.close()

    def tls_for(self, origin: Origin) -> ssl.SSLContext | None:
        """How the server there proves who it is; None for plain http."""
        if not origin.tls:
            return None
        with self._lock:
            self._tls = self._tls or ssl.create_default_context()
            return self._tls


class _Exchange:
    """One request on one stream. heard: a byte of the answer came; complete: the whole body was sent."""

    def __init__(self, stream: Stream, course: Course, answer_s: float) -> None:
        self._stream = stream
        self._course = course
        self._answer_s = answer_s
        self._sent = 0
        self._deadline = 0.0
        self._reader = AnswerReader(self._receive)
        self._digest = hashlib.md5(usedforsecurity=False) if course.hashed else None
        self.complete = False

    @property
    def heard(self) -> bool:
        return self._reader.begun

    @property
    def md5(self) -> str:
        return self._digest.hexdigest() if self._digest is not None else ""

    def run(self, method: str, head: bytes, body: bytes | Slice) -> Answer:
        accepted = False
        try:
            self._send(head, body)
            self._deadline = time.monotonic() + (self._answer_s if self.complete else _LAST_WORDS_S)
            answer = self._reader.read(method)
            accepted = answer.ok
            return answer
        finally:
            if self._sent and not accepted:
                self._course.meter(-self._sent)

    def _send(self, head: bytes, body: bytes | Slice) -> None:
        """Up to the end, or until the other side has something to say before it has all."""
        try:
            if isinstance(body, bytes):
                self.complete = self._send_bytes(head, body)
            else:
                with opened(body.path) as file:
                    self.complete = (
                        self._stream.send(head + body.before, self._course.halt)
                        and self._send_file(file, body)
                        and self._stream.send(body.after, self._course.halt)
                    )
        except Broken:
            # An answer may lie there already: a store that refuses closes without reading all.
            if not self._stream.readable():
                raise

    def _send_bytes(self, head: bytes, body: bytes) -> bool:
        course = self._course
        if self._digest is not None:
            self._digest.update(body)
        if course.throttle.limit is None:
            self._count(len(body))
            return self._stream.send(head + body, course.halt)
        view, start = memoryview(body), 0
        if not self._stream.send(head, course.halt):
            return False
        while start < len(body):
            count = course.throttle.grant(min(_CHUNK, len(body) - start), course.halt)
            self._count(count)
            if not self._stream.send(view[start : start + count], course.halt):
                return False
            start += count
        return True

    def _send_file(self, file: FileIO, body: Slice) -> bool:
        """By the system where it can; then what is hashed is read a second time, from the page cache."""
        course, stream = self._course, self._stream
        view = memoryview(bytearray(_CHUNK if self._digest is not None or not stream.sends_files else 0))
        done = 0
        while done < body.length:
            count = course.throttle.grant(min(_CHUNK, body.length - done), course.halt)
            by_system = stream.sends_files
            if by_system:
                went = stream.send_file(file.fileno(), body.offset + done, count, course.halt)
                if went is None:
                    return False
                count = went
            if not view and not stream.sends_files:
                view = memoryview(bytearray(_CHUNK))
            if view and count:
                file.seek(body.offset + done)
                count = min(count, file.readinto(view[:count]) or 0)
                if self._digest is not None:
                    self._digest.update(view[:count])
            if not by_system and not stream.send(view[:count], course.halt):
                return False
            if not count and by_system == stream.sends_files:
                raise SourceChanged(f"{shown(body.path)} became shorter while it was sent.")
            done += count
            self._count(count)
        return True

    def _count(self, count: int) -> None:
        self._sent += count
        if count:
            self._course.meter(count)

    def _receive(self) -> bytes:
        return self._stream.receive(self._deadline, self._course.halt)


def split(url: str) -> tuple[Origin, str]:
    """Where a URL's connections go, and its request target. NotConfigured where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NotConfigured(f"{url} is no address: {error}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotConfigured(f"{url} is no address that begins with http:// or https://.")
    target = parts.path or "/"
    return Origin(parts.scheme == "https", parts.hostname, port, parts.netloc.rpartition("@")[2]), (
        f"{target}?{parts.query}" if parts.query else target
    )


def request_head(method: str, target: str, origin: Origin, headers: Mapping[str, str], length: int) -> bytes:
    """Everything before the body. length: the body's."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {origin.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length or method in ("PUT", "POST", "PATCH"):
        lines.append(f"Content-Length: {length}")
    text = "\r\n".join(lines)
    if text.count("\r\n") != len(lines) - 1 or "\n" in text.replace("\r\n", ""):
        raise NotConfigured("A header holds a line break.")
    return text.encode("latin-1", "replace") + b"\r\n\r\n"
