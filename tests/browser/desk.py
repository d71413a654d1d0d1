"""One person at a browser, before a whole appliance that is reached by a name of the network."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.browser.site import FOREIGN_NAME, INTRANET_NAME
from tests.integration.native_stack import NativeStack

#: Not a loopback name: over plain http it is no secure context, as on every network without certificates.
HOST = "media.test"


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium, headless."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path is not None, "no Chromium here: sudo apt-get install chromium"
    names = ",".join(f"MAP {name} 127.0.0.1" for name in (HOST, INTRANET_NAME, FOREIGN_NAME))
    flags = [f"--host-resolver-rules={names}", "--autoplay-policy=no-user-gesture-required"]
    # Chromium's own sandbox cannot be had by root; the pages are our own.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=path, args=[*flags, *sandbox])


@dataclass
class Appliance:
    """The appliance as its users know it."""

    stack: NativeStack

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.stack.settings.api_port}"

    def key(self, name: str = "apiKey") -> str:
        text = (self.stack.settings.data_dir / "credentials.json").read_text()
        return str(json.loads(text)[name])

    def client(self) -> httpx.Client:
        """A program with the appliance's own key. A context manager."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.stack.settings.api_port}",
            headers={"Authorization": f"Bearer {self.key()}"},
            timeout=30,
            trust_env=False,
        )

    def ask(self, source: Path, **fields: Any) -> dict[str, Any]:
        """Ask for an upload; its bytes are still to come."""
        with self.client() as client:
            asked = client.post("/upload", json={"name": source.name, "size": source.stat().st_size, **fields})
            assert asked.status_code == 201, asked.text
            answer: dict[str, Any] = asked.json()
            return answer

    def send(self, asked: dict[str, Any], path: Path) -> None:
        """The bytes that were asked for."""
        with self.client() as client:
            sent = httpx.put(asked["uploadUrl"], content=path.read_bytes(), headers=asked["headers"], trust_env=False)
            assert sent.status_code == 200, sent.text
            assert client.post(f"/upload/{asked['fileId']}/complete").status_code == 200

    def upload(self, source: Path, **fields: Any) -> str:
        """A file, sent; its id."""
        asked = self.ask(source, **fields)
        self.send(asked, source)
        return str(asked["fileId"])

    def file(self, file_id: str) -> dict[str, Any]:
        with self.client() as client:
            found: dict[str, Any] = client.get(f"/get/{file_id}").json()
            return found


class Desk:
    """A browser window. What its pages complain of is kept, and must be nothing in the end."""

    def __init__(self, context: BrowserContext, appliance: Appliance, screenshots: Path | None) -> None:
        self.appliance = appliance
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self._screenshots = screenshots
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)

    def open(self, path: str) -> None:
        self.page.goto(self.appliance.url + path)

    def sign_in(self, key: str = "apiKey") -> None:
        self.open("/library")
        self.page.fill("#key", self.appliance.key(key))
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("#main h1")

    def picture(self, name: str) -> None:
        """A screenshot, where a folder was named for them."""
        if self._screenshots is not None:
            self._screenshots.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self._screenshots / f"{name}.png")

    def video(self, expression: str) -> Any:
        """What a script sees of the film: `v` is its element."""
        return self.page.evaluate(f"() => {{ const v = document.querySelector('video'); return {expression}; }}")

    def until(self, expression: str, *, timeout_s: float = 30) -> None:
        """Wait until that holds; `v` is the film's element, null where there is none."""
        self.page.wait_for_function(
            f"() => {{ const v = document.querySelector('video'); return {expression}; }}", timeout=timeout_s * 1000
        )
