"""How much memory the engine takes for a file of any size, against doubles of an appliance and a store that discards.

    python -m scripts.benches._discarding BYTES

The file is sparse. The double runs in a process of its own; it answers as MinIO does, with the CRC32 that it was told,
and keeps nothing. So this measures memory, and neither speed nor that anything arrives.
"""

import hashlib
import json
import multiprocessing
import socket
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gui.transfer.client import ApplianceClient, Credentials
from gui.transfer.engine import Engine
from gui.transfer.protocols.multipart import CHECKSUM
from gui.transfer.transfers import Options, State
from gui.transfer.uploads.duplicates import planned_part
from scripts.benches._memory import most_resident

ETAG = "0" * 32
_PIECE = 1024 * 1024


class _Appliance(BaseHTTPRequestHandler):
    """Knows one file, sent in parts to itself."""

    protocol_version = "HTTP/1.1"
    size = 0

    def do_PUT(self) -> None:
        left = int(self.headers["content-length"])
        buffer = memoryview(bytearray(_PIECE))
        while left:
            left -= self.rfile.readinto(buffer[: min(left, _PIECE)])
        self._answer(b"", ("ETag", ETAG), (CHECKSUM, self.headers[CHECKSUM]))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/upload":
            self._say(
                {"fileId": "f", "videoUrl": "v", "url": None, "page": "p", "upload": {
                    "protocol": "multipart", "partSize": planned_part(body["size"]),
                    "partCount": -(-body["size"] // planned_part(body["size"])), "parts": [],
                }}
            )  # fmt: skip
        elif self.path.endswith("/parts"):
            self._say({"parts": [{"number": one, "url": f"{self._here}/{one}"} for one in body["numbers"]]})
        else:
            joined = hashlib.md5(bytes.fromhex(ETAG) * len(body["parts"])).hexdigest()
            self._say({"fileId": "f", "videoUrl": "v", "state": "uploaded", "etag": f"{joined}-{len(body['parts'])}"})

    def do_GET(self) -> None:
        if self.path.startswith("/files"):
            self._say({"items": [], "next": None})
            return
        self._say(
            {
                "tenantId": "t", "keyName": "k", "scopes": [], "quota": {"bytes": None, "files": None},
                "used": {"bytes": 0, "files": 0}, "disk": {"freeBytes": 1 << 50}, "name": "", "version": "",
                "limits": {"maxFileBytes": 1 << 50, "urlSeconds": 3600}, "capabilities": {"protocols": []},
            }
        )  # fmt: skip

    @property
    def _here(self) -> str:
        return f"http://{self.headers['host']}"

    def _say(self, answer: dict[str, Any]) -> None:
        self._answer(json.dumps(answer).encode())

    def _answer(self, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def _serve(said: "Connection[int, None]") -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Appliance)
    server.daemon_threads = True
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * _PIECE)
    said.send(server.server_port)
    server.serve_forever()


def main(size: int) -> None:
    """Prints the most bytes that were resident."""
    hears, says = multiprocessing.get_context("spawn").Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(says,), daemon=True)
    process.start()
    client = ApplianceClient(Credentials(f"http://127.0.0.1:{hears.recv()}", "mk_double"))
    with tempfile.TemporaryDirectory() as name, client:
        source = Path(name, "sparse.bin")
        with source.open("wb") as file:
            file.truncate(size)
        engine = Engine(Path(name, "journal.db"), lambda connection: client, Options(hold_sleep=False))
        engine.start()
        engine.add([source], connection="double")
        engine.wait_idle()
        (row,) = engine.transfers()
        engine.stop()
    process.terminate()
    process.join()
    if row.state is not State.DONE or not row.verified:
        raise SystemExit(f"{row.state}: {row.reason}")
    assert threading.active_count() == 1, threading.enumerate()
    print(json.dumps({"rss": most_resident()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
