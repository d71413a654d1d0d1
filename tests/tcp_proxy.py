"""A TCP proxy that loses connections, is slow, or is away, as a test asks for. It counts what clients send."""

import contextlib
import random
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

_PIECE = 16 * 1024


class TcpProxy:
    """Listens on loopback and passes on to `target_port`. A context manager.

    received: bytes that clients have sent. rate: bytes a second over all connections and each direction, None for
    no limit. resets: the share of pieces (16 KiB) after which a connection is reset.
    """

    def __init__(self, target_port: int, *, seed: int = 0) -> None:
        self.received = 0
        self.connections = 0
        self.rate: int | None = None
        self.resets = 0.0
        self._target = target_port
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._free_at = {"up": 0.0, "down": 0.0}
        self._listener: socket.socket | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.restore()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def restore(self) -> None:
        """Listen, on the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Refuse connections, and lose those there are."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            lost = list(self._open)
        for one in lost:
            _reset(one)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self.connections += 1
                self._open |= {client, server}
            for source, sink, way in ((client, server, "up"), (server, client, "down")):
                threading.Thread(target=self._pass, args=(source, sink, way), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        try:
            while data := source.recv(_PIECE):
                self._pace(len(data), way)
                if self._loses():
                    _reset(source)
                    _reset(sink)
                    break
                if way == "up":
                    with self._lock:
                        self.received += len(data)
                sink.sendall(data)
        except OSError:
            pass
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        if way == "down":
            with self._lock:
                self._open -= {source, sink}
            source.close()
            sink.close()

    def _loses(self) -> bool:
        with self._lock:
            return self._random.random() < self.resets

    def _pace(self, count: int, way: str) -> None:
        if self.rate is None:
            return
        with self._lock:
            at = max(time.monotonic(), self._free_at[way])
            self._free_at[way] = at + count / self.rate
        time.sleep(max(0.0, at - time.monotonic()))


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
