"""POST /upload (key, row on disk, signature) against a bare Flask and waitress that says hello.

Each in a process of its own with the same 64 threads; wrk sends both the same requests from 16 connections, in turns.
"""

import contextlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import open_catalog
from appliance.domain.events import EventType
from appliance.ports.clock import system_clock
from appliance.storage.s3 import S3Store
from appliance.web.app import create_app
from appliance.web.context import Context, WebOptions
from appliance.web.server import Listen, Listener, settle

ROUNDS = 3
SECONDS = 5
CLIENTS = 16
THREADS = 64

SCRIPT = """
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer {key}"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{{"name": "Ferien am Meer.mp4", "size": 5000000, "path": "2026/Sommer", "tags": ["meer"]}}'
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), bad))
end
"""


def run() -> dict[str, Any]:
    """Requests a second and the latencies of ours in ms, medians of three alternating rounds."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("This bench needs wrk: sudo apt-get install wrk")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        script = Path(name, "upload.lua")
        ours_port, key = stack.enter_context(_server("ours", Path(name, "ours")))
        peer_port, _ = stack.enter_context(_server("peer", Path(name, "peer")))
        script.write_text(SCRIPT.format(key=key))
        for port in (ours_port, peer_port):
            _load(wrk, script, port, seconds=1)
        ours, peer = [], []
        for _ in range(ROUNDS):
            ours.append(_load(wrk, script, ours_port, SECONDS))
            peer.append(_load(wrk, script, peer_port, SECONDS))
    rate, p50, p99 = (median(column) for column in zip(*ours, strict=True))
    peer_rate = median(entry[0] for entry in peer)
    return {
        "bench": "api",
        "ours": round(rate),
        "peer": round(peer_rate),
        "unit": "requests/s",
        "ratio": round(rate / peer_rate, 2),
        "aim": 0.4,
        "p50": round(p50, 1),
        "p99": round(p99, 1),
    }


def _load(wrk: str, script: Path, port: int, seconds: int) -> tuple[float, float, float]:
    """(requests a second, p50 in ms, p99 in ms) of one burst."""
    url = f"http://127.0.0.1:{port}/upload"
    answer = subprocess.run(
        [wrk, "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-s", str(script), url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    match = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", answer)
    if match is None or match[5] != "0":
        raise SystemExit(answer)
    requests, micros, p50, p99 = (float(match[number]) for number in range(1, 5))
    return requests / micros * 1e6, p50 / 1000, p99 / 1000


@contextlib.contextmanager
def _server(which: str, folder: Path) -> Iterator[tuple[int, str]]:
    """(port, key) of a server in a process of its own."""
    folder.mkdir()
    command = [sys.executable, "-m", "scripts.benches.api", which, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port, _, key = process.stdout.readline().strip().partition(" ")
        yield int(port), key
    finally:
        process.terminate()
        process.wait(10)


def _serve(which: str, folder: Path) -> None:
    app, key = _ours(folder) if which == "ours" else (_peer(), "")
    listener = Listener(app, Listen("127.0.0.1", 0, THREADS))
    settle()
    listener.start()
    print(listener.port, key, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


def _peer() -> Flask:
    app = Flask("hello")

    @app.post("/upload")
    def hello() -> str:
        return "hello"

    return app


def _ours(folder: Path) -> tuple[Flask, str]:
    catalog = open_catalog(
        f"sqlite:///{folder / 'catalog.db'}", system_clock, queues={"metadata": frozenset(EventType)}
    )
    catalog.tenants.add("default", "Default", quota_bytes=0, quota_files=0, now=system_clock())
    _, key = catalog.keys.create("default", "bench", ["upload"], now=system_clock())
    options = WebOptions(
        api_port=8080,
        cdn_port=8088,
        s3_port=9000,
        api_url="",
        cdn_url="",
        s3_public_url="",
        host="127.0.0.1",
        hosts=frozenset(),
        cors_origins=("*",),
        rate_limit="",
        max_waiters=THREADS // 2,
        min_free_bytes=1,
        data_dir=str(folder),
        storage_dir=str(folder),
        edge_secret="edge",
        intake_token="intake",
        cursor_key=b"cursor",
        name="media",
        version="bench",
    )
    store = S3Store("http://127.0.0.1:9000", "access", "secret-key", "media", "us-east-1")
    return create_app(Context(catalog, store, SqlBus(catalog.queue, system_clock), system_clock, options, {})), key


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]))
