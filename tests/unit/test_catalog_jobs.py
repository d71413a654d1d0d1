"""Jobs from the moment that work is asked for: what the queue and the job rows say of each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.catalog.catalog import Catalog, open_catalog
from appliance.domain.events import Event, EventType
from appliance.ports.clock import system_clock
from appliance.services.subscriptions import event_filters

FILE_ID = "6a7b3c58-50b5-4f43-9d5e-2f3c7f1f0001"


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = open_catalog(f"sqlite:///{tmp_path / 'catalog.db'}", system_clock, queues=event_filters())
    yield opened
    opened.close()


def event(type_: EventType, folder: str = "videos", ext: str = "mp4") -> Event:
    return Event(0, type_, f"{folder}/red/{FILE_ID}.{ext}", FILE_ID, 1, etag="e")


def jobs(catalog: Catalog) -> dict[str, str]:
    # A write that waits comes after the notes, which do not.
    catalog.db.write(lambda: None)
    return {job.service: job.state for job in catalog.jobs.of_file(FILE_ID)}


@pytest.mark.parametrize(
    ("folder", "ext", "waiting"),
    [
        ("videos", "mp4", {"preview", "thumbnails"}),
        ("audio", "wav", {"preview", "thumbnails"}),
        ("images", "png", {"thumbnails"}),
        ("files", "pdf", set()),
    ],
)
def test_queued_work_is_a_job_where_there_is_any(catalog: Catalog, folder: str, ext: str, waiting: set[str]) -> None:
    catalog.queue.enqueue(event(EventType.FILE_PROBED, folder, ext), now=1)
    assert jobs(catalog) == dict.fromkeys(waiting, "waiting")


def test_what_storage_tells_is_no_job_until_it_is_worked_on(catalog: Catalog) -> None:
    catalog.queue.enqueue(event(EventType.OBJECT_CREATED), now=1)
    assert jobs(catalog) == {}


def test_neither_is_there_without_the_other(catalog: Catalog) -> None:
    class Broken(Exception):
        """Undoes the transaction."""

    def work() -> None:
        catalog.queue.enqueue(event(EventType.FILE_PLAYABLE), now=1)
        raise Broken

    with pytest.raises(Broken):
        catalog.db.write(work)
    assert jobs(catalog) == {}
    assert catalog.queue.depths(2)["transcode"][0] == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [("done", "waiting"), ("failed", "waiting"), ("cancelled", "waiting"), ("running", "running"),
     ("retrying", "retrying")],
)  # fmt: skip
def test_a_further_request_does_not_hide_what_runs(catalog: Catalog, before: str, after: str) -> None:
    catalog.jobs.note(FILE_ID, "downloads", before, attempts=1, now=1)
    catalog.queue.enqueue(event(EventType.DOWNLOAD_REQUESTED), now=2)
    assert jobs(catalog) == {"downloads": after}


def test_a_dead_letter_that_is_replayed_waits_again(catalog: Catalog) -> None:
    catalog.queue.enqueue(event(EventType.FILE_PLAYABLE), now=1)
    (row,) = catalog.queue.claim("transcode", now=2, lease_us=10, limit=1)
    assert row.receipt is not None
    catalog.queue.bury(row.id, row.receipt, now=3, error="it broke")
    catalog.jobs.note(FILE_ID, "transcode", "failed", attempts=1, now=3, error="it broke")
    assert jobs(catalog) == {"transcode": "failed"}
    assert catalog.queue.revive(service="transcode", ids=None, now=4) == 1
    assert jobs(catalog) == {"transcode": "waiting"}
    (again,) = catalog.queue.claim("transcode", now=5, lease_us=10, limit=1)
    assert (Event.from_json(again.event), again.attempts) == (event(EventType.FILE_PLAYABLE), 1)
