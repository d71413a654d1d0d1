"""Stands between the store and the appliance's intake: loses, doubles, holds back and repeats events."""

import http.client
import random
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.servers import free_port

_REMEMBERED = 500
_Event = tuple[str, dict[str, str], bytes]


class IntakeProxy:
    """An HTTP server on a port of its own. A context manager.

    mode: `through`; `lose` says 200 and forgets, as a store does that is killed before it wrote its queue to disk;
    `double` passes each on twice; `hold` says 200 and passes on in another order when `release` is called.
    """

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self.mode = "through"
        self.lost = self.doubled = self.held = self.replayed = 0
        self._target = target_port
        self._seen: deque[_Event] = deque(maxlen=_REMEMBERED)
        self._waiting: list[_Event] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", self.port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def release(self, chance: random.Random) -> None:
        """Pass on what was held back, in another order; each until the intake took it."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        chance.shuffle(waiting)
        for event in waiting:
            while self.pass_on(event) != 200:
                time.sleep(0.2)

    def replay(self, chance: random.Random, count: int) -> None:
        """Send events once more that were delivered before, however long ago."""
        with self._lock:
            known = list(self._seen)
        for event in chance.sample(known, min(count, len(known))):
            self.replayed += 1
            self.pass_on(event)

    def take(self, event: _Event) -> int:
        """What the store is answered."""
        mode = self.mode
        if mode == "lose":
            self.lost += 1
            return 200
        if mode == "hold":
            with self._lock:
                self._waiting.append(event)
            self.held += 1
            return 200
        status = self.pass_on(event)
        if status == 200:
            with self._lock:
                self._seen.append(event)
            if mode == "double":
                self.doubled += 1
                self.pass_on(event)
        return status

    def pass_on(self, event: _Event) -> int:
        """What the intake says; 503 where it is not there."""
        path, headers, body = event
        connection = http.client.HTTPConnection("127.0.0.1", self._target, timeout=30)
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 503
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], proxy: IntakeProxy) -> None:
        super().__init__(address, _Handler)
        self.proxy = proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A store that is killed ends its connections; that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        kept = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
        self.send_response(self.server.proxy.take((self.path, kept, body)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        """Quiet."""
