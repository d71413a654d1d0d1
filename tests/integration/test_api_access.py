"""Who may call, by which name, with which key, and what refusals look like."""

import secrets
import socket
import time
from collections.abc import Callable

import httpx
import pytest

from appliance.ports.clock import system_clock
from tests.integration.api_server import ApiClient, ApiServer, problem_of

MIB = 1024 * 1024
Call = Callable[[ApiClient, str], httpx.Response]

#: Every operation that names a file.
ON_A_FILE: dict[str, Call] = {
    "get": lambda client, file_id: client.get(f"/get/{file_id}"),
    "content": lambda client, file_id: client.get(f"/get/{file_id}/content"),
    "session": lambda client, file_id: client.get(f"/upload/{file_id}"),
    "parts": lambda client, file_id: client.post(f"/upload/{file_id}/parts", json={"numbers": [1]}),
    "complete": lambda client, file_id: client.post(f"/upload/{file_id}/complete"),
    "cancel": lambda client, file_id: client.delete(f"/upload/{file_id}"),
    "edit": lambda client, file_id: client.patch(f"/files/{file_id}", json={"title": "mine"}),
    "trash": lambda client, file_id: client.delete(f"/delete/{file_id}?trash=true"),
    "restore": lambda client, file_id: client.post(f"/files/{file_id}/restore"),
    "delete": lambda client, file_id: client.delete(f"/delete/{file_id}"),
}
SCOPE_OF: dict[str, frozenset[str]] = {
    "get": frozenset({"read"}),
    "content": frozenset({"read"}),
    "session": frozenset({"upload"}),
    "parts": frozenset({"upload"}),
    "complete": frozenset({"upload"}),
    "cancel": frozenset({"upload", "delete"}),
    "edit": frozenset({"upload"}),
    "trash": frozenset({"delete"}),
    "restore": frozenset({"delete"}),
    "delete": frozenset({"purge"}),
}


@pytest.mark.parametrize("operation", ON_A_FILE)
@pytest.mark.parametrize("stored", [True, False])
def test_nothing_of_one_tenant_is_visible_to_another(
    red: ApiClient, blue: ApiClient, operation: str, stored: bool
) -> None:
    file_id = red.upload()["fileId"] if stored else red.ask()["fileId"]
    theirs = ON_A_FILE[operation](blue, file_id)
    nobodys = ON_A_FILE[operation](blue, "0b1e7d7c-0000-4000-8000-000000000000")
    problem_of(theirs, 404, "not_found", "fileId")
    assert theirs.text.replace(file_id, "") == nobodys.text.replace("0b1e7d7c-0000-4000-8000-000000000000", "")
    assert red.get(f"/get/{file_id}").json()["state"] == ("uploaded" if stored else "waiting")


def test_lists_and_changes_show_ones_own_tenant(red: ApiClient, blue: ApiClient) -> None:
    since = blue.get("/changes").json()["next"]
    word = secrets.token_hex(8)
    red.upload(f"{word}.mp4", path=word, tags=[word])
    assert red.get(f"/files?q={word}").json()["items"]
    for query in (f"q={word}", f"path={word}", f"tag={word}"):
        assert blue.get(f"/files?{query}").json()["items"] == []
    assert word not in blue.get("/files?path=").text
    assert blue.get(f"/changes?since={since}").json()["changes"] == []


@pytest.mark.parametrize("operation", ON_A_FILE)
def test_each_operation_needs_its_scope(red: ApiClient, api: ApiServer, operation: str) -> None:
    file_id = red.ask()["fileId"]
    for scope in ("upload", "read", "delete", "purge"):
        with api.client("red", scope) as client:
            response = ON_A_FILE[operation](client, file_id)
            if scope in SCOPE_OF[operation]:
                assert response.status_code not in (401, 403)
            else:
                problem_of(response, 403, "forbidden")


def test_the_scope_is_checked_before_the_fields(api: ApiServer) -> None:
    with api.client("red", "read") as client:
        problem_of(client.post("/upload", json={"nonsense": 1}), 403, "forbidden")


@pytest.mark.parametrize("value", [None, "", "Bearer", "Basic abc", "Bearer mk_x", "Bearer mk_000000000000_x"])
def test_without_a_known_key_nothing_opens(api: ApiServer, value: str | None) -> None:
    headers = {"Authorization": value} if value is not None else {}
    response = httpx.get(f"{api.url}/me", headers=headers, trust_env=False)
    problem_of(response, 401, "unauthorized")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_opens_nothing_within_seconds(api: ApiServer) -> None:
    with api.client("red") as client:
        assert client.get("/me").status_code == 200
        api.catalog.keys.revoke(client.key_id, now=system_clock())
        deadline = time.monotonic() + 5
        while client.get("/me").status_code == 200:
            assert time.monotonic() < deadline
        problem_of(client.get("/me"), 401, "unauthorized")


def test_a_disabled_tenants_keys_open_nothing(api: ApiServer) -> None:
    api.tenant("gone")
    with api.client("gone") as client:
        api.catalog.tenants.disable("gone", now=system_clock())
        problem_of(client.get("/me"), 401, "unauthorized")


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1:8080", "127.0.0.1"),
        ("192.168.7.9", "192.168.7.9"),
        ("[::1]:8080", "[::1]"),
        ("[FD00::5]", "[fd00::5]"),
        ("nas", "nas"),
        ("NAS:1234", "nas"),
        ("media-box.local", "media-box.local"),
        ("media.test", "media.test"),
        ("media.example.org", "media.example.org"),
    ],
)
def test_addresses_follow_the_caller(api: ApiServer, host: str, shown: str) -> None:
    with api.client("red", Host=host) as client:
        asked = client.ask()
        me = client.get("/me").json()
    assert asked["url"].startswith(f"http://{shown}:8088/videos/")
    assert asked["page"].startswith(f"http://{shown}:8080/watch/")
    assert asked["uploadUrl"].startswith(f"http://{shown}:{api.minio.port}/")
    assert (me["apiUrl"], me["s3Url"]) == (f"http://{shown}:8080", f"http://{shown}:{api.minio.port}")


def test_a_url_signed_for_the_name_that_was_called_works_there(api: ApiServer) -> None:
    with api.client("red", Host="localhost") as client:
        asked = client.ask()
        assert asked["uploadUrl"].startswith("http://localhost:")
        assert client.put_bytes(asked, b"bytes").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example.com", "127.0.0.1.example.com", "media.example.org.evil.com", "[::1", "a b", "x@nas",
             "nas:port", "é", "-nas", "nas/path", "media.example", "[::1%eth0]", "::1", "[1.2.3.4]"],
)  # fmt: skip
def test_foreign_hosts_are_refused(api: ApiServer, host: str) -> None:
    headers = {b"Host": host.encode()}
    response = httpx.get(f"{api.url}/me", headers=headers, trust_env=False)
    problem_of(response, 400, "host_not_accepted", "Host")


def test_forwarded_headers_change_nothing(api: ApiServer) -> None:
    with api.client("red", **{"X-Forwarded-Host": "evil.example.com", "Forwarded": "host=evil.example.com"}) as client:
        assert "evil" not in client.post("/upload", json={"name": "a.mp4", "size": 1}).text


def test_a_request_without_a_host_gets_the_appliances_own(api: ApiServer) -> None:
    with api.client("red") as client, socket.create_connection(("127.0.0.1", api.listener.port)) as connection:
        connection.sendall(f"GET /me HTTP/1.0\r\nAuthorization: {client.headers['authorization']}\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    assert b'"apiUrl":"http://127.0.0.1:8080"' in answer


def test_bodies_are_json_objects_of_at_most_a_mebibyte(red: ApiClient) -> None:
    json = {"Content-Type": "application/json"}
    problem_of(
        red.post("/upload", content=b"{}", headers={"Content-Type": "text/plain"}), 415, "unsupported_media_type"
    )
    problem_of(red.post("/upload", data={"name": "a"}), 415, "unsupported_media_type")
    problem_of(red.post("/upload"), 400, "invalid")
    for body in (b"{", b"[]", b'"{}"', b"null", b"\xff\xfe", b"[" * 100_000, b'{"size": ' + b"9" * 5000 + b"}"):
        response = red.post("/upload", content=body, headers=json)
        problem_of(response, 400, "invalid", response.json().get("field"))
    for size in (MIB + 10, 3 * MIB):
        problem_of(red.post("/upload", content=b" " * size, headers=json), 413, "too_large")


def test_a_body_that_is_far_too_large_is_refused_before_it_is_sent(api: ApiServer) -> None:
    with socket.create_connection(("127.0.0.1", api.listener.port)) as connection:
        connection.sendall(b"POST /upload HTTP/1.1\r\nHost: nas\r\nContent-Length: 999999999999\r\n\r\n")
        connection.settimeout(10)
        answer = connection.makefile("rb").read()
    assert b" 413 " in answer.splitlines()[0]
    assert b"application/problem+json" in answer
    assert b"urn:media-appliance:problem:too_large" in answer


def test_an_address_that_is_not_there_and_a_method_that_is_not_taken(red: ApiClient) -> None:
    problem_of(red.get("/nowhere"), 404, "not_found")
    refused = red.put("/upload", json={})
    problem_of(refused, 405, "method_not_allowed")
    assert "POST" in refused.headers["allow"]


def test_browsers_of_any_origin_may_call_with_a_key(red: ApiClient) -> None:
    preflight = red.options("/upload", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    answer = red.get("/me", headers={"Origin": "https://a.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    refused = httpx.get(f"{red.base_url}/me", headers={"Origin": "https://a.example"}, trust_env=False)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")


def test_an_unexpected_failure_tells_nothing_of_the_inside(
    red: ApiClient, api: ApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    file_id = red.upload()["fileId"]
    api.catalog.db.write(lambda: api.catalog.db.execute("UPDATE file SET metadata = '{' WHERE file_id = ?", (file_id,)))
    response = red.get(f"/get/{file_id}")
    found = problem_of(response, 500, "internal")
    assert "json" not in response.text.lower().replace("problem+json", "")
    assert "log" in found["detail"]
    assert any(record.exc_info for record in caplog.records)


def test_the_description_and_its_page_need_no_internet(api: ApiServer) -> None:
    description = httpx.get(f"{api.url}/openapi.json", trust_env=False).json()
    assert description["openapi"].startswith("3.1")
    page = httpx.get(f"{api.url}/docs", trust_env=False)
    assert "http" not in page.text.replace("/openapi.json", "")
    assert "unsafe" not in page.headers["content-security-policy"].partition("style-src")[0]
    for piece in page.text.split('"'):
        if piece.startswith("/") and piece.endswith((".js", ".css")):
            assert httpx.get(f"{api.url}{piece}", trust_env=False).status_code == 200


def test_who_may_only_upload_is_given_nothing_that_opens_private_files(red: ApiClient, api: ApiServer) -> None:
    secret = red.upload("secret.txt", visibility="private")
    with api.client("red", "upload", "delete") as dropper:
        path = f"/files/{secret['fileId']}"
        dropper.delete(f"/delete/{secret['fileId']}", params={"trash": True})
        for answer in (
            dropper.post(f"{path}/restore"),
            dropper.patch(path, json={"title": "Seen"}),
            dropper.post(f"/upload/{secret['fileId']}/complete"),
        ):
            assert answer.status_code == 200, answer.text
            view = answer.json()
            assert (view["links"]["url"], view["links"]["download"], view["linksExpireAt"]) == (None, None, None)
            assert "/t/" not in answer.text
        problem_of(dropper.patch(path, json={"visibility": "public"}), 403, "forbidden")
    assert "/t/" in red.get(f"/get/{secret['fileId']}").json()["links"]["url"]
