"""A private film through the whole appliance: its token stands in the path, so whatever its links lead to has it."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx
import m3u8
import pytest

from tests.films import ffmpeg, h264, picture, tone
from tests.integration.api_server import ApiClient
from tests.integration.native_stack import NativeStack
from tests.servers import wait_until

_TOKEN = re.compile(r"/t/[0-9]+-[A-Za-z0-9_-]{22}(?=/)")
_CAPTIONS = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood day\n"
#: Work on a loaded machine.
_READY_S = 180


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    stack = NativeStack.in_folder(tmp_path_factory.mktemp("private"))
    with stack.up(), stack.client() as client:
        yield client


@pytest.fixture(scope="module")
def film(client: ApiClient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A private film with a ladder of two rungs, stills, captions and an MP4 to take away."""
    path = tmp_path_factory.mktemp("film") / "Board meeting.mp4"
    ffmpeg(*picture(), *tone(), *h264(), "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", path)
    asked = client.ask(path.name, path.stat().st_size, visibility="private")
    url = f"/get/{asked['fileId']}"
    assert client.put(f"{url}/captions/en", content=_CAPTIONS).status_code == 200
    assert client.put_bytes(asked, path.read_bytes()).status_code == 200

    def finished() -> bool:
        view = client.get(url).json()
        return bool(view["state"] == "ready" and view["links"]["storyboard"] and view["captions"][0]["url"])

    wait_until(finished, timeout_s=_READY_S, what="ladder, stills and captions")
    wanted = {"height": 234}
    wait_until(lambda: client.post(f"{url}/renditions", json=wanted).status_code == 200,
               timeout_s=_READY_S, what="the MP4")  # fmt: skip
    found: dict[str, Any] = client.get(url).json()
    return found


@pytest.fixture(scope="module")
def links(film: dict[str, Any]) -> list[str]:
    """Every link of the film, and every address that its playlists and cues lead to."""
    shown = film["links"]
    given = [shown["url"], shown["download"], shown["poster"], shown["storyboard"], *shown["thumbnails"].values()]
    given += [one["url"] for one in (*film["renditions"], *film["captions"])]
    sheet = next(line for line in seen(shown["storyboard"]).text.splitlines() if ".jpg#" in line)
    return [*given, urljoin(shown["storyboard"], sheet.partition("#")[0]), *behind(shown["hls"])]


def seen(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False)


def behind(master: str) -> Iterator[str]:
    """The multivariant playlist and all that it leads to, as any player resolves it (RFC 3986, 5.2)."""
    yield master
    top = m3u8.loads(seen(master).text)
    playlists = [urljoin(master, one.uri) for one in (*top.playlists, *top.media) if one.uri]
    assert len(playlists) == 4, "two rungs, a sound and captions"
    for playlist in playlists:
        yield playlist
        media = m3u8.loads(seen(playlist).text)
        yield from (urljoin(playlist, part.uri) for part in (*media.segment_map, *media.segments))


def test_with_the_token_everything_answers(links: list[str]) -> None:
    assert len(links) > 20
    assert [link for link in links if not _TOKEN.search(link)] == []
    answers = {link: seen(link) for link in links}
    assert {link: answer.status_code for link, answer in answers.items() if answer.status_code != 200} == {}
    for link, answer in answers.items():
        assert answer.content, link
        assert answer.headers["cache-control"].startswith("private"), link
        assert answer.headers["access-control-allow-origin"] == "*", link


def test_without_a_token_or_with_another_nothing_does(film: dict[str, Any], links: list[str]) -> None:
    token = _TOKEN.search(film["links"]["hls"])
    assert token is not None
    forged = token[0][:-1] + ("A" if token[0][-1] != "A" else "B")
    for link in links:
        assert seen(_TOKEN.sub("", link)).status_code == 403, link
        assert seen(_TOKEN.sub(forged, link)).status_code == 403, link
        # What is cached by now is asked for again: a cache that forgot who may read would answer.
        assert seen(link).status_code == 200, link


def test_the_token_opens_no_other_film(client: ApiClient, film: dict[str, Any]) -> None:
    other = client.upload("other.bin", visibility="private")
    token = _TOKEN.search(film["links"]["hls"])
    assert token is not None
    assert seen(_TOKEN.sub(token[0], other["links"]["url"])).status_code == 403
    assert seen(other["links"]["url"]).status_code == 200
    there, elsewhere = film["fileId"], other["fileId"]
    assert seen(film["links"]["hls"].replace(there, elsewhere)).status_code == 403
    assert seen(_TOKEN.sub(token[0], film["links"]["hls"]) + "x").status_code == 404


def test_a_player_that_knows_only_the_link_plays_all_of_it(film: dict[str, Any]) -> None:
    command = ["ffmpeg", "-v", "warning", "-nostdin", "-i", film["links"]["hls"], "-map", "0:v", "-map", "0:a", "-f",
               "null", "-"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "Can't support the subtitle" not in line]
    assert (done.returncode, said) == (0, [])


def test_the_manifest_names_what_the_links_lead_to(film: dict[str, Any]) -> None:
    hls = film["links"]["hls"]
    base = hls[: hls.index(film["fileId"]) + len(film["fileId"])]
    answer = seen(f"{base}/manifest.json")
    assert answer.headers["cache-control"] == "no-cache"
    named = {name: f"{base}/{path}" for name, path in answer.json().items()}
    assert named == {name: film["links"][name] for name in ("hls", "poster", "storyboard")}
    assert seen(_TOKEN.sub("", f"{base}/manifest.json")).status_code == 403


def test_a_download_of_one_height_has_a_name_of_its_own(film: dict[str, Any]) -> None:
    made = next(one for one in film["renditions"] if one["kind"] == "mp4")
    link = made["url"].replace("/renditions/", "/download/renditions/")
    answer = seen(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert 'filename="Board meeting 234p.mp4"' in answer.headers["content-disposition"]
    assert len(answer.content) == made["bytes"]
    assert "content-disposition" not in seen(made["url"]).headers
    assert seen(_TOKEN.sub("", link)).status_code == 403
