"""The page of one file, as a browser without scripts gets it."""

import httpx

from tests.integration.api_server import ApiClient, ApiServer


def watch(api: ApiServer, file_id: str) -> httpx.Response:
    return httpx.get(f"{api.url}/watch/{file_id}", trust_env=False)


def test_a_public_file_plays_and_downloads(red: ApiClient, api: ApiServer) -> None:
    for name, element in (("a.mp4", "<video"), ("a.mp3", "<audio"), ("a.jpg", "<img")):
        file = red.upload(name, title="<b>Title</b> & more")
        page = watch(api, file["fileId"])
        assert page.status_code == 200
        assert element in page.text
        assert f'src="{file["links"]["url"]}"' in page.text
        assert f'href="{file["links"]["download"]}"' in page.text
        assert "&lt;b&gt;Title&lt;/b&gt; &amp; more" in page.text
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "media-src http://127.0.0.1:8088" in policy


def test_what_no_browser_shows_is_offered_for_download(red: ApiClient, api: ApiServer) -> None:
    page = watch(api, red.upload("project.r3d")["fileId"])
    assert "<video" not in page.text
    assert "Download" in page.text


def test_the_page_says_why_there_is_nothing_to_see(red: ApiClient, api: ApiServer) -> None:
    assert "not finished" in watch(api, red.ask()["fileId"]).text
    private = watch(api, red.upload("secret name.mp4", visibility="private")["fileId"])
    assert private.status_code == 403
    assert "private" in private.text
    assert "secret name" not in private.text
    deleted = red.upload()["fileId"]
    red.delete(f"/delete/{deleted}")
    for file_id in (deleted, "nonsense"):
        assert watch(api, file_id).status_code == 404


def test_its_style_is_served(api: ApiServer) -> None:
    assert httpx.get(f"{api.url}/assets/page.css", trust_env=False).status_code == 200
