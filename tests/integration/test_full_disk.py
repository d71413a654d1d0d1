"""A disk that fills up: new uploads are refused in a sentence, what has begun ends, people are told, all goes on."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from appliance.stack.presence import stop
from tests.integration.api_server import problem_of
from tests.integration.native_stack import NativeStack
from tests.receiver import Receiver
from tests.servers import wait_until
from tests.small_disk import SmallDisk, small_disk

MB = 1_000_000
SIZE = 400 * MB
KEPT_BACK = 150 * MB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", SIZE) as disk:
        yield disk


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def stack(tmp_path: Path, disk: SmallDisk, receiver: Receiver) -> Iterator[NativeStack]:
    stack = NativeStack.in_folder(
        tmp_path,
        MEDIA_STORAGE_DIR=str(disk.folder / "objects"),
        MEDIA_MIN_FREE_BYTES=str(disk.base + KEPT_BACK),
        MEDIA_WARN_FREE_PERCENT="0",
        MEDIA_NOTIFY_URLS=receiver.url,
    )
    with stack.up():
        yield stack
    stop(stack.settings.data_dir)


def test_at_the_watermark_new_uploads_wait_and_nothing_is_lost(
    stack: NativeStack, disk: SmallDisk, receiver: Receiver
) -> None:
    ready = f"http://127.0.0.1:{stack.settings.api_port}/readyz"
    with stack.client() as client:
        before = client.upload("before.bin", b"before")
        large = bytes(range(256)) * (70 * MB // 256)
        begun = client.ask("large.bin", len(large))
        small = client.ask("small.bin", 5 * MB)
        parts, size = begun["upload"]["parts"], begun["upload"]["partSize"]
        pieces = {part["number"]: large[(part["number"] - 1) * size : part["number"] * size] for part in parts}
        for part in parts[:2]:
            assert httpx.put(part["url"], content=pieces[part["number"]], trust_env=False).status_code == 200

        disk.fill(leave=KEPT_BACK - 10 * MB)
        wait_until(
            lambda: client.post("/upload", json={"name": "new.bin", "size": 1}).status_code == 507,
            timeout_s=10,
            what="new uploads are refused",
        )
        refused = problem_of(client.post("/upload", json={"name": "new.bin", "size": 1}), 507, "storage_full", "size")
        assert "The disk of the store is full" in refused["detail"]
        assert "new uploads wait until space is freed" in refused["detail"]
        checks = httpx.get(ready, trust_env=False).json()
        assert (checks["status"], checks["checks"]["disk"]["status"]) == ("degraded", "error")
        wait_until(lambda: len(receiver.messages()) == 1, timeout_s=60, what="people were told", every_s=0.2)
        assert "New uploads are refused" in receiver.messages()[0]

        # What has begun ends, and what was there is there.
        for part in parts[2:]:
            assert httpx.put(part["url"], content=pieces[part["number"]], trust_env=False).status_code == 200
        assert client.post(f"/upload/{begun['fileId']}/complete").status_code == 200
        assert client.put_bytes(small, bytes(5 * MB)).status_code == 200
        for asked, body in ((before, b"before"), (begun, large), (small, bytes(5 * MB))):
            wait_until(
                lambda asked=asked: client.get(f"/get/{asked['fileId']}").json()["state"] == "ready",  # type: ignore[misc]
                timeout_s=60,
                what="the file is ready",
            )
            assert httpx.get(asked["videoUrl"], trust_env=False, timeout=60).content == body
        assert len(receiver.messages()) == 1

        disk.clear()
        wait_until(
            lambda: client.post("/upload", json={"name": "new.bin", "size": 3}).status_code == 201,
            timeout_s=10,
            what="uploads are taken again",
        )
        assert client.upload("after.bin", b"after")["state"] in ("uploaded", "processing", "ready")
        wait_until(lambda: len(receiver.messages()) == 2, timeout_s=60, what="people know that it is over", every_s=0.2)
        assert receiver.messages()[1] == f"Over: {receiver.messages()[0]}"
        assert httpx.get(ready, trust_env=False).json()["status"] == "ok"
        assert client.get("/me").json()["disk"]["freeBytes"] > disk.base + KEPT_BACK
    listed = stack.run("notify", "list")
    assert listed.stdout == "Nothing is wrong.\n"
