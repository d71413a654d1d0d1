"""A TCP proxy on loopback that a test can cut and put down."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_CHUNK = 64 * 1024


class FlakyProxy:
    """Passes connections on to a port of 127.0.0.1. A context manager.

    down: new connections are closed at once. cut_after: bytes towards the client after which the connection is cut,
    once; None: never. served: bytes that went towards clients.
    """

    def __init__(self, port: int) -> None:
        self.to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.down = False
        self.cut_after: int | None = None
        self.served = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.cut()

    def cut(self) -> None:
        """End all connections that are open now."""
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                client.close()
            else:
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            client.close()
            return
        with self._lock:
            self._open |= {client, server}
        if self.down:
            # Put down while this one was being made: `cut` did not see it.
            self.cut()
        for pair in ((client, server, False), (server, client, True)):
            threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if counted and self._is_due(len(data)):
                    break
                target.sendall(data)
        with suppress(OSError):
            source.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source}
        source.close()

    def _is_due(self, count: int) -> bool:
        with self._lock:
            self.served += count
            if self.cut_after is None:
                return False
            self.cut_after -= count
            if self.cut_after > 0:
                return False
            self.cut_after = None
            return True
