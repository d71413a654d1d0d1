"""One object, served to one confined program over a loopback socket that only it can reach."""

import http.client
import socket
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit

from appliance.media.confined import FEED_PATH

_BLOCK = 256 * 1024
_ANSWER_S = 30.0
_PASSED_ON = ("Content-Length", "Content-Range", "Content-Type")


class Feed:
    """Answers GET for one path with the bytes behind `url`, ranges included, until it is closed.

    `failure` says what the store did not give; a reader that goes away early is none.
    """

    def __init__(self, listener: socket.socket, url: str) -> None:
        self.failure: str | None = None
        self._url = urlsplit(url)
        self._server = _Server(listener, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def open(self, span: str | None) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """The store's answer for a Range header's value, or for the whole object."""
        url = self._url
        connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = connect(url.netloc, timeout=_ANSWER_S)
        target = f"{url.path}?{url.query}" if url.query else url.path
        connection.request("GET", target, headers={"Range": span} if span else {})
        return connection, connection.getresponse()


class _Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, feed: Feed) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.feed = feed

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that goes away in the middle of an answer, by seeking elsewhere, is how FFmpeg reads."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path != FEED_PATH:
            self.send_error(404)
            return
        try:
            connection, answer = self.server.feed.open(self.headers.get("Range"))
        except (OSError, http.client.HTTPException) as error:
            self._fail(f"{type(error).__name__}: {error}")
            return
        with closing(connection):
            if answer.status not in (200, 206, 416):
                self._fail(f"the store answered {answer.status}")
                return
            self._relay(answer)

    def _relay(self, answer: http.client.HTTPResponse) -> None:
        self.send_response(answer.status)
        self.send_header("Accept-Ranges", "bytes")
        for name in _PASSED_ON:
            if answer.headers.get(name):
                self.send_header(name, answer.headers[name])
        self.end_headers()
        left = answer.length
        while left != 0:
            try:
                data = answer.read(_BLOCK)
            except (OSError, http.client.HTTPException) as error:
                self.server.feed.failure = f"{type(error).__name__}: {error}"
                return
            if not data:
                if left is not None:
                    self.server.feed.failure = f"the store broke off {left} bytes before the end"
                return
            left = left - len(data) if left is not None else None
            self.wfile.write(data)

    def _fail(self, why: str) -> None:
        self.server.feed.failure = why
        self.send_error(502)

    def log_message(self, format: str, *args: object) -> None:
        """Requests of a program on this machine are no news."""
