"""The object_store port on a real MinIO, and what is MinIO's own."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import urllib3

from appliance.domain.errors import PreconditionFailed, StoreRejected, StoreUnavailable
from appliance.ports.object_store import ObjectStore
from appliance.storage.minio_setup import EVENT_NAMES, MinioBucket, NotificationRule, webhook_arn
from appliance.storage.s3 import S3Store
from tests.contract.object_store_suite import ObjectStoreContract
from tests.contract.signed_requests import Client, client, prefix, send_part, sign_put
from tests.servers import MinioServer, free_port

__all__ = ["client", "prefix"]

SECRET = "edge-secret-of-the-test"
PREFIXES = ("videos/", "audio/", "images/", "files/")
GIVEN_UP_S = 5.0


def connect(server: MinioServer, bucket: str = "media", *, secret_key: str = "") -> S3Store:
    return S3Store(server.url, server.access_key, secret_key or server.secret_key, bucket, "us-east-1")


def administer(server: MinioServer, bucket: str = "media") -> MinioBucket:
    return MinioBucket(server.url, server.access_key, server.secret_key, bucket, "us-east-1")


@pytest.fixture(scope="module")
def store(minio: MinioServer) -> S3Store:
    administer(minio).ensure_bucket()
    return connect(minio)


@pytest.fixture(scope="module")
def notifying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    """A MinIO with two webhook targets whose endpoint is down."""
    endpoint = f"http://127.0.0.1:{free_port()}/events/minio"
    env = {f"MINIO_NOTIFY_WEBHOOK_ENABLE_{target}": "on" for target in ("FAST", "DURABLE")}
    env |= {f"MINIO_NOTIFY_WEBHOOK_ENDPOINT_{target}": endpoint for target in ("FAST", "DURABLE")}
    env["MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DURABLE"] = str(tmp_path_factory.mktemp("queue"))
    with MinioServer(tmp_path_factory.mktemp("notifying"), env=env) as server:
        administer(server).ensure_bucket()
        yield server


class TestMinio(ObjectStoreContract):
    """All of the port."""


def test_a_url_is_good_by_the_name_that_the_client_uses(
    minio: MinioServer, store: ObjectStore, client: Client, prefix: str
) -> None:
    base_url = f"http://localhost:{minio.port}"
    request = store.sign_put(
        prefix + "a", content_type="text/plain", size=3, sha256=None, expires_s=60, base_url=base_url
    )
    assert request.url.startswith(base_url + "/media/")
    assert client.send(request, b"abc").status == 200


def test_a_url_dies(minio: MinioServer, store: ObjectStore, client: Client, prefix: str) -> None:
    store.put(prefix + "a", b"x", content_type="text/plain")
    an_hour_ago = (int(time.time()) - 3600) * 1_000_000
    old = S3Store(minio.url, minio.access_key, minio.secret_key, "media", "us-east-1", clock=lambda: an_hour_ago)
    assert client.send(old.sign_get(prefix + "a", expires_s=3599, base_url=None)).status == 403
    assert client.send(old.sign_get(prefix + "a", expires_s=3700, base_url=None)).status == 200


@pytest.mark.parametrize("spelling", ["/media/{key}", "media%2F{key}"])
def test_a_url_to_send_bytes_does_not_copy_somebody_elses(
    store: ObjectStore, client: Client, prefix: str, spelling: str
) -> None:
    store.put(prefix + "private", b"secret", content_type="text/plain")
    headers = {"x-amz-copy-source": spelling.format(key=prefix + "private")}
    assert client.send(sign_put(store, prefix + "taken", 6), b"mine..", headers).status == 403
    upload_id = store.create_upload(prefix + "parts", content_type="text/plain")
    part = store.sign_part(prefix + "parts", upload_id, 1, size=6, expires_s=60, base_url=None)
    assert client.send(part, b"a part", headers).status == 403
    assert store.list_parts(prefix + "parts", upload_id) == []
    assert [info.key for info in store.list(prefix)] == [prefix + "private"]
    assert client.send(part, b"a part").status == 200


def test_of_two_completions_at_once_one_wins(store: ObjectStore, client: Client, prefix: str) -> None:
    key = prefix + "a"
    uploads = [store.create_upload(key, content_type="text/plain") for _ in range(2)]
    parts = [[send_part(store, client, key, upload, 1, upload.encode())] for upload in uploads]

    def complete(number: int) -> bool:
        try:
            store.complete_upload(key, uploads[number], parts[number])
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(complete, range(2)))
    assert won.count(True) == 1
    assert store.read(key) == uploads[won.index(True)].encode()


def test_wrong_credentials_are_refused_for_good(minio: MinioServer, store: ObjectStore) -> None:
    stranger = connect(minio, secret_key="not the secret")
    calls: list[Callable[[], object]] = [
        stranger.check,
        lambda: stranger.head("a"),
        lambda: stranger.put("a", b"x", content_type="text/plain"),
        lambda: list(stranger.list("")),
        lambda: stranger.create_upload("a", content_type="text/plain"),
    ]
    for call in calls:
        with pytest.raises(StoreRejected):
            call()


def test_a_missing_bucket_is_not_taken_for_a_missing_object_and_may_come_back(minio: MinioServer) -> None:
    store = connect(minio, "elsewhere")
    with pytest.raises(StoreRejected, match="no bucket elsewhere"):
        store.check()
    calls: list[Callable[[str], object]] = [store.head, store.read, store.delete, lambda key: list(store.list(key))]
    for call in calls:
        with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
            call("videos/a")


class TestUnavailable:
    """A store that is away is known to be away in bounded time, and used again once it is back."""

    def test_nobody_listens(self) -> None:
        self.assert_given_up(f"http://127.0.0.1:{free_port()}")

    def test_somebody_listens_and_never_answers(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.assert_given_up(f"http://127.0.0.1:{silent.getsockname()[1]}")

    def test_a_stop_and_a_start(self, tmp_path: Path) -> None:
        with MinioServer(tmp_path) as server:
            administer(server).ensure_bucket()
            store = connect(server)
            store.put("a", b"x", content_type="text/plain")
            server.kill()
            with pytest.raises(StoreUnavailable):
                store.head("a")
            server.start()
            assert store.read("a") == b"x"
            store.create_upload("a", content_type="text/plain")

    @staticmethod
    def assert_given_up(url: str) -> None:
        store = S3Store(url, "access", "secret-key", "media", "us-east-1")
        calls: list[Callable[[], object]] = [store.check, lambda: store.create_upload("a", content_type="a/b")]
        for call in calls:
            began = time.monotonic()
            with pytest.raises(StoreUnavailable) as away:
                call()
            assert time.monotonic() - began < GIVEN_UP_S
            assert not away.value.permanent

    @pytest.mark.parametrize("status", [200, 404, 500])
    def test_something_else_answers(self, status: int) -> None:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<p>Welcome")

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        with HTTPServer(("127.0.0.1", 0), Page) as page:
            thread = threading.Thread(target=page.serve_forever)
            thread.start()
            store = S3Store(f"http://127.0.0.1:{page.server_port}", "access", "secret-key", "media", "us-east-1")
            try:
                for call in (lambda: list(store.list("")), lambda: store.list_parts("a", "upload")):
                    with pytest.raises(StoreUnavailable):
                        call()
            finally:
                page.shutdown()
                thread.join()


class TestBucketSetup:
    @pytest.fixture
    def bucket(self, minio: MinioServer) -> MinioBucket:
        bucket = administer(minio, "setup")
        bucket.ensure_bucket()
        return bucket

    def test_the_bucket_is_made_once(self, minio: MinioServer) -> None:
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: administer(minio, "made-once").ensure_bucket(), range(4)))
        assert made.count(True) <= 1
        connect(minio, "made-once").check()
        assert administer(minio, "made-once").ensure_bucket() is False

    def test_readers_need_the_edges_secret(self, minio: MinioServer, bucket: MinioBucket, client: Client) -> None:
        connect(minio, "setup").put("videos/a", b"film", content_type="video/mp4")
        bucket.set_policy("an older secret")
        assert bucket.set_policy(SECRET) is True
        assert bucket.set_policy(SECRET) is False
        url = f"{minio.url}/setup/videos/a"
        assert client.get(url, {"referer": SECRET}).data == b"film"
        for stranger in ({}, {"referer": "an older secret"}, {"referer": SECRET + "x"}):
            assert client.get(url, stranger).status == 403

    def test_the_edges_secret_lists_and_writes_nothing(self, minio: MinioServer, bucket: MinioBucket) -> None:
        bucket.set_policy(SECRET)
        http = urllib3.PoolManager(retries=False)
        for method, path in (("GET", ""), ("GET", "?list-type=2"), ("PUT", "/videos/b"), ("DELETE", "/videos/a")):
            assert http.request(method, f"{minio.url}/setup{path}", headers={"referer": SECRET}).status == 403


class TestNotifications:
    def test_both_targets_get_the_named_events_of_the_prefixes(self, notifying: MinioServer) -> None:
        bucket = administer(notifying)
        arns = [webhook_arn(target) for target in ("FAST", "DURABLE")]
        assert bucket.configure_notifications(arns, PREFIXES) is True
        assert bucket.configure_notifications(arns, PREFIXES) is False
        wanted = {NotificationRule(arn, prefix, frozenset(EVENT_NAMES)) for arn in arns for prefix in PREFIXES}
        assert bucket.notifications() == wanted

    def test_rules_of_before_go(self, notifying: MinioServer) -> None:
        bucket = administer(notifying)
        bucket.configure_notifications([webhook_arn("FAST")], ["old/"])
        assert bucket.configure_notifications([webhook_arn("DURABLE")], ["videos/"]) is True
        assert {(rule.arn, rule.prefix) for rule in bucket.notifications()} == {(webhook_arn("DURABLE"), "videos/")}

    def test_an_unknown_target_is_refused(self, notifying: MinioServer) -> None:
        with pytest.raises(StoreRejected):
            administer(notifying).configure_notifications([webhook_arn("NOBODY")], PREFIXES)

    def test_uploads_do_not_wait_for_targets_that_are_down(self, notifying: MinioServer, client: Client) -> None:
        administer(notifying).configure_notifications([webhook_arn("FAST"), webhook_arn("DURABLE")], PREFIXES)
        began = time.monotonic()
        assert client.send(sign_put(connect(notifying), "videos/a.mp4", 3), b"abc").status == 200
        assert time.monotonic() - began < GIVEN_UP_S
