"""TCP streams, with TLS or without, that wait in small steps so that a request to end is seen at once."""

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from gui.transfer.errors import Broken, Unreachable
from gui.transfer.halting import Halt

Result = TypeVar("Result")
_LOOK_S = 0.25
#: Without a byte taken for so long, the other side is gone. Slow is not gone: little waits unsent in the system.
STALL_S = 60.0
_UNSENT = 256 * 1024
_RECEIVE = 64 * 1024
_CONNECT_S = 10.0
_NOT_THIS_WAY = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_OF_DISKS = frozenset({errno.EIO, errno.ESTALE, errno.EBADF, errno.EISDIR})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go. netloc: as the URL has it, for the Host header, which signatures cover."""

    tls: bool
    host: str
    port: int
    netloc: str


class Stream:
    """One connection, used by one thread at a time. Raises Broken once it is lost, Interrupted.

    sends_files: whether files can go out without passing through this process.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.sends_files = hasattr(os, "sendfile") and not isinstance(sock, ssl.SSLSocket)

    def send(self, data: bytes | memoryview, halt: Halt) -> bool:
        """All of it; False where the other side speaks before it has all."""
        view = memoryview(data)
        while len(view):
            count = self._when_ready(lambda: self._socket.send(view), halt)  # noqa: B023 - called at once
            if count is None:
                return False
            view = view[count:]
        return True

    def send_file(self, descriptor: int, offset: int, count: int, halt: Halt) -> int | None:
        """A range of a file: how many bytes went; None where the other side speaks before it has all.

        Fewer than `count`: the file ends there, or its disk does not lend itself to this (`sends_files` is False then).
        Raises OSError where the file cannot be read.
        """
        done = 0

        def send() -> int:
            try:
                return os.sendfile(self._socket.fileno(), descriptor, offset + done, count - done)
            except OSError as error:
                if error.errno in _NOT_THIS_WAY:
                    self.sends_files = False
                    return 0
                raise

        while done < count:
            went = self._when_ready(send, halt)
            if went is None:
                return None
            if went == 0:
                break
            done += went
        return done

    def receive(self, deadline: float, halt: Halt) -> bytes:
        """What is there, b'' at the end. Raises Broken after the deadline (of time.monotonic), too."""
        while True:
            try:
                return self._socket.recv(_RECEIVE)
            except (BlockingIOError, ssl.SSLWantReadError):
                self._wait(halt, deadline, "No answer came in time.", reading=True)
            except ssl.SSLWantWriteError:
                self._wait(halt, deadline, "No answer came in time.", reading=False)
            except OSError as error:
                raise _broken(error) from error

    def readable(self) -> bool:
        """Whether an answer, or the end of the stream, lies there now."""
        return _ready(self._socket, 0.0, reading=True, writing=False)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def _when_ready(self, operation: Callable[[], Result], halt: Halt) -> Result | None:
        deadline = time.monotonic() + STALL_S
        while True:
            halt.check()
            try:
                return operation()
            except (BlockingIOError, ssl.SSLWantWriteError):
                if self._wait(halt, deadline, "The connection stands still.", reading=False):
                    return None
            except ssl.SSLWantReadError:
                self._wait(halt, deadline, "The connection stands still.", reading=True)
            except OSError as error:
                if isinstance(error, ssl.SSLError) or error.errno not in _OF_DISKS:
                    raise _broken(error) from error
                raise

    def _wait(self, halt: Halt, deadline: float, late: str, *, reading: bool) -> bool:
        """Until it can go on; whether, where it was to write, there is something to read instead."""
        plain = not isinstance(self._socket, ssl.SSLSocket)
        while True:
            halt.check()
            if _ready(self._socket, _LOOK_S, reading=reading or plain, writing=not reading):
                return not reading and plain and self.readable()
            if time.monotonic() > deadline:
                raise Broken(late)


def _broken(error: OSError) -> Broken:
    if isinstance(error, ssl.SSLError):
        return Broken(f"The encrypted connection failed: {error.reason or error}.")
    return Broken(f"The connection was lost: {(error.strerror or str(error)).lower()}.")


def connect(origin: Origin, context: ssl.SSLContext | None, timeout_s: float, halt: Halt) -> Stream:
    """A fresh connection. Raises Unreachable with a sentence, Interrupted."""
    halt.check()
    where = f"{origin.host}:{origin.port}"
    try:
        sock = socket.create_connection((origin.host, origin.port), min(timeout_s, _CONNECT_S))
    except TimeoutError as error:
        raise Unreachable(f"{where} does not answer.") from error
    except socket.gaierror as error:
        raise Unreachable(f"The name {origin.host} is not known on this network.") from error
    except OSError as error:
        raise Unreachable(f"{where} cannot be reached: {(error.strerror or str(error)).lower()}.") from error
    try:
        _tune(sock)
        if context is not None:
            sock = context.wrap_socket(sock, server_hostname=origin.host)
        sock.setblocking(False)
    except ssl.SSLCertVerificationError as error:
        sock.close()
        raise Unreachable(f"{where} does not prove who it is: {error.verify_message}.") from error
    except OSError as error:
        sock.close()
        raise Unreachable(f"{where} cannot be reached: {error}.") from error
    return Stream(sock)


def _tune(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # A machine that fell asleep or off the network is noticed within about half a minute while we wait for its answer.
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4), ("TCP_NOTSENT_LOWAT", _UNSENT)):
        if hasattr(socket, name):
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _ready(sock: socket.socket, timeout_s: float, *, reading: bool, writing: bool) -> bool:
    if not hasattr(select, "poll"):
        found = select.select([sock] if reading else [], [sock] if writing else [], [], timeout_s)
        return any(found)
    poll = select.poll()
    poll.register(sock, (select.POLLIN if reading else 0) | (select.POLLOUT if writing else 0))
    return bool(poll.poll(timeout_s * 1000))
