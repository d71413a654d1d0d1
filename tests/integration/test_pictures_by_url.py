"""Pictures by URL through the whole appliance, started as users start it: made, cached, private, refused."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.films import ffmpeg, h264, picture, tone
from tests.integration.native_stack import NativeStack
from tests.pictures import encoded, sources, split
from tests.servers import wait_until

FILL = "w_200,h_100,c_fill,g_auto,f_auto"


@dataclass
class Appliance:
    """A running appliance, a client with its key, and its edge."""

    stack: NativeStack
    api: httpx.Client
    cdn: str

    def upload(self, data: bytes, name: str, **fields: object) -> dict[str, Any]:
        """The file's record once it is ready and its stills are made, where it has any."""
        offer = self.api.post("/upload", json={"name": name, "size": len(data), **fields}).json()
        httpx.put(offer["uploadUrl"], content=data, headers=offer["upload"]["headers"]).raise_for_status()
        wait_until(lambda: self._settled(offer["fileId"]), timeout_s=30, what=f"{name} is settled")
        return self.record(offer["fileId"])

    def record(self, file_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/get/{file_id}").json()
        return found

    def _settled(self, file_id: str) -> bool:
        record = self.record(file_id)
        jobs = {job["service"]: job["state"] for job in record["jobs"]}
        # Of what is no picture nobody tries to make one.
        return jobs.get("metadata") == "done" and (jobs.get("thumbnails") == "done" or record["state"] == "errored")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.cdn}/{path}", headers=headers, timeout=60)


def running(folder: Path, **env: str) -> Iterator[Appliance]:
    stack = NativeStack.in_folder(folder, **env)
    with stack.up():
        credentials = stack.run("key", "create", "tests", "--json")
        assert credentials.returncode == 0, credentials.stderr
        key = httpx.Response(200, text=credentials.stdout).json()
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{stack.settings.api_port}",
            headers={"Authorization": f"Bearer {key.get('key') or key['apiKey']}"},
        )
        with api:
            yield Appliance(stack, api, f"http://127.0.0.1:{stack.settings.cdn_port}")


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    yield from running(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def photo(appliance: Appliance) -> dict[str, Any]:
    return appliance.upload(sources()["jpg"], "photo.jpg")


def _opened(response: httpx.Response) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content))


def test_a_picture_is_made_to_measure_and_kept_by_the_edge(appliance: Appliance, photo: dict[str, Any]) -> None:
    first = appliance.get(f"image/{FILL}/{photo['objectKey']}", Accept="image/webp,*/*")
    made = _opened(first)
    assert (made.format, made.size) == ("WEBP", (200, 100))
    assert first.headers["content-type"] == "image/webp"
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert first.headers["vary"] == "Accept"
    assert first.headers["x-content-type-options"] == "nosniff"
    appliance.stack.child("serve").suspend()
    try:
        # Its parameters in another order are the same picture, once who may see it is known.
        again = appliance.get(f"image/{FILL}/{photo['objectKey']}", Accept="image/webp")
    finally:
        appliance.stack.child("serve").resume()
    assert again.content == first.content


def test_the_order_of_parameters_makes_no_difference(appliance: Appliance, photo: dict[str, Any]) -> None:
    answers = [
        appliance.get(f"image/{text}/{photo['objectKey']}")
        for text in ("w_90,h_90,c_pad,f_png", "f_png,c_pad,q_auto,h_45,w_45,dpr_2")
    ]
    assert answers[0].content == answers[1].content
    assert "vary" not in answers[0].headers


@pytest.mark.parametrize(
    ("accept", "form"),
    [("image/avif,image/webp,*/*", "image/avif"), ("image/webp,*/*", "image/webp"), ("*/*", "image/jpeg")],
)
def test_each_client_gets_the_format_it_takes(
    appliance: Appliance, photo: dict[str, Any], accept: str, form: str
) -> None:
    for _ in range(2):
        answer = appliance.get(f"image/{FILL}/{photo['objectKey']}", Accept=accept)
        assert answer.headers["content-type"] == form


@pytest.mark.parametrize(("text", "named"), [("w_0", "w:"), ("x_1", "x:"), ("t_none", "t:"), ("so_1", "so:")])
def test_a_wrong_parameter_is_named(appliance: Appliance, photo: dict[str, Any], text: str, named: str) -> None:
    answer = appliance.get(f"image/{text}/{photo['objectKey']}")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(named)
    assert answer.json()["field"] == named[:-1]


def test_what_there_is_not_is_not_found(appliance: Appliance, photo: dict[str, Any]) -> None:
    other = photo["objectKey"].replace(photo["fileId"], "00000000-0000-4000-8000-000000000000")
    assert appliance.get(f"image/{FILL}/{other}").status_code == 404
    document = appliance.upload(b"%PDF-1.7", "paper.pdf")
    assert appliance.get(f"image/{FILL}/{document['objectKey']}").status_code == 404
    assert document["links"]["poster"] is None
    assert appliance.get(f"image/a/b/{photo['objectKey']}").status_code == 404
    assert httpx.post(f"{appliance.cdn}/image/{FILL}/{photo['objectKey']}").status_code == 405


def test_a_damaged_picture_is_a_problem_of_its_own_and_not_kept(appliance: Appliance) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/hostname"/></svg>'
    lure = appliance.upload(svg, "lure.svg")
    answer = appliance.get(f"image/w_9,f_png/{lure['objectKey']}")
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("malformed")
    assert lure["error"]["type"] == "malformed"
    assert lure["links"]["thumbnails"] == {}


def test_a_private_picture_needs_its_token_in_every_size(appliance: Appliance) -> None:
    private = appliance.upload(sources()["png"], "private.png", visibility="private")
    assert appliance.get(f"image/{FILL}/{private['objectKey']}").status_code == 403
    link = appliance.api.post(f"/get/{private['fileId']}/image", json={"transformation": FILL}).json()
    assert link["expiresAt"]
    answer = httpx.get(link["url"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"].startswith("private")
    for url in private["links"]["thumbnails"].values():
        assert httpx.get(url).status_code == 200
        assert httpx.get(url.replace(f"/{url.split('/')[4]}/", "/", 1).replace("/t/", "/", 1)).status_code == 403


def test_an_overwritten_picture_is_made_anew(appliance: Appliance) -> None:
    before = appliance.upload(encoded(split(), "PNG"), "changing.png")
    link = f"image/w_50,h_50,c_fill,f_png/{before['objectKey']}"
    old = appliance.get(link).content
    from appliance.credentials import load_or_create
    from appliance.storage.s3 import S3Store

    settings = appliance.stack.settings
    secrets = load_or_create(settings.data_dir)
    store = S3Store(
        f"http://127.0.0.1:{settings.s3_port}", secrets.s3_access_key, secrets.s3_secret_key, "media", "us-east-1"
    )
    store.put(before["objectKey"], encoded(split().rotate(90), "PNG"), content_type="image/png")
    wait_until(lambda: appliance.get(link).content != old, timeout_s=15, what="the new picture")


def test_a_deleted_picture_is_gone_in_every_size(appliance: Appliance) -> None:
    record = appliance.upload(sources()["png"], "gone.png")
    links = [f"image/w_20/{record['objectKey']}", record["links"]["poster"].removeprefix(f"{appliance.cdn}/")]
    assert all(appliance.get(link).status_code == 200 for link in links)
    began = time.monotonic()
    assert appliance.api.delete(f"/delete/{record['fileId']}").status_code == 204
    wait_until(
        lambda: all(appliance.get(link).status_code == 404 for link in links), timeout_s=5, what="both links are dead"
    )
    assert time.monotonic() - began < 5


def test_every_picture_has_thumbnails_and_a_placeholder(appliance: Appliance, photo: dict[str, Any]) -> None:
    assert photo["placeholder"]
    assert photo["links"]["storyboard"] is None
    for name, url in photo["links"]["thumbnails"].items():
        answer = httpx.get(url)
        side, form = name.split(".")
        assert answer.headers["content-type"] == f"image/{form.replace('jpg', 'jpeg')}"
        assert answer.headers["cache-control"].endswith("immutable")
        if form != "avif":
            assert max(_opened(answer).size) == min(int(side), 400)
    assert {name.split(".")[1] for name in photo["links"]["thumbnails"]} == {"webp", "avif", "jpg"}


def test_a_film_has_poster_storyboard_and_frames_at_any_time(appliance: Appliance, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    ffmpeg(*picture("320x180", seconds=4), *tone(seconds=4), *h264(), "-c:a", "aac", path)
    film = appliance.upload(path.read_bytes(), "film.mp4")
    assert _opened(httpx.get(film["links"]["poster"])).size == (320, 180)
    cues = httpx.get(film["links"]["storyboard"])
    assert cues.headers["content-type"].startswith("text/vtt")
    assert cues.text.startswith("WEBVTT")
    sheet = _opened(httpx.get(film["links"]["storyboard"].rpartition("/")[0] + "/storyboard.jpg"))
    assert sheet.size == (640, 90)
    frames = [
        _opened(appliance.get(f"image/so_{at},w_160,f_png/{film['objectKey']}")).tobytes() for at in ("0.5", "2.5")
    ]
    assert frames[0] != frames[1]
    assert _opened(appliance.get(f"image/t_square,f_jpg/{film['objectKey']}")).size == (320, 320)


def test_a_strict_appliance_makes_what_is_named_or_signed(tmp_path: Path) -> None:
    for strict in running(tmp_path, MEDIA_STRICT_IMAGES="true"):
        record = strict.upload(sources()["jpg"], "photo.jpg")
        key = record["objectKey"]
        assert strict.get(f"image/t_thumb/{key}").status_code == 200
        assert strict.get(f"image/w_123/{key}").status_code == 403
        assert strict.get(f"image/t_thumb,w_123/{key}").status_code == 403
        assert strict.get(f"image/s--{'A' * 22}--/w_123/{key}").status_code == 403
        signed = strict.api.post(f"/get/{record['fileId']}/image", json={"transformation": "w_123,h_50,c_fit"}).json()
        assert httpx.get(signed["url"]).status_code == 200
        assert httpx.get(signed["url"].replace("h_50,w_123", "w_123,h_50")).status_code == 200
        assert httpx.get(signed["url"].replace("w_123", "w_124")).status_code == 403
