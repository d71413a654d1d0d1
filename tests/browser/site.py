"""A web site of somebody else, reached by names of the network that are not the appliance's."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: A site of the appliance's own people, and one that is nobody's business.
INTRANET_NAME, FOREIGN_NAME = "intranet.test", "elsewhere.test"


class Site(ThreadingHTTPServer):
    """Serves `pages`: by path the media type and the text. Its origin is whichever name it is asked by."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, tuple[str, str]] = {}
        self.intranet, self.foreign = (
            f"http://{name}:{self.server_port}" for name in (INTRANET_NAME, FOREIGN_NAME)
        )  # fmt: skip
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        found = self.server.pages.get(self.path)
        if found is None:
            self.send_error(404)
            return
        body = found[1].encode()
        self.send_response(200)
        self.send_header("Content-Type", found[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
