"""The pages of one file: what a browser without scripts gets, what other programs read of them, who may look."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from appliance.domain.kinds import Kind
from appliance.domain.media import MediaFacts
from appliance.ports.clock import system_clock
from tests.integration.api_server import ApiClient, ApiServer, problem_of


def watch(api: ApiServer, file_id: str) -> httpx.Response:
    return httpx.get(f"{api.url}/watch/{file_id}", trust_env=False)


def looked_into(api: ApiServer, file: dict[str, Any]) -> dict[str, Any]:
    """The file once the metadata service found that browsers play it as it is."""
    kind = Kind(file["kind"])
    codecs = {Kind.VIDEO: ("avc1.64001f", "mp4a.40.2"), Kind.AUDIO: (None, "mp3")}.get(kind, (None, None))
    facts = MediaFacts(
        kind=kind, width=640, height=360, duration=10.0, video_codec=codecs[0], audio_codec=codecs[1], plays_as_is=True
    )
    assert api.catalog.production.probed(file["fileId"], file["etag"], facts, final=True, now=system_clock())
    return file


@pytest.fixture
def signed_in(api: ApiServer) -> Iterator[httpx.Client]:
    """A browser that is signed in with a key of tenant red."""
    _, text = api.catalog.keys.create("red", "browser", ["read", "upload", "delete"], now=system_clock())
    with httpx.Client(base_url=api.url, trust_env=False) as browser:
        answer = browser.post("/library/sign-in", data={"key": text})
        assert answer.status_code == 303, answer.text
        yield browser


def test_a_public_file_plays_and_downloads_without_scripts(red: ApiClient, api: ApiServer) -> None:
    for name, element in (("a.mp4", "<video controls playsinline"), ("a.mp3", "<audio controls"), ("a.jpg", "<img")):
        file = looked_into(api, red.upload(name, title="<b>Title</b> & more"))
        page = watch(api, file["fileId"])
        assert page.status_code == 200
        assert element in page.text
        assert f'src="{file["links"]["url"]}"' in page.text
        assert f'href="{file["links"]["download"]}"' in page.text
        assert "&lt;b&gt;Title&lt;/b&gt; &amp; more" in page.text
        assert "<b>Title" not in page.text


def test_a_page_runs_and_shows_nothing_from_elsewhere(red: ApiClient, api: ApiServer) -> None:
    page = watch(api, looked_into(api, red.upload())["fileId"])
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["media-src"] == "http://127.0.0.1:8088 blob: data:"
    assert policy["frame-ancestors"] == "'none'"
    assert "<script>" not in page.text
    for address in re.findall(r'(?:src|href)="(http[^"]+)"', page.text):
        assert urlsplit(address).netloc in ("127.0.0.1:8088", "127.0.0.1:8080")


def test_what_no_browser_shows_is_offered_for_download(red: ApiClient, api: ApiServer) -> None:
    page = watch(api, red.upload("project.r3d")["fileId"])
    assert "<video" not in page.text
    assert "Download" in page.text


def test_a_file_that_waits_says_so_and_looks_again_without_scripts(red: ApiClient, api: ApiServer) -> None:
    file_id = red.ask()["fileId"]
    page = watch(api, file_id)
    assert "Waiting for the upload" in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text
    state = httpx.get(f"{api.url}/watch/{file_id}/state", trust_env=False).json()
    assert (state["state"], state["playable"], state["final"]) == ("waiting", False, False)


def test_the_page_says_why_there_is_nothing_to_see(red: ApiClient, api: ApiServer) -> None:
    deleted = red.upload()["fileId"]
    red.delete(f"/delete/{deleted}")
    for file_id in (deleted, "nonsense"):
        assert watch(api, file_id).status_code == 404
        assert httpx.get(f"{api.url}/watch/{file_id}/state", trust_env=False).status_code == 404


def test_a_private_file_is_for_its_teams_browsers_alone(
    red: ApiClient, blue: ApiClient, api: ApiServer, signed_in: httpx.Client
) -> None:
    file_id = red.upload("secret name.jpg", visibility="private")["fileId"]
    stranger = watch(api, file_id)
    assert (stranger.status_code, stranger.headers["location"]) == (302, f"/library?next=/watch/{file_id}")
    assert "secret name" not in stranger.text
    assert httpx.get(f"{api.url}/watch/{file_id}/state", trust_env=False).status_code == 403
    page = signed_in.get(f"/watch/{file_id}")
    assert page.status_code == 200
    assert re.search(r'src="http://127\.0\.0\.1:8088/t/[0-9]+-', page.text)
    assert "og:title" not in page.text
    foreign = blue.upload("other.jpg", visibility="private")["fileId"]
    assert signed_in.get(f"/watch/{foreign}").status_code == 403


def test_a_link_shows_itself_in_other_programs(red: ApiClient, api: ApiServer) -> None:
    file = looked_into(api, red.upload("film.mp4", title="A film"))
    page = watch(api, file["fileId"]).text
    assert '<meta property="og:title" content="A film">' in page
    assert '<meta property="og:type" content="video.other">' in page
    assert "application/json+oembed" in page
    asked = {"url": file["links"]["page"], "maxwidth": 320}
    found = httpx.get(f"{api.url}/oembed", params=asked, trust_env=False).json()
    assert (found["version"], found["type"], found["title"]) == ("1.0", "video", "A film")
    assert (found["width"], found["height"]) == (320, 180)
    assert f"/embed/{file['fileId']}" in found["html"]


def test_oembed_knows_only_public_files(red: ApiClient, api: ApiServer) -> None:
    private = red.upload("x.mp4", visibility="private")["links"]["page"]
    for url in (private, "http://example.org/", ""):
        problem_of(httpx.get(f"{api.url}/oembed", params={"url": url}, trust_env=False), 404, "not_found", "url")
    public = red.upload("y.mp4")["links"]["page"]
    for bad in ("0", "wide"):
        answer = httpx.get(f"{api.url}/oembed", params={"url": public, "maxwidth": bad}, trust_env=False)
        problem_of(answer, 400, "invalid", "maxwidth")


def test_a_player_is_framed_by_nobody_until_origins_are_named(red: ApiClient, api: ApiServer) -> None:
    file_id = looked_into(api, red.upload())["fileId"]
    frame = httpx.get(f"{api.url}/embed/{file_id}", trust_env=False)
    assert frame.status_code == 200
    assert "<video" in frame.text
    assert "frame-ancestors 'none'" in frame.headers["content-security-policy"]


def test_its_style_is_served(api: ApiServer) -> None:
    assert httpx.get(f"{api.url}/assets/page.css", trust_env=False).status_code == 200


def test_a_wrong_key_signs_nobody_in(api: ApiServer) -> None:
    answer = httpx.post(f"{api.url}/library/sign-in", data={"key": "mk_0_wrong"}, trust_env=False)
    assert answer.status_code == 403
    assert "not known" in answer.text
    assert "set-cookie" not in answer.headers


def test_another_sites_form_signs_nobody_in(api: ApiServer) -> None:
    _, text = api.catalog.keys.create("red", "attacker", ["read"], now=system_clock())
    headers = {"Origin": "http://evil.example"}
    answer = httpx.post(f"{api.url}/library/sign-in", data={"key": text}, headers=headers, trust_env=False)
    problem_of(answer, 403, "forbidden")


def test_a_session_is_a_cookie_that_no_script_reads(api: ApiServer) -> None:
    _, text = api.catalog.keys.create("red", "browser", ["read"], now=system_clock())
    cookie = httpx.post(f"{api.url}/library/sign-in", data={"key": text}, trust_env=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert text not in cookie


def test_a_session_reads_but_changes_only_with_the_pages_token(signed_in: httpx.Client, red: ApiClient) -> None:
    file_id = red.upload("a.jpg")["fileId"]
    assert signed_in.get(f"/get/{file_id}").status_code == 200
    problem_of(signed_in.patch(f"/files/{file_id}", json={"title": "new"}), 403, "forbidden")
    token = re.search(r'data-csrf="([0-9a-f]{64})"', signed_in.get("/library").text)
    assert token is not None
    changed = signed_in.patch(f"/files/{file_id}", json={"title": "new"}, headers={"X-Media-Csrf": token[1]})
    assert changed.json()["title"] == "new"


def test_a_session_ends_by_signing_out_and_with_its_key(signed_in: httpx.Client, api: ApiServer) -> None:
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', signed_in.get("/library").text)
    assert token is not None
    cookies = dict(signed_in.cookies)
    assert signed_in.post("/library/sign-out", data={"csrf": token[1]}).status_code == 303
    with httpx.Client(base_url=api.url, trust_env=False, cookies=cookies) as old:
        problem_of(old.get("/me"), 401, "unauthorized")
    key_id, text = api.catalog.keys.create("red", "browser", ["read"], now=system_clock())
    with httpx.Client(base_url=api.url, trust_env=False) as browser:
        browser.post("/library/sign-in", data={"key": text})
        assert browser.get("/me").status_code == 200
        api.catalog.keys.revoke(key_id, now=system_clock())
        problem_of(browser.get("/me"), 401, "unauthorized")


def test_signing_in_goes_on_to_our_own_pages_alone(api: ApiServer) -> None:
    for going, to in (("/watch/x", "/watch/x"), ("//evil.example", "/library"), ("http://evil.example", "/library")):
        _, text = api.catalog.keys.create("red", "browser", ["read"], now=system_clock())
        answer = httpx.post(f"{api.url}/library/sign-in", data={"key": text, "next": going}, trust_env=False)
        assert answer.headers.get("location") == to, answer.text
