"""Pages that people make themselves: the documented Uppy sends files, and a frame shows the player where it may."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Appliance, Desk
from tests.browser.site import Site
from tests.films import ffmpeg, h264, picture, tone
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "appliance" / "web" / "static" / "vendor" / "uppy.min.mjs"
#: What a bundler or an import map makes of the packages' names, each of which has one thing in it.
PACKAGES = {"@uppy/core": "Uppy", "@uppy/dashboard": "Dashboard", "@uppy/aws-s3": "AwsS3"}
_ICON = '<link rel="icon" href="data:,">'


def example(appliance: Appliance, key: str) -> str:
    """The code of docs/uppy.md as it is printed, but for the two values that each reader has to fill in."""
    code = re.findall(r"^```js\n(.*?)^```$", (ROOT / "docs" / "uppy.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(code) == 1
    text = str(code[0])
    for name, value in (("API", appliance.url), ("KEY", key)):
        text, filled = re.subn(rf'^const {name} = "[^"]+";', f'const {name} = "{value}";', text, flags=re.MULTILINE)
        assert filled == 1
    return text


@pytest.fixture
def key(appliance: Appliance) -> str:
    """One with the scope `upload` alone, as the document advises."""
    with appliance.client() as client:
        body = {"tenantId": "default", "name": "own page", "scopes": ["upload"]}
        headers = {"Authorization": f"Bearer {appliance.key('adminKey')}"}
        made = client.post("/admin/keys", json=body, headers=headers)
        assert made.status_code == 201, made.text
        return str(made.json()["key"])


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """One that is sent by one PUT, and one that is sent in parts."""
    small, large = tmp_path / "small.bin", tmp_path / "large.bin"
    small.write_bytes(os.urandom(1000))
    large.write_bytes(os.urandom(65 * 2**20))
    return [small, large]


def test_the_documented_uppy_sends_files_from_a_page_of_ones_own(
    desk: OpenDesk, appliance: Appliance, site: Site, key: str, files: list[Path]
) -> None:
    imports = json.dumps({"imports": {name: f"/{part}.mjs" for name, part in PACKAGES.items()}})
    for part in PACKAGES.values():
        site.pages[f"/{part}.mjs"] = "text/javascript", f'export {{ {part} as default }} from "/bundle.mjs";'
    site.pages["/bundle.mjs"] = "text/javascript", BUNDLE.read_text()
    site.pages["/page.mjs"] = "text/javascript", example(appliance, key)
    site.pages["/send"] = (
        "text/html",
        (
            f'<!doctype html>{_ICON}<script type="importmap">{imports}</script>'
            '<div id="files"></div><script type="module" src="/page.mjs"></script>'
        ),
    )
    window = desk()
    store, methods = f":{appliance.stack.settings.s3_port}/", []
    window.page.on("requestfinished", lambda one: methods.append(one.method) if store in one.url else None)
    window.page.goto(f"{site.intranet}/send")
    window.page.locator("input.uppy-Dashboard-input").first.set_input_files(files)
    window.page.wait_for_selector(".uppy-StatusBar.is-complete", timeout=120_000)
    assert methods.count("PUT") == 1 + 5

    def stored() -> dict[str, tuple[int, str]]:
        with appliance.client() as client:
            items = client.get("/files", params={"limit": 100}).json()["items"]
        return {one["name"]: (one["size"], one["state"]) for one in items if one["uploadedBy"] == "own page"}

    wanted = {path.name: (path.stat().st_size, "ready") for path in files}
    wait_until(lambda: stored() == wanted, timeout_s=60, what="both files are there, whole")


@pytest.fixture(scope="module")
def clip(appliance: Appliance, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A film that can be played."""
    path = tmp_path_factory.mktemp("clip") / "Clip.mp4"
    streams = [*picture("320x180", seconds=3), *tone(seconds=3), *h264(), "-c:a", "aac"]
    ffmpeg(*streams, "-movflags", "+faststart", path)
    file_id = appliance.upload(path)
    wait_until(lambda: bool(appliance.file(file_id)["readyToStream"]), timeout_s=120, what="it can be played")
    return file_id


def frame(window: Desk, site: Site, origin: str, url: str) -> None:
    """Open a page of that origin which has `url` in a frame."""
    player = f'<iframe src="{url}" width="640" height="360"></iframe>'
    site.pages["/frame"] = "text/html", f"<!doctype html>{_ICON}{player}"
    window.page.goto(f"{origin}/frame")


def test_the_player_plays_in_a_page_of_a_named_origin(
    desk: OpenDesk, appliance: Appliance, site: Site, clip: str
) -> None:
    window = desk()
    frame(window, site, site.intranet, f"{appliance.url}/embed/{clip}")
    video = window.page.frame_locator("iframe").locator("video")
    video.wait_for()
    video.evaluate("(v) => { v.muted = true; v.loop = true; return v.play(); }")
    wait_until(lambda: float(video.evaluate("(v) => v.currentTime")) > 0.5, timeout_s=30, what="it plays")
    window.picture("embedded")


@pytest.mark.parametrize(("whose", "path"), [("foreign", "embed"), ("intranet", "watch")])
def test_no_other_page_frames_it_and_no_other_page_is_framed(
    desk: OpenDesk, appliance: Appliance, site: Site, clip: str, whose: str, path: str
) -> None:
    window = desk()
    frame(window, site, getattr(site, whose), f"{appliance.url}/{path}/{clip}")
    wait_until(lambda: bool(window.complaints), timeout_s=30, what="it is refused")
    assert "frame-ancestors" in window.complaints.pop()
    assert window.page.frame_locator("iframe").locator("video").count() == 0
