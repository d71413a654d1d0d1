"""Doubles of stores, for protocols that no store on this machine speaks. They are no proof of how the real ones behave.

SessionDouble answers as Google Cloud Storage's documentation says of resumable uploads, FormDouble as Cloudinary's says
of chunked ones, FaultyStore as S3 in its worst moments, DiscardingStore as S3 that keeps nothing but lengths.
"""

import base64
import email.parser
import email.policy
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Double:
    """A context manager; `requests` has method, path and headers of what came. Subclasses say how it is answered."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                with outer.lock:
                    outer.requests.append((self.command, self.path, headers))
                outer.answer(self, headers)

            do_PUT = do_POST = do_GET = _any

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/object"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, headers: dict[str, str]) -> None:
        raise AssertionError("each double says how it answers")


def reply(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """Headers by their names with '_' for '-'."""
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


class SessionDouble(Double):
    """Keeps pieces in order. lose_after: how many pieces to store without answering, so that the answer is lost.

    keeps: of each piece only so many bytes, as the real one may. wrong: names another MD5 than it has.
    """

    def __init__(self, *, lose_after: tuple[int, ...] = (), keeps: int | None = None, wrong: bool = False) -> None:
        super().__init__()
        self.body = b""
        self.pieces = 0
        self._lose_after = lose_after
        self._keeps = keeps
        self._wrong = wrong

    def answer(self, request: BaseHTTPRequestHandler, headers: dict[str, str]) -> None:
        sent = request.rfile.read(int(headers["content-length"]))
        match = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+)", headers["content-range"])
        assert match is not None
        size = int(match[3])
        if match[1] is not None:
            assert int(match[1]) == len(self.body), "pieces come in order, none twice"
            assert int(match[2]) - int(match[1]) + 1 == len(sent)
            last = len(self.body) + len(sent) == size
            self.body += sent if last or self._keeps is None else sent[: self._keeps]
            self.pieces += 1
            if self.pieces in self._lose_after:
                request.close_connection = True
                return
        if len(self.body) == size:
            named = hashlib.md5(self.body + b"!" * self._wrong).digest()
            reply(request, 200, json.dumps({"md5Hash": base64.b64encode(named).decode()}).encode())
        elif self.body:
            reply(request, 308, Range=f"bytes=0-{len(self.body) - 1}")
        else:
            reply(request, 308)


class FormDouble(Double):
    """Joins pieces by their id. refuse_once: answers 503 to the first try of that piece."""

    def __init__(self, *, refuse_once: int | None = None) -> None:
        super().__init__()
        self.body = b""
        self.fields: dict[str, str] = {}
        self.ids: set[str] = set()
        self._refuse_once = refuse_once

    def answer(self, request: BaseHTTPRequestHandler, headers: dict[str, str]) -> None:
        raw = request.rfile.read(int(headers["content-length"]))
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        form: Any = parser.parsebytes(f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + raw)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        piece = parts.pop("file").get_payload(decode=True)
        self.fields = {name: part.get_content().strip() for name, part in parts.items()}
        match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers.get("content-range", ""))
        start, size = (int(match[1]), int(match[3])) if match else (0, len(piece))
        if self._refuse_once == start:
            self._refuse_once = None
            reply(request, 503)
            return
        self.ids.add(headers.get("x-unique-upload-id", ""))
        self.body = self.body[:start] + piece
        done = len(self.body) == size
        said = {"done": True, "etag": hashlib.md5(self.body).hexdigest()} if done else {"done": False}
        reply(request, 200, json.dumps(said).encode())
