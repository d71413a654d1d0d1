"""Generations, captions and jobs in the catalog: what is current, what is put out of use, what stays cancelled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.catalog.captions import CaptionRecord, ShownCaption
from appliance.catalog.catalog import Catalog
from appliance.catalog.generations import CAPTIONS, DOWNLOAD, LADDER
from appliance.catalog.production import Publication
from appliance.domain.errors import ChecksumMismatch
from appliance.domain.files import FileRecord, State
from appliance.domain.renditions import Rendition
from tests.catalogs import START, opened, uploaded

RUNG = Rendition("360p", "hls-video", "360p/index.m3u8", 1000, 6.0, 800_000, 700_000, "avc1.64001E", 640, 360, 25.0)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with opened(tmp_path, "red") as made:
        yield made


def begin(catalog: Catalog, record: FileRecord, purpose: str = LADDER) -> int:
    number = catalog.generations.begin(record.file_id, record.etag or "", purpose, now=START)
    assert number is not None
    return number


def publish(catalog: Catalog, record: FileRecord, number: int, *, final: bool = True) -> bool:
    made = Publication(number, (RUNG,), 1000, final)
    return catalog.production.publish(record.file_id, record.etag or "", made, now=START)


def caption(catalog: Catalog, record: FileRecord, number: int) -> bool:
    return catalog.production.captioned(record.file_id, record.etag or "", Publication(number, (), 10), now=START)


def superseded(catalog: Catalog) -> list[int]:
    return sorted(one.number for one in catalog.generations.superseded(before=START + 1, limit=10))


def current(catalog: Catalog, record: FileRecord) -> FileRecord:
    return catalog.files.get("red", record.file_id)


def test_a_layer_of_captions_leaves_its_ladder_in_use_and_a_new_ladder_ends_both(catalog: Catalog) -> None:
    record = uploaded(catalog)
    ladder, layer = begin(catalog, record), begin(catalog, record, CAPTIONS)
    assert publish(catalog, record, ladder)
    assert caption(catalog, record, layer)
    assert current(catalog, record).generation == layer
    assert catalog.generations.current(record.file_id, LADDER) == ladder
    assert [made.generation for made in catalog.generations.renditions(record.file_id)] == [ladder]
    assert superseded(catalog) == []
    assert publish(catalog, record, begin(catalog, record))
    assert superseded(catalog) == [ladder, layer]


def test_a_ladder_begun_before_captions_came_is_published_after_them(catalog: Catalog) -> None:
    record = uploaded(catalog)
    assert publish(catalog, record, begin(catalog, record), final=False)
    full, layer = begin(catalog, record), begin(catalog, record, CAPTIONS)
    assert caption(catalog, record, layer)
    assert publish(catalog, record, full)
    assert current(catalog, record).generation == full
    assert current(catalog, record).state is State.READY


def test_of_two_ladders_the_older_one_never_replaces_the_newer(catalog: Catalog) -> None:
    record = uploaded(catalog)
    older, newer = begin(catalog, record), begin(catalog, record)
    assert publish(catalog, record, newer)
    assert not publish(catalog, record, older)
    assert current(catalog, record).generation == newer
    assert catalog.generations.unfinished(record.file_id, LADDER) == [older]


def test_what_was_begun_and_never_finished_is_cleared_away_later(catalog: Catalog) -> None:
    record = uploaded(catalog)
    number = begin(catalog, record)
    assert catalog.generations.superseded(before=START, limit=10) == []
    assert superseded(catalog) == [number]
    catalog.generations.forget(record.file_id, number)
    assert superseded(catalog) == []


def test_downloads_stay_beside_each_other(catalog: Catalog) -> None:
    record = uploaded(catalog)
    first, second = begin(catalog, record, DOWNLOAD), begin(catalog, record, DOWNLOAD)
    for number in (second, first):
        made = Publication(number, (RUNG,), 1000)
        assert catalog.production.downloadable(record.file_id, record.etag or "", made, now=START)
    assert superseded(catalog) == []


def test_bytes_of_another_hash_get_no_further(catalog: Catalog) -> None:
    record = uploaded(catalog)
    number = begin(catalog, record)
    catalog.production.errored(record.file_id, record.etag or "", ChecksumMismatch.type, "other", now=START)
    assert not publish(catalog, record, number)
    assert current(catalog, record).state is State.ERRORED


def test_a_failed_file_keeps_what_the_probe_found_and_can_be_opened_again(catalog: Catalog) -> None:
    record = uploaded(catalog)
    etag = record.etag or ""
    catalog.db.write(lambda: catalog.db.execute("UPDATE file SET duration = 9.5"))
    catalog.production.errored(record.file_id, etag, "malformed", "broken", now=START, facts_hold=True)
    assert (current(catalog, record).duration, current(catalog, record).error_type) == (9.5, "malformed")
    assert catalog.production.reopened(record.file_id, etag, now=START)
    assert (current(catalog, record).state, current(catalog, record).error_type) == (State.PROCESSING, None)


def test_captions_are_replaced_by_language_and_their_stamp_tells(catalog: Catalog) -> None:
    record = uploaded(catalog)
    stamps = [catalog.captions.stamp(record.file_id)]
    for number, language in enumerate(("de", "en", "de")):
        catalog.captions.put(record.file_id, CaptionRecord(language, language, "WEBVTT", START + number))
        stamps.append(catalog.captions.stamp(record.file_id))
    assert catalog.captions.drop(record.file_id, "en")
    assert not catalog.captions.drop(record.file_id, "en")
    stamps.append(catalog.captions.stamp(record.file_id))
    assert len(set(stamps)) == 5
    assert [(one.language, one.updated_at) for one in catalog.captions.of_file(record.file_id)] == [("de", START + 2)]
    assert catalog.captions.shown([record.file_id]) == {record.file_id: [ShownCaption("de", "de", None)]}


def test_a_cancelled_job_stays_so_until_it_is_asked_for_again(catalog: Catalog) -> None:
    record = uploaded(catalog)
    jobs, file_id = catalog.jobs, record.file_id

    def shown() -> tuple[str, float | None]:
        catalog.db.write(lambda: None)
        (job,) = jobs.of_file(file_id)
        return job.state, job.progress

    jobs.note(file_id, "transcode", "running", attempts=1, now=START)
    jobs.progress(file_id, "transcode", 0.5, 10.0, now=START)
    assert shown() == ("running", 0.5)
    jobs.cancel(file_id, "transcode", now=START)
    assert jobs.is_cancelled(file_id, "transcode")
    jobs.progress(file_id, "transcode", 0.6, 9.0, now=START)
    # A worker that took it off the queue a moment before says so a moment after.
    for state in ("running", "done", "retrying", "failed"):
        jobs.note(file_id, "transcode", state, attempts=1, now=START)
    assert shown() == ("cancelled", None)
    jobs.note(file_id, "transcode", "waiting", attempts=0, now=START)
    assert shown() == ("waiting", None)
