"""The page of one film, from before its bytes are there to the last rung of its ladder."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Appliance, Desk
from tests.servers import wait_until

_CAPTIONS = "WEBVTT\n\n00:00.000 --> 01:29.000\nThe harbour at noon.\n"
#: Keeps what the film does, frame by frame: place, number of qualities, whether it stands.
_WATCHING = """() => {
  window.seen = [];
  const look = () => {
    const film = document.querySelector("video");
    window.seen.push([film.currentTime, film.videoRenditions?.length ?? 0, film.paused, film.readyState]);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture(scope="module")
def ready(appliance: Appliance, film: Path) -> str:
    """A film with captions and its whole ladder."""
    file_id = appliance.upload(film, title="Harbour at noon")
    wait_until(lambda: appliance.file(file_id)["state"] == "ready", timeout_s=120, what="the ladder is there")
    with appliance.client() as client:
        put = client.put(f"/get/{file_id}/captions/en", content=_CAPTIONS, headers={"Content-Type": "text/vtt"})
        assert put.status_code in (200, 201, 202, 204), put.text

    def shown() -> bool:
        return any(one["url"] for one in appliance.file(file_id)["captions"])

    wait_until(shown, timeout_s=60, what="the captions are in the stream")
    return file_id


def test_a_page_that_waits_becomes_a_player_and_moves_to_the_ladder(
    desk: OpenDesk, appliance: Appliance, film: Path
) -> None:
    window = desk()
    asked = appliance.ask(film)
    window.open(f"/watch/{asked['fileId']}")
    assert "Waiting for the upload" in window.page.inner_text("#stage")
    window.picture("watch-waiting")
    appliance.send(asked, film)
    window.until("v && v.readyState >= 2")
    assert not window.page.evaluate("isSecureContext")
    window.video("v.play()")
    window.until("v.currentTime > 1")
    window.page.evaluate(_WATCHING)
    window.until("(v.videoRenditions?.length ?? 0) > 1", timeout_s=120)
    window.until("v.currentTime > window.seen.find((one) => one[1] > 1)[0] + 3")
    places = [place for place, _, _, ready_state in window.page.evaluate("window.seen") if ready_state > 1]
    steps = [after - before for before, after in pairwise(places)]
    assert min(steps) > -0.5
    assert max(steps) < 1.5
    assert not window.video("v.paused")


def test_a_film_that_stands_moves_to_the_ladder_and_stands_on(desk: OpenDesk, appliance: Appliance, film: Path) -> None:
    window = desk()
    file_id = appliance.upload(film)
    window.open(f"/watch/{file_id}")
    window.until("v && v.readyState >= 1")
    window.video("v.currentTime = 7.5")
    window.until("(v.videoRenditions?.length ?? 0) > 1 && v.readyState >= 2", timeout_s=120)
    assert window.video("v.paused")
    assert abs(window.video("v.currentTime") - 7.5) < 0.1


def test_two_qualities_play(desk: OpenDesk, ready: str) -> None:
    window = desk()
    window.open(f"/watch/{ready}")
    window.until("v && v.videoRenditions?.length > 1")
    window.video("v.play()")
    for height, name in ((234, "low"), (360, "high")):
        choose(window, f"{height}p")
        window.until(f"v.videoHeight === {height}")
        begun = window.video("v.currentTime")
        window.until(f"v.currentTime > {begun} + 3")
        assert window.video("v.videoHeight") == height
        window.picture(f"watch-{name}")


def test_scrubbing_shows_the_storyboard(desk: OpenDesk, ready: str) -> None:
    window = desk()
    window.open(f"/watch/{ready}")
    window.until("v && v.duration > 89")
    bar = window.page.locator("media-time-range")
    bar.hover()
    window.page.wait_for_function(
        "() => document.querySelector('media-time-range').getAttribute('mediapreviewimage')?.includes('storyboard.jpg')"
    )
    visible = "{ opacityProperty: true, visibilityProperty: true }"
    window.page.wait_for_function(
        f"() => document.querySelector('media-time-range').shadowRoot"
        f".querySelector('media-preview-thumbnail').checkVisibility({visible})"
    )
    window.picture("watch-storyboard")
    box = bar.bounding_box()
    assert box is not None
    window.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    window.until("Math.abs(v.currentTime - v.duration / 2) < 2")


def test_captions_come_and_go(desk: OpenDesk, ready: str) -> None:
    window = desk()
    window.open(f"/watch/{ready}")
    window.until("v && [...v.textTracks].some((track) => track.kind !== 'metadata')")
    shows = "[...v.textTracks].some((track) => track.kind !== 'metadata' && track.mode === 'showing')"
    assert not window.video(shows)
    window.page.click("media-captions-button")
    window.until(shows)
    window.video("v.play()")
    window.until("[...v.textTracks].some((track) => track.activeCues?.[0]?.text.includes('harbour at noon'))")
    window.picture("watch-captions")
    window.page.click("media-captions-button")
    window.until(f"!{shows}")


def test_it_plays_without_scripts(desk: OpenDesk, ready: str) -> None:
    window = desk(java_script_enabled=False)
    window.open(f"/watch/{ready}")
    sources = window.page.locator("video > source")
    assert sources.first.get_attribute("type") == "application/vnd.apple.mpegurl"
    assert sources.last.get_attribute("type") == "video/mp4"
    window.picture("watch-without-scripts")


def test_the_link_is_copied_without_a_secure_context(desk: OpenDesk, ready: str) -> None:
    window = desk()
    window.open(f"/watch/{ready}")
    window.page.click("#copy")
    window.page.wait_for_selector("#copy:has-text('Copied')")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}),
    ],
)
def test_it_fits(desk: OpenDesk, ready: str, name: str, options: dict[str, Any]) -> None:
    window = desk(**options)
    window.open(f"/watch/{ready}")
    window.until("v && v.readyState >= 2")
    assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    window.picture(f"watch-{name}")


def choose(window: Desk, quality: str) -> None:
    """Pick a quality from the menu, as people do."""
    window.page.hover("media-time-display")
    window.page.click("media-settings-menu-button")
    window.page.click("media-settings-menu-item:has-text('Quality')")
    window.page.click(f"media-rendition-menu media-chrome-menu-item:has-text('{quality}') >> nth=0")
    window.page.keyboard.press("Escape")
