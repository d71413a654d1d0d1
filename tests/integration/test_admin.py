"""What an admin key may do, and that no other key may."""

import time
from collections.abc import Iterator

import httpx
import pytest

from appliance.domain.events import Event, EventType
from appliance.ports.clock import system_clock
from tests.integration.api_server import ApiClient, ApiServer, problem_of
from tests.servers import wait_until


@pytest.fixture
def admin(api: ApiServer) -> Iterator[ApiClient]:
    with api.client("red", "admin") as client:
        yield client


CALLS = [
    ("GET", "/admin/tenants"),
    ("POST", "/admin/tenants"),
    ("GET", "/admin/tenants/red"),
    ("PATCH", "/admin/tenants/red"),
    ("POST", "/admin/tenants/red/rotate"),
    ("GET", "/admin/keys"),
    ("POST", "/admin/keys"),
    ("DELETE", "/admin/keys/0123456789ab"),
    ("GET", "/admin/jobs"),
    ("GET", "/admin/dead-letters"),
    ("POST", "/admin/replay"),
    ("GET", "/admin/quarantine"),
    ("GET", "/admin/quarantine/1"),
    ("DELETE", "/admin/quarantine/1"),
    ("POST", "/admin/pairings"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_an_everyday_key_is_no_admin(api: ApiServer, red: ApiClient, method: str, path: str) -> None:
    problem_of(red.request(method, path), 403, "forbidden")
    problem_of(httpx.request(method, api.url + path, trust_env=False), 401, "unauthorized")


def test_a_tenant_lives_by_the_api(admin: ApiClient) -> None:
    made = admin.post("/admin/tenants", json={"id": "green", "quotaFiles": 3})
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "green"
    assert made.json()["quotaFiles"] == 3
    problem_of(admin.post("/admin/tenants", json={"id": "green"}), 409, "conflict", "tenantId")
    changed = admin.patch("/admin/tenants/green", json={"name": "Green team", "quotaBytes": 9}).json()
    assert (changed["name"], changed["quotaBytes"], changed["quotaFiles"]) == ("Green team", 9, 3)
    changed = admin.patch("/admin/tenants/green", json={"retentionDays": 90}).json()
    assert (changed["retentionDays"], changed["retentionAction"]) == (90, "trash")
    changed = admin.patch("/admin/tenants/green", json={"retentionAction": "delete"}).json()
    assert (changed["retentionDays"], changed["retentionAction"]) == (90, "delete")
    assert admin.patch("/admin/tenants/green", json={"retentionAction": "burn"}).status_code == 400
    assert "green" in [tenant["id"] for tenant in admin.get("/admin/tenants").json()["items"]]
    problem_of(admin.get("/admin/tenants/nobody"), 404, "not_found", "tenantId")


@pytest.mark.parametrize("body", [{"id": "X Y"}, {"id": "ok", "quotaBytes": -1}, {"id": "ok", "nonsense": 1}, {}])
def test_a_malformed_tenant_is_refused(admin: ApiClient, body: dict[str, object]) -> None:
    assert admin.post("/admin/tenants", json=body).status_code == 400


def test_a_disabled_tenants_keys_open_nothing_until_it_is_enabled(api: ApiServer, admin: ApiClient) -> None:
    api.tenant("grey")
    with api.client("grey") as grey:
        assert grey.get("/files").status_code == 200
        assert admin.patch("/admin/tenants/grey", json={"disabled": True}).json()["disabledAt"]
        # Checked keys are kept for two seconds.
        wait_until(lambda: grey.get("/files").status_code == 401, timeout_s=5, what="the key is refused")
        admin.patch("/admin/tenants/grey", json={"disabled": False})
        assert grey.get("/files").status_code == 200


def test_a_key_is_made_used_listed_and_revoked(api: ApiServer, admin: ApiClient) -> None:
    body = {"tenantId": "blue", "name": "ingest", "scopes": ["read"]}
    made = admin.post("/admin/keys", json=body)
    assert made.status_code == 201, made.text
    with ApiClient(api.url, made.json()["key"], made.json()["id"], {}) as client:
        assert client.get("/me").json()["tenantId"] == "blue"
        problem_of(client.post("/upload", json={"name": "a.mp4", "size": 1}), 403, "forbidden")
        rows = admin.get("/admin/keys", params={"tenant": "blue"}).json()["items"]
        assert {row["tenantId"] for row in rows} == {"blue"}
        assert made.json()["id"] in [row["id"] for row in rows]
        assert made.json()["key"] not in str(rows)
        assert admin.delete(f"/admin/keys/{made.json()['id']}").status_code == 204
        wait_until(lambda: client.get("/me").status_code == 401, timeout_s=5, what="the key is refused")
    assert admin.delete(f"/admin/keys/{made.json()['id']}").status_code == 204
    problem_of(admin.delete("/admin/keys/0123456789ab"), 404, "not_found", "keyId")


def test_a_key_expires(api: ApiServer, admin: ApiClient) -> None:
    body = {"tenantId": "blue", "name": "guest", "expiresAt": "2020-01-01T00:00:00Z"}
    made = admin.post("/admin/keys", json=body).json()
    with ApiClient(api.url, made["key"], made["id"], {}) as client:
        problem_of(client.get("/me"), 401, "unauthorized")
    problem_of(admin.post("/admin/keys", json={**body, "scopes": ["write"]}), 400, "invalid", "scopes")
    # The last two are in years that are none in UTC.
    for refused in ("tomorrow", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert admin.post("/admin/keys", json={**body, "expiresAt": refused}).status_code == 400, refused
    assert admin.get("/admin/keys").status_code == 200


def test_a_rotated_secret_ends_private_links(api: ApiServer, admin: ApiClient, red: ApiClient) -> None:
    view = red.upload("secret.txt", visibility="private")
    before = api.catalog.tenants.get("red").signing_secret
    assert admin.post("/admin/tenants/red/rotate").status_code == 204
    assert api.catalog.tenants.get("red").signing_secret != before
    assert red.get(f"/get/{view['fileId']}").json()["links"]["url"] != view["links"]["url"]


def test_dead_letters_are_listed_by_tenant_and_replayed(api: ApiServer, admin: ApiClient) -> None:
    bus, now = api.catalog.queue, system_clock()
    for tenant in ("red", "blue"):
        key = f"videos/{tenant}/6a7b3c58-50b5-4f43-9d5e-2f3c7f1f00{'01' if tenant == 'red' else '02'}.mp4"
        bus.enqueue(Event(1, EventType.OBJECT_CREATED, key, None, now), now=now)
    while rows := bus.claim("metadata", now=system_clock(), lease_us=1_000_000, limit=100):
        for row in rows:
            assert row.receipt is not None
            bus.bury(row.id, row.receipt, now=system_clock(), error="it broke")
    letters = admin.get("/admin/dead-letters", params={"tenant": "blue"}).json()["items"]
    assert letters
    assert all("/blue/" in letter["key"] and letter["error"] == "it broke" for letter in letters)
    assert admin.post("/admin/replay", json={"ids": [letters[0]["id"]]}).json() == {"replayed": 1}
    assert admin.post("/admin/replay", json={"service": "metadata"}).json()["replayed"] >= 1
    assert admin.get("/admin/dead-letters").json()["items"] == []


def test_the_quarantine_is_listed_shown_and_emptied(api: ApiServer, admin: ApiClient) -> None:
    api.catalog.quarantine.put("minio", "not JSON", body="garbage", now=system_clock())
    [row] = admin.get("/admin/quarantine").json()["items"]
    assert (row["reason"], row["body"], row["count"]) == ("not JSON", "garbage", 1)
    assert admin.get(f"/admin/quarantine/{row['id']}").json() == row
    assert admin.delete(f"/admin/quarantine/{row['id']}").status_code == 204
    assert admin.delete(f"/admin/quarantine/{row['id']}").status_code == 204
    for unknown in (row["id"], "x", "9" * 40):
        problem_of(admin.get(f"/admin/quarantine/{unknown}"), 404, "not_found", "quarantineId")


def test_jobs_are_listed_by_tenant(api: ApiServer, admin: ApiClient, red: ApiClient) -> None:
    view = red.upload("clip.txt")
    api.catalog.jobs.note(view["fileId"], "metadata", "failed", attempts=3, now=system_clock(), error="no")
    # A job is noted without waiting for the disk; a write after it is committed after it.
    api.catalog.quarantine.drop(0)
    [job] = admin.get("/admin/jobs?tenant=red&state=failed").json()["items"]
    assert (job["fileId"], job["attempts"], job["error"]) == (view["fileId"], 3, "no")
    assert admin.get("/admin/jobs", params={"tenant": "blue", "state": "failed"}).json()["items"] == []


def test_a_pairing_is_offered_for_the_address_of_the_caller(api: ApiServer, admin: ApiClient) -> None:
    offered = admin.post("/admin/pairings", json={"tenantId": "blue", "scopes": ["read"]}).json()
    assert offered["url"] == f"http://127.0.0.1:8080/pair#{offered['code']}"
    assert offered["expiresAt"] > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    paired = httpx.post(f"{api.url}/pair", json={"code": offered["code"], "deviceName": "tablet"}, trust_env=False)
    assert (paired.json()["tenantId"], paired.json()["scopes"]) == ("blue", ["read"])
