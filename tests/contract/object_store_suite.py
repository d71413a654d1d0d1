"""What every adapter of the object_store port must do, over a real server."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from appliance.domain.errors import ObjectMissing, StoreError, StoreRejected
from appliance.ports.object_store import ObjectInfo, ObjectStore, SignedRequest
from tests.contract.multipart_suite import LEAST_PART, MultipartContract
from tests.contract.signed_requests import Client, sign_put

ODD_NAMES = [
    "plain.mp4",
    "with space.mp4",
    "plus+and%20percent%.mp4",
    "tilde~dot.-_.mp4",
    "question?hash#amp&equals=.mp4",
    "quote'\"bracket[](){}.mp4",
    "comma,semi;colon:at@bang!dollar$star*.mp4",
    "éàüñ ß.mp4",
    "日本語/映画.mp4",
    "emoji 😀🎬.mp4",
    "back\\slash|pipe<>^`.mp4",
    "folder/",
]


class SignedPutContract:
    """A signed PUT stores only what was asked for, once."""

    def test_it_stores_what_was_asked_for(self, store: ObjectStore, client: Client, prefix: str) -> None:
        data = b"bytes of a film"
        response = client.send(sign_put(store, prefix + "a.mp4", len(data)), data)
        assert response.status == 200, response.data
        info = store.head(prefix + "a.mp4")
        assert (info.key, info.size, info.content_type) == (prefix + "a.mp4", len(data), "video/mp4")
        assert info.etag == response.headers["etag"].strip('"') == hashlib.md5(data).hexdigest()
        assert info.sha256 is None
        assert info.modified_at > 1_500_000_000_000_000
        assert store.read(prefix + "a.mp4") == data

    def test_an_empty_file_is_a_file(self, store: ObjectStore, client: Client, prefix: str) -> None:
        assert client.send(sign_put(store, prefix + "empty.txt", 0), b"").status == 200
        assert store.head(prefix + "empty.txt").size == 0
        assert store.read(prefix + "empty.txt") == b""

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_any_key_can_be_written_read_listed_and_removed(
        self, store: ObjectStore, client: Client, prefix: str, name: str
    ) -> None:
        key = prefix + name
        body = b"" if name.endswith("/") else b"abc"
        assert client.send(sign_put(store, key, len(body)), body).status == 200
        assert [info.key for info in store.list(prefix)] == [key]
        assert client.send(store.sign_get(key, expires_s=60, base_url=None)).status == 200
        assert store.head(key).key == key
        assert store.delete_prefix(prefix) == 1
        assert list(store.list(prefix)) == []

    @pytest.mark.parametrize("sent", [b"too short", b"longer than what was asked for"])
    def test_another_length_is_refused(self, store: ObjectStore, client: Client, prefix: str, sent: bytes) -> None:
        assert client.send(sign_put(store, prefix + "a.mp4", 15), sent).status == 403
        self.assert_missing(store, prefix + "a.mp4")

    def test_another_type_is_refused(self, store: ObjectStore, client: Client, prefix: str) -> None:
        request = sign_put(store, prefix + "a.mp4", 3)
        assert client.send(request, b"abc", {"content-type": "text/html"}).status == 403
        self.assert_missing(store, prefix + "a.mp4")

    @pytest.mark.parametrize("dropped", ["content-type", "if-none-match"])
    def test_leaving_a_signed_header_out_is_refused(
        self, store: ObjectStore, client: Client, prefix: str, dropped: str
    ) -> None:
        request = sign_put(store, prefix + "a.mp4", 3)
        headers = {name: value for name, value in request.headers.items() if name != dropped}
        assert client.send(SignedRequest("PUT", request.url, headers), b"abc").status in (400, 403)
        self.assert_missing(store, prefix + "a.mp4")

    def test_the_second_put_is_refused(self, store: ObjectStore, client: Client, prefix: str) -> None:
        request = sign_put(store, prefix + "a.mp4", 3)
        assert client.send(request, b"abc").status == 200
        assert client.send(request, b"xyz").status == 412
        assert store.read(prefix + "a.mp4") == b"abc"

    def test_right_bytes_give_a_verified_hash(self, store: ObjectStore, client: Client, prefix: str) -> None:
        data = b"bytes of a film"
        sha256 = hashlib.sha256(data).hexdigest()
        request = sign_put(store, prefix + "a.mp4", len(data), sha256=sha256)
        assert client.send(request, data).status == 200
        assert store.head(prefix + "a.mp4").sha256 == sha256

    def test_wrong_bytes_are_refused(self, store: ObjectStore, client: Client, prefix: str) -> None:
        request = sign_put(store, prefix + "a.mp4", 5, sha256=hashlib.sha256(b"right").hexdigest())
        assert client.send(request, b"wrong").status == 400
        self.assert_missing(store, prefix + "a.mp4")

    def test_another_hash_than_the_signed_one_is_refused(self, store: ObjectStore, client: Client, prefix: str) -> None:
        request = sign_put(store, prefix + "a.mp4", 5, sha256=hashlib.sha256(b"right").hexdigest())
        theirs = base64.b64encode(hashlib.sha256(b"wrong").digest()).decode()
        assert client.send(request, b"wrong", {"x-amz-checksum-sha256": theirs}).status == 403

    def test_content_length_is_left_to_the_client(self, store: ObjectStore, prefix: str) -> None:
        assert "content-length" not in {name.lower() for name in sign_put(store, prefix + "a.mp4", 5).headers}

    @staticmethod
    def assert_missing(store: ObjectStore, key: str) -> None:
        with pytest.raises(ObjectMissing):
            store.head(key)


class SignedGetContract:
    def test_it_reads_whole_and_by_range(self, store: ObjectStore, client: Client, prefix: str) -> None:
        store.put(prefix + "a.mp4", b"0123456789", content_type="video/mp4")
        request = store.sign_get(prefix + "a.mp4", expires_s=60, base_url=None)
        whole = client.send(request)
        assert (whole.status, whole.data, whole.headers["content-type"]) == (200, b"0123456789", "video/mp4")
        assert client.send(request, headers={"range": "bytes=2-4"}).data == b"234"

    def test_as_an_attachment_it_keeps_its_name(self, store: ObjectStore, client: Client, prefix: str) -> None:
        store.put(prefix + "a.mp4", b"x", content_type="video/mp4")
        name = 'Été "am See"; 2026 😀.mp4'
        response = client.send(store.sign_get(prefix + "a.mp4", expires_s=60, base_url=None, attachment=name))
        disposition = response.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="_t_ _am See__ 2026 _.mp4"; ')
        assert "filename*=UTF-8''%C3%89t%C3%A9%20%22am%20See%22%3B%202026%20%F0%9F%98%80.mp4" in disposition

    def test_a_signature_is_for_one_key(self, store: ObjectStore, client: Client, prefix: str) -> None:
        store.put(prefix + "a.mp4", b"x", content_type="video/mp4")
        store.put(prefix + "b.mp4", b"x", content_type="video/mp4")
        request = store.sign_get(prefix + "a.mp4", expires_s=60, base_url=None)
        assert client.get(request.url.replace("/a.mp4", "/b.mp4")).status == 403

    def test_nothing_is_readable_without_a_signature(self, store: ObjectStore, client: Client, prefix: str) -> None:
        store.put(prefix + "a.mp4", b"x", content_type="video/mp4")
        url = store.sign_get(prefix + "a.mp4", expires_s=60, base_url=None).url
        assert client.get(url.partition("?")[0]).status == 403


class ObjectContract:
    def test_a_missing_object(self, store: ObjectStore, prefix: str) -> None:
        for call in (store.head, store.read):
            with pytest.raises(ObjectMissing):
                call(prefix + "nothing.mp4")
        with pytest.raises(ObjectMissing):
            store.read(prefix + "nothing.mp4", 0, 0)
        store.delete(prefix + "nothing.mp4")
        assert store.delete_prefix(prefix) == 0

    @pytest.mark.parametrize("key", ["videos/../secret", "videos/./a", "videos//a", "x" * 1100])
    def test_an_impossible_key_is_refused_for_good(self, store: ObjectStore, key: str) -> None:
        with pytest.raises(StoreError) as refused:
            store.put(key, b"x", content_type="text/plain")
        assert refused.value.permanent

    def test_put_replaces(self, store: ObjectStore, prefix: str) -> None:
        store.put(prefix + "a.json", b"old", content_type="application/json")
        etag = store.put(prefix + "a.json", b"new", content_type="application/json")
        info = store.head(prefix + "a.json")
        assert (info.etag, info.content_type) == (etag, "application/json")
        assert store.read(prefix + "a.json") == b"new"

    def test_put_of_more_than_a_part_is_still_one_put(self, store: ObjectStore, prefix: str) -> None:
        data = b"x" * (LEAST_PART + 1)
        assert store.put(prefix + "a.bin", data, content_type="text/plain") == hashlib.md5(data).hexdigest()

    def test_a_file_of_many_parts_is_put_and_replaced(self, store: ObjectStore, prefix: str, tmp_path: Path) -> None:
        path = tmp_path / "film.mp4"
        for data in (os.urandom(33 * 1024 * 1024), b"short", b""):
            path.write_bytes(data)
            store.put_file(prefix + "film.mp4", path, content_type="video/mp4")
            info = store.head(prefix + "film.mp4")
            assert (info.size, info.content_type) == (len(data), "video/mp4")
            assert store.read(prefix + "film.mp4") == data

    @pytest.mark.parametrize(
        ("offset", "length", "expected"),
        [(0, None, b"0123456789"), (3, None, b"3456789"), (0, 4, b"0123"), (3, 4, b"3456"), (8, 100, b"89"),
         (3, 0, b""), (10, None, b""), (11, 5, b"")],
    )  # fmt: skip
    def test_ranges(self, store: ObjectStore, prefix: str, offset: int, length: int | None, expected: bytes) -> None:
        store.put(prefix + "a.txt", b"0123456789", content_type="text/plain")
        assert store.read(prefix + "a.txt", offset, length) == expected

    def test_delete_is_idempotent(self, store: ObjectStore, prefix: str) -> None:
        store.put(prefix + "a.txt", b"x", content_type="text/plain")
        store.delete(prefix + "a.txt")
        store.delete(prefix + "a.txt")
        with pytest.raises(ObjectMissing):
            store.head(prefix + "a.txt")

    def test_listing_by_key_over_pages(self, store: ObjectStore, prefix: str) -> None:
        keys = [f"{prefix}{number:04}" for number in range(1003)]
        for key in keys:
            store.put(key, b"x", content_type="text/plain")
        store.put(prefix[:-1] + "-beside", b"x", content_type="text/plain")
        assert [info.key for info in store.list(prefix)] == keys
        assert [info.key for info in store.list(prefix, start_after=keys[1])] == keys[2:]
        first = next(iter(store.list(prefix)))
        head = store.head(keys[0])
        assert first == ObjectInfo(keys[0], 1, head.etag, None, first.modified_at)
        assert abs(first.modified_at - head.modified_at) < 1_000_000
        assert store.delete_prefix(prefix) == 1003
        assert [info.key for info in store.list(prefix[:-1])] == [prefix[:-1] + "-beside"]

    def test_an_empty_prefix_is_not_removed(self, store: ObjectStore, prefix: str) -> None:
        store.put(prefix + "a.txt", b"x", content_type="text/plain")
        with pytest.raises(StoreRejected):
            store.delete_prefix("")
        assert store.head(prefix + "a.txt").size == 1

    def test_check_is_quiet_while_all_is_well(self, store: ObjectStore) -> None:
        store.check()


class ObjectStoreContract(SignedPutContract, MultipartContract, SignedGetContract, ObjectContract):
    """The whole port. A test class of an adapter inherits this and gives the fixture `store`."""
