"""Cached files over HTTP: our edge, which asks who may read, against nginx's plain proxy_cache.

The same nginx, the same MinIO behind it, the same load (wrk), in turns.
"""

import contextlib
import http
import http.client
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from appliance.config import load_settings
from appliance.edge import contract
from appliance.edge.config import EdgeConfig, install
from appliance.ports.clock import system_clock
from appliance.stack.minio_binary import obtain_minio
from appliance.stack.nginx_binary import Nginx, find_nginx
from appliance.storage.minio_setup import MinioBucket
from appliance.storage.s3_connection import S3Connection

ACCESS_KEY, SECRET_KEY, REGION, BUCKET, SECRET = "bench-access", "bench-secret-key", "us-east-1", "bench", "bench-edge"
SIZES = {"object": (10_000_000, 1), "segments": (500_000, 20)}
ROUNDS = 3
SECONDS = 4
CONNECTIONS = 16
WORKERS = 2

PLAIN = """
{user}daemon off;
worker_processes {workers};
pid "{run}/nginx.pid";
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    client_body_temp_path "{run}/body";
    proxy_temp_path "{run}/proxy";
    fastcgi_temp_path "{run}/fastcgi";
    uwsgi_temp_path "{run}/uwsgi";
    scgi_temp_path "{run}/scgi";
    proxy_cache_path "{run}/cache" levels=1:2 keys_zone=plain:16m max_size=1g use_temp_path=off;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {store}/{bucket}/;
            proxy_set_header Referer "{secret}";
            proxy_cache plain;
            proxy_cache_valid 200 1d;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Load:
    """name: of SIZES. keys: what is asked for, in turn."""

    name: str
    size: int
    keys: list[str]


def run() -> dict[str, Any]:
    """MB/s, medians of three alternating rounds; the figures at the top are of the load where we do worse."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("This bench needs wrk: sudo apt-get install wrk")
    nginx = find_nginx(load_settings().nginx_binary)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        store_url = stack.enter_context(_minio(folder))
        loads = _fill(store_url)
        ours = stack.enter_context(_our_edge(nginx, folder / "ours", store_url))
        peer = stack.enter_context(_plain_nginx(nginx, folder / "peer", store_url))
        results = {load.name: _compare(wrk, folder, load, ours, peer) for load in loads}
    worst = min(results.values(), key=lambda result: result["ratio"])
    return {"bench": "delivery", **worst, "unit": "MB/s", "aim": 0.85, **results}


def _compare(wrk: str, folder: Path, load: Load, ours: int, peer: int) -> dict[str, float]:
    for port in (ours, peer):
        _warm(port, load)
    rates: dict[int, list[float]] = {ours: [], peer: []}
    for _ in range(ROUNDS):
        for port in (ours, peer):
            rates[port].append(_rate(wrk, folder, load, port))
    medians = {port: median(values) for port, values in rates.items()}
    return {
        "ours": round(medians[ours]),
        "peer": round(medians[peer]),
        "ratio": round(medians[ours] / medians[peer], 2),
    }


def _warm(port: int, load: Load) -> None:
    for key in load.keys:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", f"/{key}")
            answer = connection.getresponse()
            if (answer.status, len(answer.read())) != (200, load.size):
                raise SystemExit(f"/{key} on port {port} is answered with {answer.status}")


def _rate(wrk: str, folder: Path, load: Load, port: int) -> float:
    """MB/s that wrk gets."""
    paths = ", ".join(f'"/{key}"' for key in load.keys)
    script = folder / "paths.lua"
    script.write_text(
        f"local paths = {{{paths}}}\nlocal n = 0\n"
        'request = function() n = n % #paths + 1; return wrk.format("GET", paths[n]) end\n'
    )
    url = f"http://127.0.0.1:{port}/"
    answer = subprocess.run(
        [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in answer:
        raise SystemExit(answer)
    match = re.search(r"(\d+) requests in ([\d.]+)s", answer)
    assert match is not None
    return int(match[1]) * load.size / float(match[2]) / 1e6


@contextlib.contextmanager
def _minio(folder: Path) -> Iterator[str]:
    port = _free_port()
    minio = obtain_minio(load_settings().minio_binary, Console(stderr=True))
    env = {"PATH": os.defpath, "HOME": str(folder), "MINIO_BROWSER": "off"}
    env |= {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY}
    command = [str(minio), "server", "--quiet", "--address", f"127.0.0.1:{port}", str(folder / "objects")]
    with _running(command, port, "/minio/health/cluster", env):
        yield f"http://127.0.0.1:{port}"


def _fill(store_url: str) -> list[Load]:
    bucket = MinioBucket(store_url, ACCESS_KEY, SECRET_KEY, BUCKET, REGION)
    bucket.ensure_bucket()
    bucket.set_policy(SECRET)
    client = S3Connection(store_url, ACCESS_KEY, SECRET_KEY, BUCKET, REGION, system_clock).client
    loads = []
    for name, (size, count) in SIZES.items():
        keys = [f"videos/default/{uuid.uuid4()}.mp4" for _ in range(count)]
        for key in keys:
            client.put_object(BUCKET, key, io.BytesIO(os.urandom(size)), size, "video/mp4")
        loads.append(Load(name, size, keys))
    return loads


class _Allow(BaseHTTPRequestHandler):
    """Says yes to every question of the edge."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(204)
        self.send_header(contract.CONTENT_TYPE_HEADER, "video/mp4")
        self.send_header(contract.CACHE_HEADER, contract.PUBLIC_CACHE)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class _Api(ThreadingHTTPServer):
    request_queue_size = 128


@contextlib.contextmanager
def _our_edge(nginx: Nginx, folder: Path, store_url: str) -> Iterator[int]:
    api = _Api(("127.0.0.1", 0), _Allow)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    config = EdgeConfig(
        run_dir=folder,
        cache_dir=folder / "cache",
        bind="127.0.0.1",
        port=_free_port(),
        cache_bytes=10**9,
        store_url=store_url,
        bucket=BUCKET,
        authorize_url=f"http://127.0.0.1:{api.server_port}/_edge/authorize",
        image_url=f"http://127.0.0.1:{api.server_port}/_edge/image",
        secret=SECRET,
        has_slice=nginx.has_slice,
        workers=WORKERS,
        unused_modules=nginx.unused_modules,
        user=_user(),
    )
    path = install(config)
    try:
        with _running(_nginx_command(nginx, folder, path), config.port, "/healthz"):
            yield config.port
    finally:
        api.shutdown()
        api.server_close()


@contextlib.contextmanager
def _plain_nginx(nginx: Nginx, folder: Path, store_url: str) -> Iterator[int]:
    folder.mkdir()
    port = _free_port()
    path = folder / "nginx.conf"
    user = f"user {_user()};\n" if _user() else ""
    path.write_text(
        PLAIN.format(user=user, workers=WORKERS, run=folder, port=port, store=store_url, bucket=BUCKET, secret=SECRET)
    )
    with _running(_nginx_command(nginx, folder, path), port, "/"):
        yield port


def _nginx_command(nginx: Nginx, folder: Path, path: Path) -> list[str]:
    return [str(nginx.path), "-e", "stderr", "-p", str(folder), "-c", str(path)]


def _user() -> str:
    return "root" if os.geteuid() == 0 else ""


@contextlib.contextmanager
def _running(command: list[str], port: int, path: str, env: dict[str, str] | None = None) -> Iterator[None]:
    """The program, once it answers on `path`, whatever it answers there."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not _answers(port, path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} does not start.")
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status != http.HTTPStatus.SERVICE_UNAVAILABLE
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
