"""An HTTP server of files in memory that answers range requests, as an object store does, and counts what it gives."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class RangeServer:
    """files: by name. requests: the paths asked for. served: bytes given. `hangs` is never answered."""

    def __init__(self, **files: bytes) -> None:
        self.files = files
        self.requests: list[str] = []
        self.served = 0
        self._stopped = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{name}?signature=x"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Send the range that is asked for."""
        name = request.path.lstrip("/").partition("?")[0]
        self.requests.append(name)
        if name == "hangs":
            self._stopped.wait()
        if name not in self.files:
            request.send_error(404)
            return
        data = self.files[name]
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        first, last = (int(asked[1]), min(int(asked[2]), len(data) - 1)) if asked else (0, len(data) - 1)
        body = data[first : last + 1]
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        self.served += len(body)
