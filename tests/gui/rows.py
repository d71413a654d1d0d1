"""Transfers as an engine would tell them, for models and views that are looked at without one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from gui.transfer.transfers import Links, State, Transfer

NOW = 1_800_000_000_000_000
_ID = "4a0b8086-5bce-4e17-ae29-20dd2b99cbe0"


def links(number: int, extension: str = "mp4") -> Links:
    file_id = f"{number:08d}{_ID[8:]}"
    address = "http://studio.local"
    return Links(f"{address}:8088/videos/default/{file_id}.{extension}", page=f"{address}:8080/watch/{file_id}")


def row(number: int, name: str = "", state: State = State.WAITING, **more: Any) -> Transfer:
    """One row; what is not said is usual."""
    chosen = name or f"file {number}.mp4"
    usual: dict[str, Any] = {
        "batch_id": "batch", "connection": "studio", "source": Path("/media/card") / chosen, "folder": "",
        "size": 1000, "created_at": NOW + number,
    }  # fmt: skip
    return Transfer(id=number, name=chosen, state=state, **{**usual, **more})


def changed(transfer: Transfer, **what: Any) -> Transfer:
    return replace(transfer, **what)


def of_every_kind(now: int) -> list[Transfer]:
    """A list that shows all there is to show. now: Unix microseconds."""
    minute = 60_000_000
    added: dict[str, Any] = {"created_at": now - 3 * minute}
    return [
        row(1, "A001_C004_harbour_take2.mov", State.SENDING, size=48_300_000_000, sent=21_000_000_000, speed=212e6,
            remaining_s=128.0, links=links(1), folder="show/day 1", tags=("rushes",), **added),
        row(2, "interview.wav", State.SENDING, size=640_000_000, sent=600_000_000, speed=34e6, remaining_s=2.0,
            links=links(2, "wav"), **added),
        row(3, "still.tif", State.FINISHING, size=88_000_000, sent=88_000_000, links=links(3, "tif"), **added),
        row(4, "Drone over the harbour at dawn, second flight, with the long pan to the lighthouse.mp4",
            size=3_000_000_000, reason="Waits for its turn.", folder="show/day 2/drone", **added),
        row(5, "contract.pdf", State.SUSPENDED, size=120_000, problem="unreachable",
            reason="The appliance does not answer; it is tried again every few seconds.", **added),
        row(6, "music.aiff", State.PAUSED, size=30_000_000, sent=12_000_000, reason="Paused.", links=links(6), **added),
        row(7, "old.mxf", State.FAILED, size=9_000_000_000, problem="source_missing", finished_at=now - minute,
            reason="/media/card/old.mxf is not there any more.", **added),
        row(8, "cut_v3.mp4", State.DONE, size=890_000_000, sent=890_000_000, links=links(8), folder="show",
            finished_at=now - minute, **added),
        row(9, "logo.png", State.DONE, size=45_000, links=links(9, "png"), duplicate=True, finished_at=now, **added),
        row(10, "wrong.zip", State.CANCELLED, size=45_000_000, reason="Cancelled.", finished_at=now, **added),
    ]  # fmt: skip
