"""The listeners: waitress with limits, all applications in one process, and an end that keeps nobody waiting."""

import gc
import json
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from appliance.domain.errors import SetupError
from appliance.web import dispatching
from appliance.web.bodies import MAX_BODY
from appliance.web.changes import WAITERS
from appliance.web.dispatching import Dispatcher
from appliance.web.problems import MEDIA_TYPE, problem_body

_STOP_S = 4.0
_LOOP_S = 1.0
#: The application answers for bodies a little over its limit; what is far over is not even read.
_SLACK = 64 * 1024
_MAX_HEADER = 32 * 1024
_IDLE_S = 120
#: Browsers ask for a page's pictures all at once, and few threads make them.
_LEAST_WAITING = 64
_SLUGS = {503: "overloaded", 413: "too_large", 431: "too_large", 400: "bad_request"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where an application listens, with how many threads and connections. port 0: any free one.

    max_body: bytes; what is far over is refused unread, by an application's own limit before that.
    waiting: requests that may wait for a thread; 0 for four to each.
    """

    host: str
    port: int
    threads: int
    connections: int = 1000
    max_body: int = MAX_BODY
    waiting: int = 0


class _ProblemTask(ErrorTask):
    """What waitress itself refuses is a problem document too."""

    def execute(self) -> None:
        refused: Any = self.request  # the published types of waitress know little of its insides
        error, headers = refused.error, cast("list[tuple[str, str]]", self.response_headers)
        wait = dispatching.RETRY_SECONDS if error.code == HTTPStatus.SERVICE_UNAVAILABLE else None
        slug = _SLUGS.get(error.code, "internal")
        body = json.dumps(problem_body(slug, error.code, str(error.body), retry_after=wait)).encode()
        if wait is not None:
            headers.append(("Retry-After", str(wait)))
        self.status = f"{error.code} {error.reason}"
        headers.append(("Content-Type", MEDIA_TYPE))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    error_task_class = _ProblemTask


class Listener:
    """One application on one address, served by a thread of its own. It accepts once `start` returned."""

    def __init__(self, app: Flask, listen: Listen) -> None:
        self._app = app
        self._sockets: dict[int, Any] = {}
        try:
            server: Any = create_server(
                app,
                _dispatcher=Dispatcher(listen.threads, listen.waiting or max(_LEAST_WAITING, 4 * listen.threads)),
                map=self._sockets,
                host=listen.host,
                port=listen.port,
                threads=listen.threads,
                connection_limit=listen.connections,
                max_request_body_size=listen.max_body + _SLACK,
                max_request_header_size=_MAX_HEADER,
                inbuf_overflow=MAX_BODY + 2 * _SLACK,
                channel_timeout=_IDLE_S,
                asyncore_use_poll=True,
                # So that a request under way can be told that its client has gone.
                channel_request_lookahead=1,
                ident="media-appliance",
            )
        except OSError as error:
            raise SetupError(f"Cannot listen on {listen.host}:{listen.port}: {error.strerror}.") from None
        server.channel_class = _Channel
        self._server = server
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"listener-{self.port}", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.effective_port)

    @property
    def waiting(self) -> int:
        """Requests that wait for a thread."""
        return len(self._server.task_dispatcher.queue)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way, for at most a few seconds, and accept nothing more. Idempotent."""
        waiters = self._app.extensions.get(WAITERS)
        if waiters is not None:
            waiters.close()
        self._stopping.set()
        if self._thread.is_alive():
            self._server.pull_trigger()
            self._thread.join(_STOP_S + _LOOP_S)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._turn(_LOOP_S)
        self._server.accepting = False
        deadline = time.monotonic() + _STOP_S
        while self.busy() and time.monotonic() < deadline:
            self._turn(0.05)
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        wasyncore.close_all(self._sockets, ignore_all=True)

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._sockets, count=1)

    def busy(self) -> int:
        """Connections with a request under way or an answer not sent."""
        channels = list(self._server.active_channels.values())
        return sum(bool(channel.requests or channel.total_outbufs_len) for channel in channels)


def settle() -> None:
    """What a process has built until now it keeps: let the garbage collector pass over it, and pass less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def serve(apps: Sequence[tuple[Flask, Listen]], ready: Callable[[Sequence[int]], None]) -> None:
    """Serve all until SIGTERM or SIGINT; call from the main thread.

    ready: called once with their ports. Raises SetupError where an address is taken.
    """
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    listeners = [Listener(app, listen) for app, listen in apps]
    settle()
    for listener in listeners:
        listener.start()
    ready([listener.port for listener in listeners])
    stop.wait()
    _log.info("stopping")
    for listener in listeners:
        listener.stop()
