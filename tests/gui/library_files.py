"""Files of a library as an appliance would tell of them, for models and views that are looked at without one."""

from typing import Any

from gui.transfer.library.files import LibraryFile

_ID = "-5bce-4e17-ae29-20dd2b99cbe0"


def file(number: int, name: str = "", **more: Any) -> LibraryFile:
    """One file; what is not said is usual."""
    file_id = f"{number:08x}{_ID}"
    named = name or f"file {number}.mp4"
    usual: dict[str, Any] = {
        "file_id": file_id, "name": named, "title": named.rpartition(".")[0], "folder": "", "kind": "video",
        "type": named.rpartition(".")[2], "state": "ready", "size": 1000 + number,
        "created_at": f"2026-11-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "updated_at": "2026-11-01T00:00:00.000Z", "tags": (), "private": False, "playable": True, "duration": 5.0,
        "width": 1920, "height": 1080, "etag": "e", "sha256": None, "link": f"http://studio.local:8088/videos/{file_id}",
        "page": f"http://studio.local:8080/watch/{file_id}", "thumbnail": "", "trashed_at": None, "uploaded_by": "desk",
        "trouble": "",
    }  # fmt: skip
    return LibraryFile(**{**usual, **more})


def many(count: int) -> list[LibraryFile]:
    """Of four kinds in a hundred folders."""
    kinds = ("video", "image", "audio", "file")
    return [
        file(
            number, f"A{number:06}.mp4", kind=kinds[number % 4], folder=f"show {number % 10}/day {number % 100 // 10}",
            created_at=f"2026-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00.{number % 1000:03}Z",
        )
        for number in range(count)
    ]  # fmt: skip
