"""What every adapter that takes multipart uploads must do, over a real server."""

import hashlib

import pytest

from appliance.domain.errors import NoSuchUpload, PreconditionFailed, StoreRejected
from appliance.ports.object_store import ObjectStore
from tests.contract.signed_requests import Client, send_part

LEAST_PART = 5 * 1024 * 1024


class MultipartContract:
    """Big files come in parts that can be sent in any order, again, and later."""

    def test_parts_in_any_order_make_the_object(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        first, last = b"a" * LEAST_PART, b"the end"
        parts = [
            send_part(store, client, key, upload_id, 2, last),
            send_part(store, client, key, upload_id, 1, first),
        ]
        etag = store.complete_upload(key, upload_id, parts)
        info = store.head(key)
        assert (info.size, info.content_type, info.etag) == (len(first) + len(last), "video/mp4", etag)
        assert info.sha256 is None
        assert store.read(key, LEAST_PART - 2) == b"aathe end"

    def test_an_interrupted_upload_goes_on(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        assert store.list_parts(key, upload_id) == []
        parts = {1: b"a" * LEAST_PART, 2: b"b" * LEAST_PART, 3: b"c"}
        for number in (1, 3):
            send_part(store, client, key, upload_id, number, parts[number])
        stored = store.list_parts(key, upload_id)
        assert [(part.number, part.size) for part in stored] == [(1, LEAST_PART), (3, 1)]
        assert stored[1].etag == hashlib.md5(b"c").hexdigest()
        send_part(store, client, key, upload_id, 2, parts[2])
        store.complete_upload(key, upload_id, [(part.number, part.etag) for part in store.list_parts(key, upload_id)])
        assert store.head(key).size == 2 * LEAST_PART + 1

    def test_a_part_sent_again_replaces_the_first(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        send_part(store, client, key, upload_id, 1, b"first")
        second = send_part(store, client, key, upload_id, 1, b"other")
        assert [(part.number, part.etag) for part in store.list_parts(key, upload_id)] == [second]
        store.complete_upload(key, upload_id, [second])
        assert store.read(key) == b"other"

    def test_a_part_of_another_length_is_refused(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        request = store.sign_part(key, upload_id, 1, size=5, expires_s=600, base_url=None)
        assert client.send(request, b"longer").status == 403
        assert store.list_parts(key, upload_id) == []

    def test_completing_again_says_so(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        parts = [send_part(store, client, key, upload_id, 1, b"all of it")]
        etag = store.complete_upload(key, upload_id, parts)
        with pytest.raises((PreconditionFailed, NoSuchUpload)):
            store.complete_upload(key, upload_id, parts)
        assert store.head(key).etag == etag

    def test_completing_never_overwrites(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        parts = [send_part(store, client, key, upload_id, 1, b"late")]
        store.put(key, b"early", content_type="video/mp4")
        with pytest.raises(PreconditionFailed):
            store.complete_upload(key, upload_id, parts)
        assert store.read(key) == b"early"

    @pytest.mark.parametrize("parts", [[(1, "0" * 32)], [(7, "0" * 32)], []])
    def test_unknown_parts_are_refused(
        self, store: ObjectStore, client: Client, prefix: str, parts: list[tuple[int, str]]
    ) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        send_part(store, client, key, upload_id, 1, b"part")
        with pytest.raises(StoreRejected):
            store.complete_upload(key, upload_id, parts)

    def test_parts_that_are_too_small_are_refused(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        parts = [send_part(store, client, key, upload_id, number, b"small") for number in (1, 2)]
        with pytest.raises(StoreRejected):
            store.complete_upload(key, upload_id, parts)

    def test_an_aborted_upload_is_gone(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        parts = [send_part(store, client, key, upload_id, 1, b"part")]
        store.abort_upload(key, upload_id)
        store.abort_upload(key, upload_id)
        with pytest.raises(NoSuchUpload):
            store.list_parts(key, upload_id)
        with pytest.raises(NoSuchUpload):
            store.complete_upload(key, upload_id, parts)
        request = store.sign_part(key, upload_id, 1, size=4, expires_s=600, base_url=None)
        assert client.send(request, b"part").status == 404

    def test_an_upload_id_of_nobody(self, store: ObjectStore, prefix: str) -> None:
        with pytest.raises(NoSuchUpload):
            store.list_parts(prefix + "a.mp4", "nobody's")
        store.abort_upload(prefix + "a.mp4", "nobody's")

    def test_two_calls_make_two_uploads(self, store: ObjectStore, prefix: str) -> None:
        ids = {store.create_upload(prefix + "a.mp4", content_type="video/mp4") for _ in range(2)}
        assert len(ids) == 2

    def test_more_parts_than_one_answer_lists(self, store: ObjectStore, client: Client, prefix: str) -> None:
        key = prefix + "a.mp4"
        upload_id = store.create_upload(key, content_type="video/mp4")
        for number in range(1, 1003):
            send_part(store, client, key, upload_id, number, b"x")
        assert [part.number for part in store.list_parts(key, upload_id)] == list(range(1, 1003))
        store.abort_upload(key, upload_id)
