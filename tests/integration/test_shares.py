"""Shares: what people without a key see by a link, and what they do not."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.integration.api_server import ApiClient, ApiServer, problem_of


def shared(client: ApiClient, **fields: Any) -> dict[str, Any]:
    """POST /shares that succeeds."""
    answer = client.post("/shares", json=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


class Visitor(httpx.Client):
    """Somebody without a key, at one share."""

    def __init__(self, api: ApiServer, share: dict[str, Any]) -> None:
        super().__init__(base_url=api.url, trust_env=False)
        self.path = "/s/" + share["url"].rpartition("/")[2]

    def see(self, below: str = "", **query: str) -> httpx.Response:
        return self.get(self.path + below, params=query)


def test_a_share_opens_its_files_and_no_others(red: ApiClient, api: ApiServer) -> None:
    inside, outside = red.upload("in.jpg", visibility="private"), red.upload("out.jpg", visibility="private")
    with Visitor(api, shared(red, fileIds=[inside["fileId"]])) as visitor:
        grid = visitor.see()
        assert grid.status_code == 200
        assert inside["fileId"] in grid.text
        assert outside["fileId"] not in grid.text
        page = visitor.see(f"/{inside['fileId']}")
        assert re.search(r'src="http://127\.0\.0\.1:8088/t/[0-9]+-[^/]+/images/', page.text)
        assert visitor.see(f"/{outside['fileId']}").status_code == 404
        assert visitor.see(f"/{outside['fileId']}/state").status_code == 404


def test_a_shared_folder_holds_what_is_below_it_now_and_later(red: ApiClient, api: ApiServer) -> None:
    share = shared(red, path="Trip")
    deep, beside = red.upload("a.jpg", path="Trip/Day 1"), red.upload("b.jpg", path="Trips")
    with Visitor(api, share) as visitor:
        assert "Day 1" in visitor.see().text
        assert deep["fileId"] in visitor.see(path="Trip/Day 1").text
        assert visitor.see(f"/{deep['fileId']}").status_code == 200
        assert visitor.see(f"/{beside['fileId']}").status_code == 404
        for path in ("Trips", "", "Trip/../Trips"):
            assert visitor.see(path=path).status_code == 404


def test_a_password_is_asked_for_and_guessing_it_is_slow(red: ApiClient, api: ApiServer) -> None:
    file = red.upload("a.jpg")
    share = shared(red, fileIds=[file["fileId"]], password="open sesame")
    assert share["hasPassword"]
    with Visitor(api, share) as visitor:
        for below in ("", f"/{file['fileId']}"):
            assert "password" in visitor.see(below).text
            assert file["fileId"] not in visitor.see().text
        assert visitor.see(f"/{file['fileId']}/state").status_code == 404
        assert visitor.see("/downloads").status_code == 404
        assert visitor.post(visitor.path, data={"password": "wrong"}).status_code == 403
        opened = visitor.post(visitor.path, data={"password": "open sesame"})
        assert opened.status_code == 303
        assert "HttpOnly" in opened.headers["set-cookie"]
        assert file["fileId"] in visitor.see().text
    with Visitor(api, share) as guesser:
        answers = {guesser.post(guesser.path, data={"password": "wrong"}).status_code for _ in range(12)}
        assert 429 in answers


def test_a_share_ends_when_it_is_deleted_or_over(red: ApiClient, blue: ApiClient, api: ApiServer) -> None:
    file = red.upload("a.jpg", visibility="private")
    soon = datetime.now(UTC) + timedelta(minutes=10)
    share = shared(red, fileIds=[file["fileId"]], expiresAt=soon.isoformat())
    with Visitor(api, share) as visitor:
        state = visitor.see(f"/{file['fileId']}/state").json()
        assert datetime.fromisoformat(state["expiresAt"]) <= soon
        problem_of(blue.delete(f"/shares/{share['id']}"), 404, "not_found", "shareId")
        assert red.delete(f"/shares/{share['id']}").status_code == 204
        assert visitor.see().status_code == 404
        assert visitor.see(f"/{file['fileId']}/state").status_code == 404
    assert red.delete(f"/shares/{share['id']}").status_code == 204


def test_links_are_fresh_whenever_they_are_asked_for(red: ApiClient, api: ApiServer) -> None:
    file = red.upload("a.jpg", visibility="private")
    with Visitor(api, shared(red, fileIds=[file["fileId"]])) as visitor:
        state = visitor.see(f"/{file['fileId']}/state").json()
        assert datetime.fromisoformat(state["expiresAt"]) > datetime.now(UTC) + timedelta(minutes=50)


def test_all_originals_are_listed_for_download_where_that_is_allowed(red: ApiClient, api: ApiServer) -> None:
    top, below = red.upload("a.jpg", path="Set"), red.upload("b.pdf", path="Set/More")
    with Visitor(api, shared(red, path="Set")) as visitor:
        found = visitor.see("/downloads").json()
        assert [link["url"] for link in found["links"]] == [top["links"]["download"]]
        assert found["folders"] == ["Set/More"]
        assert visitor.see("/downloads", path="Set/More").json()["links"][0]["url"] == below["links"]["download"]
    with Visitor(api, shared(red, path="Set", download=False)) as visitor:
        assert visitor.see("/downloads").status_code == 403
        assert "/download/" not in visitor.see(f"/{top['fileId']}").text


def test_shares_are_listed_for_their_own_tenant(red: ApiClient, blue: ApiClient) -> None:
    share = shared(red, fileIds=[red.upload("a.jpg", title="One")["fileId"]], password="x")
    listed = red.get("/shares").json()["items"]
    assert share in listed
    assert share["title"] == "One"
    assert share["id"] not in [one["id"] for one in blue.get("/shares").json()["items"]]


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({}, 400, "fileIds"),
        ({"path": "a", "fileIds": ["x"]}, 400, "fileIds"),
        ({"fileIds": ["00000000-0000-4000-8000-000000000000"]}, 404, "fileId"),
        ({"path": "a/../.."}, 400, "path"),
        ({"path": "a", "expiresAt": "2001-01-01T00:00:00Z"}, 400, "expiresAt"),
    ],
)
def test_what_cannot_be_shared_is_told(red: ApiClient, fields: dict[str, Any], status: int, field: str) -> None:
    problem_of(red.post("/shares", json=fields), status, "invalid" if status == 400 else "not_found", field)


def test_anothers_file_cannot_be_shared(red: ApiClient, blue: ApiClient) -> None:
    problem_of(blue.post("/shares", json={"fileIds": [red.upload()["fileId"]]}), 404, "not_found", "fileId")


def test_a_key_that_may_only_upload_makes_no_share_to_look_through(red: ApiClient, api: ApiServer) -> None:
    file_id = red.upload("secret.jpg", visibility="private")["fileId"]
    with api.client("red", "upload") as sender:
        problem_of(sender.post("/shares", json={"fileIds": [file_id]}), 403, "forbidden")
        problem_of(sender.post("/shares", json={"path": ""}), 403, "forbidden")
