"""A real Chromium, and a whole appliance for it to look at."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.desk import HOST, Appliance, Desk, chromium
from tests.browser.site import Site
from tests.films import ffmpeg, h264, picture, tone
from tests.integration.native_stack import NativeStack

#: Opens a window: keyword arguments as of playwright's `Browser.new_context`.
OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Its intranet's pages may frame the appliance's player."""
    site = Site()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def appliance(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[Appliance]:
    folder = tmp_path_factory.mktemp("appliance")
    stack = NativeStack.in_folder(folder, MEDIA_HOSTS=HOST, MEDIA_EMBED_ORIGINS=site.intranet)
    with stack.up():
        yield Appliance(stack)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with this package: while it is there, its event loop counts as running in the thread of all tests."""
    with sync_playwright() as playwright:
        found = chromium(playwright)
        yield found
        found.close()


@pytest.fixture
def desk(browser: Browser, appliance: Appliance, request: pytest.FixtureRequest) -> Iterator[OpenDesk]:
    """Windows of this test; each is closed at its end, and none may have complained."""
    opened = []

    def open_desk(**options: Any) -> Desk:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        opened.append((context, Desk(context, appliance, request.config.getoption("--screenshots"))))
        return opened[-1][1]

    yield open_desk
    for context, _ in opened:
        context.close()
    assert [line for _, one in opened for line in one.complaints] == []


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 s of 360p with sound, which browsers play as it is: longer than its ladder takes to be made."""
    path = tmp_path_factory.mktemp("film") / "Harbour at noon.mp4"
    streams = [*picture("640x360", seconds=90), *tone(seconds=90), *h264(), "-c:a", "aac", "-shortest"]
    ffmpeg(*streams, "-movflags", "+faststart", path)
    return path


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "Coast.png"
    ffmpeg("-f", "lavfi", "-i", "mandelbrot=size=1600x1000", "-frames:v", "1", path)
    return path
