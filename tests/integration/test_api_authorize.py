"""What the edge is told of each link."""

import shutil

import httpx
import pytest

from appliance.domain.keys import playback_token
from appliance.edge import contract
from appliance.ports.clock import system_clock
from tests.integration.api_server import EDGE_SECRET, ApiClient, ApiServer
from tests.servers import wait_until


def ask(
    api: ApiServer, key: str, *, token: str = "", download: bool = False, secret: str = EDGE_SECRET
) -> httpx.Response:
    headers = {contract.EDGE_SECRET_HEADER: secret, contract.KEY_HEADER: key}
    if token:
        headers[contract.TOKEN_HEADER] = token
    if download:
        headers[contract.DOWNLOAD_HEADER] = "1"
    raw = {name.encode(): value.encode() for name, value in headers.items()}
    return httpx.get(f"{api.internal_url}/_edge/authorize", headers=raw, trust_env=False)


def refused(response: httpx.Response, reason: str) -> bool:
    return response.status_code == 403 and response.headers[contract.REASON_HEADER] == reason


def token_of(api: ApiServer, file_id: str, seconds: int = 60) -> str:
    secret = api.catalog.tenants.get("red").signing_secret
    return playback_token(secret, file_id, system_clock() // 1_000_000 + seconds)


def test_a_public_file_is_shown_in_the_page(red: ApiClient, api: ApiServer) -> None:
    answer = ask(api, red.upload()["objectKey"])
    assert answer.status_code == 204
    assert answer.headers[contract.CONTENT_TYPE_HEADER] == "video/mp4"
    assert answer.headers[contract.CACHE_HEADER] == contract.PUBLIC_CACHE
    assert contract.DISPOSITION_HEADER not in answer.headers


def test_a_full_disk_is_no_place_for_a_cache(red: ApiClient, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    key = red.upload()["objectKey"]
    assert contract.UNCACHED_HEADER not in ask(api, key).headers
    usage = shutil.disk_usage(api.folder)._replace(free=100_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    wait_until(lambda: contract.UNCACHED_HEADER in ask(api, key).headers, timeout_s=10, what="the full disk is noticed")
    monkeypatch.undo()
    wait_until(lambda: contract.UNCACHED_HEADER not in ask(api, key).headers, timeout_s=10, what="there is room again")


def test_a_download_carries_the_original_name(red: ApiClient, api: ApiServer) -> None:
    answer = ask(api, red.upload('Ferien "1" ü.mp4')["objectKey"], download=True)
    disposition = answer.headers[contract.DISPOSITION_HEADER]
    assert disposition.startswith("attachment;")
    assert disposition.endswith("filename*=UTF-8''Ferien%20%221%22%20%C3%BC.mp4")


def test_a_download_of_what_was_made_carries_the_title_and_its_own_name(red: ApiClient, api: ApiServer) -> None:
    file_id = red.upload("a.mov", title="Take 1/2")["fileId"]
    answer = ask(api, f"renditions/red/{file_id}/4/720p.mp4", download=True)
    assert answer.headers[contract.CONTENT_TYPE_HEADER] == "video/mp4"
    disposition = answer.headers[contract.DISPOSITION_HEADER]
    assert disposition == "attachment; filename=\"Take 1_2 720p.mp4\"; filename*=UTF-8''Take%201_2%20720p.mp4"
    assert contract.DISPOSITION_HEADER not in ask(api, f"renditions/red/{file_id}/4/720p.mp4").headers


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("page.html", "text/html"),
        ("drawing.svg", "image/svg+xml"),
        ("clip.mp4", "text/html; charset=utf-8"),
        ("a.r3d", ""),
    ],
)
def test_what_a_browser_might_run_is_an_attachment(
    red: ApiClient, api: ApiServer, name: str, content_type: str
) -> None:
    answer = ask(api, red.upload(name, contentType=content_type)["objectKey"])
    assert answer.status_code == 204
    assert answer.headers[contract.DISPOSITION_HEADER].startswith("attachment;")


def test_a_private_file_needs_a_token_of_its_own(red: ApiClient, api: ApiServer) -> None:
    private, other = red.upload(visibility="private"), red.upload(visibility="private")
    key, file_id = private["objectKey"], private["fileId"]
    for token in ("", "nonsense", token_of(api, other["fileId"]), token_of(api, file_id, -1)):
        assert refused(ask(api, key, token=token), contract.REASON_TOKEN)
    answer = ask(api, key, token=token_of(api, file_id))
    assert answer.status_code == 204
    assert answer.headers[contract.CACHE_HEADER].startswith("private")
    assert ask(api, f"renditions/red/{file_id}/1/a.m3u8", token=token_of(api, file_id)).status_code == 204
    assert refused(ask(api, f"renditions/red/{file_id}/1/a.m3u8"), contract.REASON_TOKEN)
    api.catalog.tenants.rotate_signing_secret("red")
    assert refused(ask(api, key, token=private["links"]["url"].split("/")[4]), contract.REASON_TOKEN)


def test_what_is_not_there_is_missing(red: ApiClient, api: ApiServer) -> None:
    waiting, stored = red.ask(), red.upload()
    trashed, deleted = red.upload(), red.upload()
    red.delete(f"/delete/{trashed['fileId']}?trash=true")
    red.delete(f"/delete/{deleted['fileId']}")
    keys = [file["objectKey"] for file in (waiting, trashed, deleted)]
    other_name = stored["objectKey"].replace(".mp4", ".mov")
    other_tenant = stored["objectKey"].replace("/red/", "/blue/")
    renditions = [f"renditions/blue/{stored['fileId']}/1/a.m3u8", f"renditions/red/{waiting['fileId']}/1/a.m3u8"]
    strange = ["", "x", "renditions/red/x/1/a", "renditions/red", "videos/red/../x.mp4", "é"]
    for key in [*keys, other_name, other_tenant, *renditions, *strange]:
        assert refused(ask(api, key), contract.REASON_MISSING), key


def test_renditions_are_typed_by_name_and_the_manifest_stays_fresh(red: ApiClient, api: ApiServer) -> None:
    file_id = red.upload()["fileId"]
    segment = ask(api, f"renditions/red/{file_id}/7/v0/seg1.m4s")
    assert segment.headers[contract.CONTENT_TYPE_HEADER] == "video/iso.segment"
    assert segment.headers[contract.CACHE_HEADER] == contract.PUBLIC_CACHE
    manifest = ask(api, f"renditions/red/{file_id}/current.m3u8")
    assert manifest.headers[contract.CONTENT_TYPE_HEADER] == "application/vnd.apple.mpegurl"
    assert manifest.headers[contract.CACHE_HEADER] == "no-cache"


def test_a_disabled_tenants_files_are_missing(api: ApiServer) -> None:
    api.tenant("closed")
    with api.client("closed") as client:
        key = client.upload()["objectKey"]
    assert ask(api, key).status_code == 204
    api.catalog.tenants.disable("closed", now=system_clock())
    assert refused(ask(api, key), contract.REASON_MISSING)


@pytest.mark.parametrize("secret", ["", "wrong", "ü"])
def test_only_the_edge_may_ask(red: ApiClient, api: ApiServer, secret: str) -> None:
    headers = {
        contract.EDGE_SECRET_HEADER.encode(): secret.encode(),
        b"X-Media-Key": red.upload()["objectKey"].encode(),
    }
    assert httpx.get(f"{api.internal_url}/_edge/authorize", headers=headers, trust_env=False).status_code == 401


def test_the_public_listener_does_not_answer_the_edge(api: ApiServer) -> None:
    headers = {contract.EDGE_SECRET_HEADER: EDGE_SECRET, contract.KEY_HEADER: "x"}
    assert httpx.get(f"{api.url}/_edge/authorize", headers=headers, trust_env=False).status_code == 404
    assert httpx.get(f"{api.internal_url}/me", trust_env=False).status_code == 404
