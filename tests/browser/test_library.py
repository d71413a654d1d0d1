"""The library and its shares, as people use them."""

import base64
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import OpenDesk
from tests.browser.desk import Appliance, Desk
from tests.servers import wait_until

_DROP = """async ([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "image/png" }));
  for (const kind of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="module")
def picture(appliance: Appliance, photo: Path) -> str:
    """A picture with its thumbnails."""
    file_id = appliance.upload(photo, title="Coast", path="Summer")
    wait_until(lambda: bool(appliance.file(file_id)["links"]["poster"]), timeout_s=60, what="the poster is there")
    return file_id


def drop(window: Desk, path: Path) -> None:
    window.page.evaluate(_DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def enter_summer(window: Desk) -> None:
    """The folder is open: what is clicked next is no longer of the page before it."""
    window.page.click(".folders a:has-text('Summer')")
    window.page.wait_for_selector(".trail:has-text('Summer')")


def test_files_are_dropped_sent_and_shown(desk: OpenDesk, photo: Path) -> None:
    window = desk()
    window.open("/library")
    window.picture("sign-in")
    window.sign_in()
    window.page.wait_for_selector("body[data-uploads]")
    drop(window, photo)
    window.page.wait_for_selector(".uploads li.done")
    window.page.wait_for_selector(".card:has-text('Coast') img")
    window.picture("library-dropped")


def test_a_large_upload_goes_on_where_a_closed_page_had_stopped(
    desk: OpenDesk, appliance: Appliance, tmp_path: Path
) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(65 * 2**20))
    window = desk()
    window.sign_in()
    window.page.wait_for_selector("body[data-uploads]")
    store = f"**:{appliance.stack.settings.s3_port}/**"
    sent: list[str] = []

    def two_parts_alone(route: Route) -> None:
        if route.request.method == "PUT":
            sent.append(route.request.url)
        if len(sent) > 2:
            route.abort()
        else:
            route.continue_()

    window.page.route(store, two_parts_alone)
    window.page.set_input_files(".choose-files", large)
    window.page.wait_for_selector(".uploads li.failed")
    window.complaints.clear()
    file_id = str(window.page.evaluate("JSON.parse(Object.values(localStorage)[0]).uploadId"))
    with appliance.client() as client:
        wait_until(
            lambda: len(client.get(f"/upload/{file_id}").json()["missing"]) == 3,
            timeout_s=30,
            what="two parts are there",
        )
    again = window.page.context.new_page()
    window.page.close()
    puts: list[str] = []
    again.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    again.goto(appliance.url + "/library")
    again.wait_for_selector("body[data-uploads]")
    again.set_input_files(".choose-files", large)
    again.wait_for_selector(".uploads li.done")
    assert len(puts) == 3
    wait_until(lambda: appliance.file(file_id)["state"] == "ready", timeout_s=30, what="the file is ready")


def test_a_folder_stays_a_folder(desk: OpenDesk, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "Trip" / "Day 1").mkdir(parents=True)
    (tmp_path / "Trip" / "Day 1" / "deep.png").write_bytes(photo.read_bytes())
    window = desk()
    window.sign_in()
    window.page.set_input_files(".choose-folder", tmp_path / "Trip")
    window.page.click(".folders a:has-text('Trip')")
    window.page.click(".folders a:has-text('Day 1')")
    window.page.wait_for_selector(".card:has-text('deep')")
    assert "Trip" in window.page.inner_text(".trail")


def test_a_file_is_renamed_trashed_and_brought_back(desk: OpenDesk, appliance: Appliance, photo: Path) -> None:
    appliance.upload(photo, title="To be named", path="Desk")
    window = desk()
    window.sign_in()
    window.page.goto(appliance.url + "/library#/files/Desk")
    window.page.click(".card:has-text('To be named') .open")
    window.page.fill("#file-title", "Named")
    window.picture("library-details")
    window.page.click("dialog button:has-text('Save')")
    window.page.click(".card:has-text('Named') .open")
    window.page.click("dialog button:has-text('To the trash')")
    window.page.wait_for_selector(".card:has-text('Named')", state="detached")
    window.page.click("#sections a[data-name=trash]")
    window.picture("library-trash")
    window.page.click(".card:has-text('Named') button:has-text('Restore')")
    window.page.wait_for_selector(".card:has-text('Named')", state="detached")
    window.page.goto(appliance.url + "/library#/files/Desk")
    window.page.wait_for_selector(".card:has-text('Named')")


def test_search_finds_in_every_folder(desk: OpenDesk, picture: str) -> None:
    window = desk()
    window.sign_in()
    window.page.keyboard.press("/")
    window.page.keyboard.type("coast")
    window.page.wait_for_selector(f".card[data-id='{picture}']")
    window.page.fill("#q", "nothing is called so")
    window.page.wait_for_selector("text=Nothing found")


def test_a_share_is_made_and_opened_by_somebody_without_a_key(desk: OpenDesk, picture: str) -> None:
    window, visitor = desk(), desk()
    window.sign_in()
    enter_summer(window)
    window.page.click("button:has-text('Share folder')")
    window.page.fill("#ask-password", "open sesame")
    window.picture("library-share")
    window.page.click("button:has-text('Make link')")
    url = window.page.input_value("#share-url")
    visitor.page.goto(url)
    visitor.picture("share-locked")
    visitor.page.fill("#password", "open sesame")
    visitor.page.click("button[type=submit]")
    visitor.page.wait_for_selector(".card:has-text('Coast') img")
    visitor.picture("share-grid")
    visitor.page.click(".card a")
    visitor.page.wait_for_selector("#stage img")
    window.page.click("dialog .close")
    window.page.click("#sections a[data-name=shares]")
    window.page.wait_for_selector(".rows li:has-text('Summer')")
    window.picture("library-shares")


def test_an_admin_sees_what_failed_and_who_may_enter(desk: OpenDesk, appliance: Appliance) -> None:
    window = desk()
    window.sign_in("adminKey")
    for part, text in (
        ("letters", "No failed work"),
        ("quarantine", "quarantine"),
        ("tenants", "default"),
        ("keys", "used"),
    ):
        window.page.goto(f"{appliance.url}/library#/admin/{part}")
        window.page.wait_for_selector(f"#main :text('{text}')")
        window.picture(f"admin-{part}")


def test_the_keyboard_is_enough(desk: OpenDesk, appliance: Appliance, picture: str) -> None:
    window = desk()
    window.sign_in()
    window.page.goto(appliance.url + "/library#/files/Summer")
    window.page.wait_for_selector(f".card[data-id='{picture}'] .open")
    window.page.focus(".card .open")
    window.page.keyboard.press("End")
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector("dialog[open]")
    window.page.keyboard.press("Escape")
    window.page.wait_for_selector("dialog", state="detached")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}),
    ],
)
def test_it_fits(desk: OpenDesk, picture: str, name: str, options: dict[str, Any]) -> None:
    window = desk(**options)
    window.sign_in("adminKey")
    window.page.wait_for_selector(".folders a")
    assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    window.picture(f"library-{name}")
    enter_summer(window)
    window.page.click(f".card[data-id='{picture}'] .open")
    window.page.wait_for_selector("dialog img")
    window.picture(f"details-{name}")
