"""The front page offers what lies in the folder `downloads`, and nothing else is to be had by it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.api_server import ApiServer


@pytest.fixture
def browser(api: ApiServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, trust_env=False) as client:
        yield client


@pytest.fixture
def downloads(api: ApiServer) -> Iterator[Path]:
    folder = api.folder / "downloads"
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_without_the_folder_nothing_is_offered(browser: httpx.Client) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert "Programs for your computer" not in page.text
    assert browser.get("/downloads/catalog.db").status_code == 404


def test_programs_are_listed_with_sizes_and_saved_under_their_names(browser: httpx.Client, downloads: Path) -> None:
    content = os.urandom(2_340_000)
    (downloads / "Media uploader é.dmg").write_bytes(content)
    (downloads / "<script>.exe").write_bytes(b"x")
    page = browser.get("/").text
    assert "(2.3 MB)" in page
    assert "&lt;script&gt;.exe</a> (1 B)" in page
    links = re.findall(r'href="(downloads/[^"]+)"', page)
    assert len(links) == 2
    answer = browser.get(f"/{links[1]}")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "Media%20uploader%20%C3%A9.dmg" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    part = browser.get(f"/{links[1]}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])


@pytest.mark.parametrize(
    "path",
    ["../catalog.db", "..%2fcatalog.db", "%2e%2e/catalog.db", "..%5ccatalog.db", ".hidden", "link.exe", "folder", ""],
)
def test_nothing_else_is_to_be_had(browser: httpx.Client, downloads: Path, api: ApiServer, path: str) -> None:
    (downloads / ".hidden").write_bytes(b"secret")
    (downloads / "link.exe").symlink_to(api.folder / "catalog.db")
    answer = browser.get(f"/downloads/{path}")
    assert answer.status_code == 404
    assert "link.exe" not in browser.get("/").text
