"""Uploading by HTTP alone: ask, send to the store, complete."""

import hashlib
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from appliance.domain.keys import ObjectKey
from appliance.ports.clock import system_clock
from tests.integration.api_server import ApiClient, ApiServer, problem_of

MIB = 1024 * 1024


def put_part(part: dict[str, object], body: bytes) -> str:
    response = httpx.put(str(part["url"]), content=body, trust_env=False)
    assert response.status_code == 200, response.text
    return response.headers["etag"].strip('"')


def test_the_answer_says_all_that_a_client_needs(red: ApiClient, api: ApiServer) -> None:
    response = red.post(
        "/upload",
        json={"name": "Schöne Ferien 😀.MP4", "size": 5, "path": "a//b/", "title": "Ferien", "tags": ["x", "y", "x"],
              "metadata": {"camera.1": "R5"}, "visibility": "public"},
    )  # fmt: skip
    assert response.status_code == 201
    asked = response.json()
    key = ObjectKey.parse(asked["objectKey"])
    assert key is not None
    assert (key.tenant_id, key.file_id, key.ext) == ("red", asked["fileId"], "mp4")
    assert asked["state"] == "waiting"
    assert asked["videoUrl"] == asked["url"] == f"http://127.0.0.1:8088/{key}"
    assert asked["page"] == f"http://127.0.0.1:8080/watch/{key.file_id}"
    assert asked["uploadUrl"] == asked["upload"]["url"]
    assert asked["headers"] == asked["upload"]["headers"] == {"content-type": "video/mp4", "if-none-match": "*"}
    assert asked["upload"]["protocol"] == "put"
    assert asked["upload"]["method"] == "PUT"
    assert asked["duplicate"] is False
    seen = red.get(f"/get/{key.file_id}").json()
    assert (seen["name"], seen["path"], seen["title"]) == ("Schöne Ferien 😀.MP4", "a/b", "Ferien")
    assert (seen["tags"], seen["metadata"]) == (["x", "y"], {"camera.1": "R5"})
    assert (seen["state"], seen["size"], seen["uploadedBy"]) == ("waiting", 5, "key of red")


def test_a_put_stores_only_what_was_asked_for_and_once(red: ApiClient) -> None:
    asked = red.ask(size=5)
    assert red.put_bytes(asked, b"toolong").status_code == 403
    other = {**asked, "headers": {**asked["headers"], "content-type": "text/html"}}
    assert red.put_bytes(other, b"hello").status_code == 403
    assert red.put_bytes(asked, b"hello").status_code == 200
    assert red.put_bytes(asked, b"world").status_code == 412
    done = red.post(f"/upload/{asked['fileId']}/complete").json()
    assert (done["state"], done["etag"]) == ("uploaded", hashlib.md5(b"hello").hexdigest())
    assert red.post(f"/upload/{asked['fileId']}/complete").json() == done


def test_completing_before_the_bytes_came_is_a_conflict(red: ApiClient) -> None:
    asked = red.ask()
    problem_of(red.post(f"/upload/{asked['fileId']}/complete"), 409, "conflict")
    session = red.get(f"/upload/{asked['fileId']}").json()
    assert (session["state"], session["missing"]) == ("waiting", [1])
    assert red.put_bytes({**session["upload"], "uploadUrl": session["upload"]["url"]}, b"bytes").status_code == 200


def test_completion_runs_the_services_even_where_the_stores_event_is_lost(red: ApiClient, api: ApiServer) -> None:
    file_id = red.upload()["fileId"]
    waiting = api.catalog.queue.claim("metadata", now=system_clock(), lease_us=1, limit=1000)
    assert [row for row in waiting if file_id in row.event]


def test_the_store_checks_a_hash_that_was_given(red: ApiClient) -> None:
    body = b"what was hashed"
    asked = red.ask("a.bin", len(body), sha256=hashlib.sha256(body).hexdigest())
    assert red.put_bytes(asked, b"other than that").status_code == 400
    assert red.put_bytes(asked, body).status_code == 200
    done = red.post(f"/upload/{asked['fileId']}/complete").json()
    assert (done["sha256"], done["sha256Verified"]) == (hashlib.sha256(body).hexdigest(), True)


def test_the_same_bytes_under_the_same_name_are_not_sent_twice(red: ApiClient, blue: ApiClient) -> None:
    body = secrets.token_bytes(20)
    declared = {"sha256": hashlib.sha256(body).hexdigest(), "path": "twice"}
    first = red.upload("same.bin", body, **declared)
    again = red.post("/upload", json={"name": "same.bin", "size": 20, **declared})
    assert again.status_code == 200
    assert again.json()["duplicate"] is True
    assert again.json()["fileId"] == first["fileId"]
    assert again.json()["upload"] is again.json()["uploadUrl"] is None
    for different in ({"name": "other.bin"}, {"path": "elsewhere"}, {"visibility": "private"}):
        assert red.post("/upload", json={"name": "same.bin", "size": 20, **declared, **different}).status_code == 201
    assert blue.post("/upload", json={"name": "same.bin", "size": 20, **declared}).status_code == 201
    assert red.delete(f"/delete/{first['fileId']}").status_code == 204
    assert red.post("/upload", json={"name": "same.bin", "size": 20, **declared}).status_code == 201


def test_a_declared_hash_alone_makes_no_duplicate(red: ApiClient) -> None:
    declared = {"sha256": hashlib.sha256(b"never sent").hexdigest()}
    assert red.ask("a.mp4", 5, **declared)["fileId"] != red.ask("a.mp4", 5, **declared)["fileId"]


def test_a_repeat_with_the_same_idempotency_key_is_the_same_file(red: ApiClient, blue: ApiClient) -> None:
    headers, wanted = {"Idempotency-Key": secrets.token_hex(8)}, {"name": "a.mp4", "size": 5}
    first = red.post("/upload", json=wanted, headers=headers).json()
    again = red.post("/upload", json={"size": 5, "name": "a.mp4"}, headers=headers)
    assert (again.status_code, again.json()["fileId"]) == (201, first["fileId"])
    other = red.post("/upload", json={**wanted, "size": 6}, headers=headers)
    problem_of(other, 422, "idempotency_mismatch", "Idempotency-Key")
    assert blue.post("/upload", json={**wanted, "size": 6}, headers=headers).status_code == 201
    assert red.put_bytes(again.json(), b"bytes").status_code == 200
    red.post(f"/upload/{first['fileId']}/complete")
    late = red.post("/upload", json=wanted, headers=headers)
    assert (late.status_code, late.json()["fileId"], late.json()["duplicate"]) == (200, first["fileId"], True)
    red.delete(f"/delete/{first['fileId']}")
    problem_of(red.post("/upload", json=wanted, headers=headers), 409, "conflict", "Idempotency-Key")


def test_one_idempotency_key_used_by_many_at_once_makes_one_file(red: ApiClient) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(8)}

    def ask(_: int) -> httpx.Response:
        return red.post("/upload", json={"name": "a.mp4", "size": 80 * MIB}, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["fileId"] for answer in answers}) == 1


@pytest.mark.parametrize("key", [b"x" * 256, b"", "é".encode()])
def test_an_impossible_idempotency_key_is_named(red: ApiClient, key: bytes) -> None:
    response = red.post("/upload", json={"name": "a", "size": 1}, headers={b"Idempotency-Key": key})
    problem_of(response, 400, "invalid", "Idempotency-Key")


def test_a_large_file_comes_in_parts_and_goes_on_after_a_stop(red: ApiClient, api: ApiServer) -> None:
    size = 70 * MIB
    body = secrets.token_bytes(MIB) * 70
    asked = red.ask("big.mov", size)
    upload = asked["upload"]
    assert (upload["protocol"], upload["partSize"], upload["partCount"]) == ("multipart", 16 * MIB, 5)
    assert asked["uploadUrl"] is None
    assert [part["size"] for part in upload["parts"]] == [16 * MIB] * 4 + [6 * MIB]
    for part in upload["parts"][:3]:
        put_part(part, body[(part["number"] - 1) * 16 * MIB :][: part["size"]])
    complete = f"/upload/{asked['fileId']}/complete"
    assert "2 of 5 parts are missing: 4, 5" in problem_of(red.post(complete), 409, "conflict")["detail"]
    session = red.get(f"/upload/{asked['fileId']}").json()
    assert session["missing"] == [4, 5]
    assert [part["number"] for part in session["upload"]["parts"]] == [4, 5]
    assert [part["number"] for part in session["parts"]] == [1, 2, 3]
    fresh = red.post(f"/upload/{asked['fileId']}/parts", json={"numbers": [5, 4]}).json()["parts"]
    assert [part["number"] for part in fresh] == [5, 4]
    assert httpx.put(fresh[0]["url"], content=b"short", trust_env=False).status_code == 403
    for part in fresh:
        put_part(part, body[(part["number"] - 1) * 16 * MIB :][: part["size"]])
    done = red.post(complete).json()
    assert (done["state"], done["size"]) == ("uploaded", size)
    assert api.store.read(asked["objectKey"], size - 5) == body[-5:]
    assert red.get(f"/upload/{asked['fileId']}").json()["missing"] == []


def test_a_repeated_completion_compares_and_says_the_same(red: ApiClient, api: ApiServer) -> None:
    asked = red.ask("big.mov", 64 * MIB)
    body = bytes(16 * MIB)
    parts = [{"number": part["number"], "etag": put_part(part, body)} for part in asked["upload"]["parts"]]
    complete = f"/upload/{asked['fileId']}/complete"
    problem_of(red.post(complete, json={"parts": parts[:-1]}), 400, "invalid", "parts")
    problem_of(
        red.post(complete, json={"parts": [*parts[:-1], {"number": 4, "etag": "0" * 32}]}), 400, "invalid", "parts"
    )
    # As after an answer that was lost: the store has joined the parts, the catalog does not know.
    session = api.catalog.files.session(asked["fileId"])
    assert session is not None
    assert session.upload_id is not None
    api.store.complete_upload(asked["objectKey"], session.upload_id, [(p["number"], p["etag"]) for p in parts])
    assert red.get(f"/upload/{asked['fileId']}").json()["missing"] == []
    wrong = [*parts[:-1], {"number": 4, "etag": "0" * 32}]
    problem_of(red.post(complete, json={"parts": wrong}), 409, "conflict")
    assert red.post(complete, json={"parts": parts}).json()["state"] == "uploaded"
    assert red.post(complete).json()["state"] == "uploaded"


def test_cancelling_frees_the_quota_and_the_parts(red: ApiClient, api: ApiServer) -> None:
    before = red.get("/me").json()["used"]
    asked = red.ask("big.mov", 64 * MIB)
    put_part(asked["upload"]["parts"][0], bytes(16 * MIB))
    assert red.get("/me").json()["used"]["unfinished"] == before["unfinished"] + 64 * MIB
    assert red.delete(f"/upload/{asked['fileId']}").status_code == 204
    assert red.delete(f"/upload/{asked['fileId']}").status_code == 204
    assert red.get("/me").json()["used"] == before
    assert red.get(f"/get/{asked['fileId']}").json()["state"] == "cancelled"
    assert httpx.put(asked["upload"]["parts"][1]["url"], content=bytes(16 * MIB), trust_env=False).status_code == 404
    problem_of(red.post(f"/upload/{asked['fileId']}/complete"), 409, "conflict")
    problem_of(red.post(f"/upload/{asked['fileId']}/parts", json={"numbers": [1]}), 409, "conflict")


def test_what_is_there_cannot_be_cancelled(red: ApiClient) -> None:
    problem_of(red.delete(f"/upload/{red.upload()['fileId']}"), 409, "conflict")


@pytest.fixture(scope="module")
def small(api: ApiServer) -> Iterator[ApiClient]:
    """A client of a tenant that may store 100 bytes in 3 files."""
    api.tenant("small", quota_bytes=100, quota_files=3)
    with api.client("small") as client:
        yield client


def test_the_quota_is_kept(small: ApiClient) -> None:
    first = small.ask(size=60)
    problem_of(small.post("/upload", json={"name": "a.mp4", "size": 41}), 403, "quota_exceeded", "size")
    problem_of(small.post("/upload", json={"name": "a.mp4", "size": 70 * MIB}), 403, "quota_exceeded", "size")
    small.ask(size=40)
    small.delete(f"/upload/{first['fileId']}")
    small.ask(size=1)
    small.ask(size=1)
    problem_of(small.post("/upload", json={"name": "a.mp4", "size": 1}), 403, "quota_exceeded", "size")
    used = small.get("/me").json()
    assert used["quota"] == {"bytes": 100, "files": 3}
    assert (used["used"]["bytes"], used["used"]["files"]) == (42, 3)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": 5}, "name"),
        ({"size": -1}, "size"),
        ({"size": "5"}, "size"),
        ({"size": None}, "size"),
        ({"path": "../a"}, "path"),
        ({"contentType": "text/html\r\nx: y"}, "contentType"),
        ({"contentType": "nonsense"}, "contentType"),
        ({"tags": ["x"] * 21}, "tags"),
        ({"tags": [""]}, "tags.0"),
        ({"tags": ["\u00a0\u2003"]}, "tags.0"),
        ({"metadata": {"a b": "c"}}, "metadata.a b"),
        ({"metadata": {"a": 5}}, "metadata.a"),
        ({"metadata": {f"k{number}": "" for number in range(21)}}, "metadata"),
        ({"sha256": "abc"}, "sha256"),
        ({"visibility": "secret"}, "visibility"),
        ({"titel": "typo"}, "titel"),
    ],
)
def test_the_field_at_fault_is_named(red: ApiClient, change: dict[str, object], field: str) -> None:
    problem_of(red.post("/upload", json={"name": "a.mp4", "size": 5, **change}), 400, "invalid", field)


def test_text_that_is_no_unicode_is_refused(red: ApiClient) -> None:
    for field in ("name", "title", "path"):
        body = f'{{"name": "a", "size": 1, "{field}": "\\ud800"}}'
        response = red.post("/upload", content=body, headers={"Content-Type": "application/json"})
        problem_of(response, 400, "invalid", field)


def test_a_file_that_no_store_can_hold_is_too_large(red: ApiClient) -> None:
    problem_of(red.post("/upload", json={"name": "a", "size": 6 * 1024**4}), 413, "too_large", "size")


@pytest.mark.parametrize("numbers", [[0], [6], [], [1] * 101, ["1"]])
def test_only_parts_of_the_upload_are_signed(red: ApiClient, numbers: list[object]) -> None:
    asked = red.ask("big.mov", 70 * MIB)
    response = red.post(f"/upload/{asked['fileId']}/parts", json={"numbers": numbers})
    assert problem_of(response, 400, "invalid", response.json().get("field"))["field"].startswith("numbers")
