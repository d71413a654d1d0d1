"""Draining 5,000 events that MinIO kept: into our inbox and queues, against a bare endpoint that fsyncs each to a file.

The same MinIO with the same kept events, sent one at a time, in turns; both endpoints under Flask and waitress, each in
a process of its own with the same threads. The clock runs from the first event that is in to the last.
"""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import urllib3
from flask import Flask, request
from rich.console import Console

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import open_catalog
from appliance.config import load_settings
from appliance.ports.clock import system_clock
from appliance.services.subscriptions import event_filters
from appliance.stack.checks import free_intake_port
from appliance.stack.minio_binary import obtain_minio
from appliance.storage.minio_setup import MinioBucket, webhook_arn
from appliance.storage.s3 import S3Store
from appliance.web.app import create_internal_app
from appliance.web.context import Context, WebOptions
from appliance.web.server import Listen, Listener

EVENTS = 5_000
ROUNDS = 3
THREADS = 16
KEYS = ("bench-access", "bench-secret-key")
BUCKET, REGION, TOKEN = "bench", "us-east-1", "bench-token"
HOST = "127.0.0.1"
_PATIENCE_S = 120.0


def run() -> dict[str, Any]:
    """Events a second, medians of three alternating rounds."""
    minio = obtain_minio(load_settings().minio_binary, Console(stderr=True))
    with tempfile.TemporaryDirectory() as name:
        bench = _Bench(Path(name), minio)
        bench.keep_events()
        rates: dict[str, list[float]] = {"ours": [], "peer": []}
        for number in range(ROUNDS):
            for which, values in rates.items():
                values.append(bench.drain(which, number))
    ours, peer = median(rates["ours"]), median(rates["peer"])
    return {
        "bench": "intake",
        "ours": round(ours),
        "peer": round(peer),
        "unit": "events/s",
        "ratio": round(ours / peer, 2),
        "aim": 0.5,
    }


class _Bench:
    def __init__(self, folder: Path, minio: Path) -> None:
        self._folder = folder
        self._minio = minio
        self._endpoint_port, self._minio_port = free_intake_port(HOST), free_intake_port(HOST)
        self._queue = folder / "queue"
        self._kept = folder / "kept"

    def keep_events(self) -> None:
        """Have MinIO keep the events of so many uploads, for every round to start with."""
        with self._store() as url:
            bucket = MinioBucket(url, *KEYS, BUCKET, REGION)
            bucket.ensure_bucket()
            bucket.configure_notifications([webhook_arn("DURABLE")], ["files/"])
            store = S3Store(url, *KEYS, BUCKET, REGION)
            keys = [f"files/default/{uuid.uuid4()}.bin" for _ in range(EVENTS)]
            with ThreadPoolExecutor(16) as pool:
                list(pool.map(lambda key: store.put(key, b"bytes", content_type="application/octet-stream"), keys))
            _wait(lambda: sum(1 for path in self._queue.rglob("*.event")) >= EVENTS)
        shutil.copytree(self._queue, self._kept)

    def drain(self, which: str, number: int) -> float:
        """Events a second from the first that is in to the last."""
        shutil.rmtree(self._queue)
        shutil.copytree(self._kept, self._queue)
        folder = self._folder / f"{which}-{number}"
        folder.mkdir()
        with _endpoint(which, folder, self._endpoint_port), self._store():
            count = _counter(which, folder)
            _wait(lambda: count() > 0)
            first, started = count(), time.monotonic()
            _wait(lambda: count() >= EVENTS)
            return (EVENTS - first) / (time.monotonic() - started)

    @contextlib.contextmanager
    def _store(self) -> Iterator[str]:
        url = f"http://{HOST}:{self._minio_port}"
        env = {"PATH": os.defpath, "HOME": str(self._folder), "MINIO_BROWSER": "off", "MINIO_ROOT_USER": KEYS[0],
               "MINIO_ROOT_PASSWORD": KEYS[1], "MINIO_NOTIFY_WEBHOOK_ENABLE_DURABLE": "on",
               "MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DURABLE": str(self._queue),
               "MINIO_NOTIFY_WEBHOOK_ENDPOINT_DURABLE": f"http://{HOST}:{self._endpoint_port}/events/minio",
               "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_DURABLE": f"Bearer {TOKEN}"}  # fmt: skip
        command = [
            str(self._minio),
            "server",
            "--quiet",
            "--address",
            url.removeprefix("http://"),
            str(self._folder / "objects"),
        ]
        with _running(command, env, lambda: _answers(f"{url}/minio/health/cluster")):
            yield url


@contextlib.contextmanager
def _endpoint(which: str, folder: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "scripts.benches.intake", which, str(folder), str(port)]
    with _running(command, dict(os.environ), (folder / "serving").exists):
        yield


@contextlib.contextmanager
def _running(command: list[str], env: dict[str, str], ready: Callable[[], bool]) -> Iterator[None]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(lambda: ready() or process.poll() is not None)
        if process.poll() is not None:
            raise SystemExit(f"{command[0]} ended at once")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("This takes too long: something does not work.")
        time.sleep(0.01)


def _answers(url: str) -> bool:
    try:
        return urllib3.request("GET", url, retries=False, timeout=2).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _counter(which: str, folder: Path) -> Callable[[], int]:
    """How many events are in; asking costs next to nothing."""
    if which == "peer":
        file, lines = (folder / "events").open("rb"), 0

        def count() -> int:
            nonlocal lines
            lines += file.read().count(b"\n")
            return lines

        return count
    database = sqlite3.connect(f"file:{folder / 'catalog.db'}?mode=ro", uri=True)
    return lambda: int(database.execute("SELECT COALESCE(MAX(id), 0) FROM inbox").fetchone()[0])


def _serve(which: str, folder: Path, port: int) -> None:
    app = _ours(folder) if which == "ours" else _peer(folder)
    listener = Listener(app, Listen(HOST, port, THREADS))
    listener.start()
    (folder / "serving").touch()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


def _peer(folder: Path) -> Flask:
    app = Flask("bare")
    file = (folder / "events").open("ab", buffering=0)

    @app.post("/events/minio")
    def keep() -> str:
        file.write(request.get_data().replace(b"\n", b" ") + b"\n")
        os.fsync(file.fileno())
        return ""

    return app


def _ours(folder: Path) -> Flask:
    catalog = open_catalog(f"sqlite:///{folder / 'catalog.db'}", system_clock, queues=event_filters())
    options = WebOptions(
        api_port=8080, cdn_port=8088, s3_port=9000, api_url="", cdn_url="", s3_public_url="", host=HOST,
        hosts=frozenset(), cors_origins=("*",), rate_limit="", max_waiters=1, min_free_bytes=0, data_dir=str(folder),
        storage_dir=str(folder),
        edge_secret="edge", intake_token=TOKEN, cursor_key=b"cursor", name="media", version="bench",
    )  # fmt: skip
    store = S3Store("http://127.0.0.1:9", *KEYS, BUCKET, REGION)
    bus = SqlBus(catalog.queue, system_clock)
    return create_internal_app(Context(catalog, store, bus, system_clock, options, {}))


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
