"""Reading, finding, editing, trashing and deleting files."""

import secrets
from datetime import datetime
from typing import Any

import pytest

from appliance.domain.keys import token_is_valid
from appliance.ports.clock import system_clock
from tests.integration.api_server import ApiClient, ApiServer, problem_of
from tests.servers import wait_until

DESIGNED = {
    "tenantId", "videoUrl", "title", "duration", "type", "state", "readyToStream", "kind", "contentType", "name",
    "path", "tags", "metadata", "uploadedBy", "size", "width", "height", "codecs", "etag", "sha256", "createdAt",
    "error", "links", "linksExpireAt", "renditions", "jobs",
}  # fmt: skip
LINKS = {"url", "videoUrl", "hls", "poster", "thumbnails", "storyboard", "download", "page"}


def folder() -> str:
    return f"folder-{secrets.token_hex(4)}"


def names(client: ApiClient, query: str) -> list[str]:
    response = client.get(f"/files?{query}")
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json()["items"]]


def test_a_file_is_described_in_full(red: ApiClient, api: ApiServer) -> None:
    uploaded = red.upload("My clip.mp4", b"bytes")
    api.catalog.jobs.note(uploaded["fileId"], "metadata", "running", attempts=1, now=system_clock())
    url = f"/get/{uploaded['fileId']}"
    wait_until(lambda: bool(red.get(url).json()["jobs"]), timeout_s=5, what="the job is shown")
    seen = red.get(url).json()
    assert seen.keys() >= DESIGNED
    assert seen["links"].keys() == LINKS
    assert (seen["tenantId"], seen["title"], seen["type"], seen["kind"]) == ("red", "My clip", "mp4", "video")
    assert (seen["state"], seen["readyToStream"], seen["size"]) == ("uploaded", False, 5)
    assert seen["videoUrl"] == seen["links"]["url"] == f"http://127.0.0.1:8088/{seen['objectKey']}"
    assert seen["links"]["download"] == f"http://127.0.0.1:8088/download/{seen['objectKey']}"
    assert (seen["linksExpireAt"], seen["error"], seen["renditions"]) == (None, None, [])
    assert abs(datetime.fromisoformat(seen["createdAt"]).timestamp() - system_clock() / 1e6) < 60
    assert [(job["service"], job["state"], job["attempts"]) for job in seen["jobs"]] == [("metadata", "running", 1)]
    assert red.get(f"/files?q={seen['title'][:2]}").json()["items"][0] == seen


def test_a_private_file_has_links_that_end_and_one_that_does_not(red: ApiClient, api: ApiServer) -> None:
    seen = red.upload(visibility="private")
    secret = api.catalog.tenants.get("red").signing_secret
    base, _, rest = seen["links"]["url"].partition("/t/")
    token, _, key = rest.partition("/")
    assert (base, key) == ("http://127.0.0.1:8088", seen["objectKey"])
    ends = datetime.fromisoformat(seen["linksExpireAt"]).timestamp()
    assert token_is_valid(secret, seen["fileId"], token, ends - 1)
    assert not token_is_valid(secret, seen["fileId"], token, ends + 1)
    assert seen["links"]["download"] == f"{base}/t/{token}/download/{key}"
    assert seen["videoUrl"] == f"{base}/{key}"
    content = red.get(f"/get/{seen['fileId']}/content")
    assert content.status_code == 302
    assert content.headers["location"].startswith(f"{base}/t/")


def test_content_goes_to_the_link_that_serves_the_bytes(red: ApiClient) -> None:
    asked = red.ask()
    problem_of(red.get(f"/get/{asked['fileId']}/content"), 409, "conflict")
    done = red.upload()
    content = red.get(f"/get/{done['fileId']}/content")
    assert (content.status_code, content.headers["location"]) == (302, done["links"]["url"])
    assert content.headers["cache-control"] == "no-store"
    red.delete(f"/delete/{done['fileId']}")
    problem_of(red.get(f"/get/{done['fileId']}/content"), 410, "gone")


def test_the_trash_gives_back_and_deleting_does_not(red: ApiClient) -> None:
    where = folder()
    file_id = red.upload("a.mp4", path=where)["fileId"]
    for _ in range(2):
        assert red.delete(f"/delete/{file_id}?trash=true").status_code == 204
    seen = red.get(f"/get/{file_id}").json()
    assert (seen["state"], seen["links"]["url"], seen["links"]["download"]) == ("trashed", None, None)
    assert seen["trashedAt"]
    assert names(red, f"path={where}") == []
    assert names(red, f"path={where}&state=trashed") == ["a.mp4"]
    for _ in range(2):
        assert red.post(f"/files/{file_id}/restore").json()["state"] == "uploaded"
    assert names(red, f"path={where}") == ["a.mp4"]
    for _ in range(2):
        assert red.delete(f"/delete/{file_id}").status_code == 204
    seen = red.get(f"/get/{file_id}").json()
    assert (seen["state"], seen["links"]["url"]) == ("deleted", None)
    problem_of(red.post(f"/files/{file_id}/restore"), 409, "conflict")
    problem_of(red.delete(f"/delete/{file_id}?trash=true"), 409, "conflict")
    problem_of(red.patch(f"/files/{file_id}", json={"title": "x"}), 409, "conflict")


def test_editing_changes_what_is_named_and_never_the_link(red: ApiClient) -> None:
    before = red.upload("a.mp4", tags=["old"], metadata={"a": "1"})
    change: dict[str, Any] = {"title": "New", "tags": ["x", "x"], "path": "b/c/", "metadata": {"b": "2"}}
    after = red.patch(f"/files/{before['fileId']}", json=change).json()
    assert (after["title"], after["tags"], after["path"], after["metadata"]) == ("New", ["x"], "b/c", {"b": "2"})
    assert (after["name"], after["videoUrl"], after["objectKey"]) == ("a.mp4", before["videoUrl"], before["objectKey"])
    private = red.patch(f"/files/{before['fileId']}", json={"visibility": "private"}).json()
    assert (private["visibility"], private["title"]) == ("private", "New")
    assert "/t/" in private["links"]["url"]
    assert red.patch(f"/files/{before['fileId']}", json={"title": ""}).json()["title"] == "a"
    assert red.patch(f"/files/{before['fileId']}", json={}).json()["tags"] == ["x"]
    problem_of(red.patch(f"/files/{before['fileId']}", json={"name": "b"}), 400, "invalid", "name")
    problem_of(red.patch(f"/files/{before['fileId']}", json={"path": "a/../b"}), 400, "invalid", "path")


def test_pages_go_from_new_to_old_and_nothing_shifts(red: ApiClient) -> None:
    where = folder()
    for number in range(5):
        red.upload(f"{number}.mp4", path=where)
    first = red.get(f"/files?path={where}&limit=2").json()
    assert [item["name"] for item in first["items"]] == ["4.mp4", "3.mp4"]
    red.upload("5.mp4", path=where)
    second = red.get(f"/files?path={where}&limit=2&cursor={first['next']}").json()
    assert [item["name"] for item in second["items"]] == ["2.mp4", "1.mp4"]
    last = red.get(f"/files?path={where}&limit=2&cursor={second['next']}").json()
    assert [item["name"] for item in last["items"]] == ["0.mp4"]
    assert last["next"] is None


def test_folders_are_counted(red: ApiClient) -> None:
    top = folder()
    for path in (top, f"{top}/a", f"{top}/a/deep", f"{top}/b"):
        red.upload("x.mp4", b"12345", path=path)
    found = red.get(f"/files?path={top}/").json()
    assert [item["path"] for item in found["items"]] == [top]
    assert found["folders"] == [
        {"name": "a", "path": f"{top}/a", "files": 2, "bytes": 10},
        {"name": "b", "path": f"{top}/b", "files": 1, "bytes": 5},
    ]
    assert top in [entry["name"] for entry in red.get("/files?path=").json()["folders"]]
    assert red.get("/files?q=x").json()["folders"] is None


def test_files_are_found_by_words_kind_tag_state_and_metadata(red: ApiClient) -> None:
    word = "w" + secrets.token_hex(6)
    red.upload("one.mp4", title=f"{word} sunrise", tags=["sea", "sun"], metadata={"camera": "R5", "a.b": word})
    red.upload("two.jpg", title=f"{word} sunset", tags=["sea"], metadata={"camera": "R6"})
    red.ask("three.mp4", title=word)
    assert names(red, f"q={word}") == ["three.mp4", "two.jpg", "one.mp4"]
    assert names(red, f"q={word} sun") == ["two.jpg", "one.mp4"]
    assert names(red, f"q={word}&kind=image") == ["two.jpg"]
    assert names(red, f"q={word}&tag=sea&tag=sun") == ["one.mp4"]
    assert names(red, f"q={word}&state=waiting") == ["three.mp4"]
    assert names(red, f"q={word}&state=waiting&state=uploaded") == ["three.mp4", "two.jpg", "one.mp4"]
    assert names(red, f"q={word}&metadata.camera=R6") == ["two.jpg"]
    assert names(red, f"metadata.a.b={word}") == ["one.mp4"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("kind=movie", "kind"),
        ("state=gone", "state.0"),
        ("path=../x", "path"),
        ("cursor=nonsense", "cursor"),
        ("tags=typo", "tags"),
        ("metadata.=x", "metadata."),
    ],
)
def test_the_parameter_at_fault_is_named(red: ApiClient, query: str, field: str) -> None:
    problem_of(red.get(f"/files?{query}"), 400, "invalid", field)


def test_a_cursor_is_good_for_its_tenant_and_list_alone(red: ApiClient, blue: ApiClient) -> None:
    for number in range(2):
        red.upload(f"{number}.mp4")
    cursor = red.get("/files?limit=1").json()["next"]
    problem_of(blue.get(f"/files?cursor={cursor}"), 400, "invalid", "cursor")
    problem_of(red.get(f"/changes?since={cursor}"), 400, "invalid", "since")
    problem_of(red.get(f"/files?cursor={cursor[:-1]}"), 400, "invalid", "cursor")


def test_me_says_who_and_how_much(api: ApiServer) -> None:
    api.tenant("green", quota_bytes=1000)
    with api.client("green", "read", "upload") as client:
        client.upload("a.mp4", b"12345")
        client.ask(size=7)
        me = client.get("/me").json()
    assert (me["tenantId"], me["keyName"], me["scopes"]) == ("green", "key of green", ["read", "upload"])
    assert me["quota"] == {"bytes": 1000, "files": None}
    assert me["used"] == {"bytes": 12, "files": 2, "originals": 5, "renditions": 0, "trash": 0, "unfinished": 7}
    assert me["disk"]["freeBytes"] > 0
    assert "multipart" in me["capabilities"]["protocols"]
    assert (me["apiUrl"], me["cdnUrl"], me["version"]) == ("http://127.0.0.1:8080", "http://127.0.0.1:8088", "0.1.0")
