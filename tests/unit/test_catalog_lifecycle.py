"""The life of a file in the catalog, and the accounts that must follow it through anything."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from appliance.catalog.catalog import Catalog
from appliance.catalog.lifecycle import Arrived
from appliance.domain.errors import Conflict, NotFound, QuotaExceeded
from appliance.domain.files import STORED, State
from appliance.domain.kinds import Kind
from appliance.domain.media import MediaFacts
from tests.catalogs import HOUR_US, START, Clock, asked, new_record, opened, stored_object, uploaded

FACTS = MediaFacts(Kind.VIDEO, 1920, 1080, 12.5, "avc1.64001F", "mp4a.40.2", plays_as_is=True)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with opened(tmp_path, "red", "blue") as made:
        yield made


def events_of(catalog: Catalog, file_id: str) -> list[str]:
    return [change.event for change in catalog.changes.since("red", 0, limit=1000) if change.file.file_id == file_id]


def queued(catalog: Catalog) -> list[tuple[str, str]]:
    rows = catalog.db.query("SELECT json_extract(event, '$.type'), json_extract(event, '$.file_id') FROM delivery")
    return [(row[0], row[1]) for row in rows]


class TestTheUsualWay:
    def test_from_waiting_to_ready(self, catalog: Catalog) -> None:
        record = asked(catalog)
        assert catalog.lifecycle.arrived(record.file_id, stored_object(record), sequencer="A", now=START) is Arrived.NEW
        assert catalog.files.session(record.file_id) is None
        assert catalog.production.started(record.file_id, "etag-1", now=START)
        assert catalog.production.probed(record.file_id, "etag-1", FACTS, final=True, now=START)
        ready = catalog.files.get("red", record.file_id)
        assert (ready.state, ready.ready_to_stream, ready.width, ready.duration) == (State.READY, True, 1920, 12.5)
        assert (ready.video_codec, ready.audio_codec, ready.etag) == ("avc1.64001F", "mp4a.40.2", "etag-1")
        wanted = ["created", "uploaded", "processing", "ready", "readyToStream"]
        assert events_of(catalog, record.file_id) == wanted

    def test_a_step_that_was_done_is_not_told_twice(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        assert catalog.production.probed(record.file_id, "etag-1", FACTS, final=True, now=START)
        assert not catalog.production.probed(record.file_id, "etag-1", FACTS, final=True, now=START)
        assert (
            catalog.lifecycle.arrived(record.file_id, stored_object(record), sequencer="B", now=START) is Arrived.SAME
        )
        assert events_of(catalog, record.file_id).count("ready") == 1

    def test_the_size_that_came_counts_not_the_one_promised(self, catalog: Catalog) -> None:
        record = asked(catalog, size=100)
        catalog.lifecycle.arrived(record.file_id, stored_object(record, size=70), sequencer=None, now=START)
        tenant = catalog.tenants.get("red")
        assert (tenant.stored_bytes, tenant.pending_bytes) == (70, 0)

    def test_other_bytes_void_what_was_known_of_the_old(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        catalog.production.probed(record.file_id, "etag-1", FACTS, final=True, now=START)
        other = stored_object(record, "etag-2", 300)
        assert catalog.lifecycle.arrived(record.file_id, other, sequencer="B", now=START) is Arrived.OVERWRITTEN
        again = catalog.files.get("red", record.file_id)
        assert (again.state, again.size, again.width, again.ready_to_stream) == (State.UPLOADED, 300, None, False)
        assert not catalog.production.probed(record.file_id, "etag-1", FACTS, final=True, now=START)

    def test_an_error_keeps_the_original(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        assert catalog.production.errored(record.file_id, "etag-1", "malformed", "No film.", now=START)
        errored = catalog.files.get("red", record.file_id)
        assert (errored.state, errored.error_type, errored.error_detail) == (State.ERRORED, "malformed", "No film.")
        assert catalog.tenants.get("red").stored_bytes == 100

    def test_an_object_of_another_key_or_unknown_file_changes_nothing(self, catalog: Catalog) -> None:
        record = asked(catalog)
        stranger = new_record()
        lifecycle = catalog.lifecycle
        assert (
            lifecycle.arrived(stranger.file_id, stored_object(stranger), sequencer=None, now=START) is Arrived.UNKNOWN
        )
        assert lifecycle.arrived(record.file_id, stored_object(stranger), sequencer=None, now=START) is Arrived.UNKNOWN
        assert catalog.files.get("red", record.file_id).state is State.WAITING


class TestTheEnd:
    def test_cancelling_frees_the_quota_and_tells_the_services(self, catalog: Catalog) -> None:
        record = asked(catalog)
        for _ in range(2):
            assert catalog.lifecycle.cancel("red", record.file_id, now=START).state is State.CANCELLED
        assert catalog.tenants.get("red").pending_bytes == 0
        assert queued(catalog) == [("file.cancelled", record.file_id)]
        arrived = catalog.lifecycle.arrived(record.file_id, stored_object(record), sequencer=None, now=START)
        assert arrived is Arrived.UNWANTED

    def test_bytes_that_are_there_cannot_be_cancelled(self, catalog: Catalog) -> None:
        with pytest.raises(Conflict):
            catalog.lifecycle.cancel("red", uploaded(catalog).file_id, now=START)

    def test_a_timed_out_upload_may_still_arrive(self, catalog: Catalog) -> None:
        record = asked(catalog)
        assert catalog.lifecycle.overdue(now=START + HOUR_US - 1, limit=10) == []
        (late,) = catalog.lifecycle.overdue(now=START + HOUR_US, limit=10)
        assert catalog.lifecycle.time_out(late, now=START).state is State.TIMED_OUT
        assert catalog.tenants.get("red").pending_files == 0
        assert (
            catalog.lifecycle.arrived(record.file_id, stored_object(record), sequencer=None, now=START) is Arrived.NEW
        )
        assert catalog.tenants.get("red").stored_bytes == 100

    def test_trash_and_restore(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        catalog.production.probed(record.file_id, "etag-1", FACTS, final=True, now=START)
        for _ in range(2):
            assert catalog.lifecycle.trash("red", record.file_id, now=START).state is State.TRASHED
        tenant = catalog.tenants.get("red")
        assert (tenant.stored_bytes, tenant.trash_bytes) == (0, 100)
        assert [one.file_id for one in catalog.lifecycle.trashed(before=START, limit=10)] == [record.file_id]
        assert catalog.lifecycle.trashed(before=START - 1, limit=10) == []
        for _ in range(2):
            assert catalog.lifecycle.restore("red", record.file_id, now=START).state is State.READY
        assert catalog.tenants.get("red").stored_bytes == 100

    def test_what_has_no_bytes_cannot_be_trashed_or_restored(self, catalog: Catalog) -> None:
        record = asked(catalog)
        with pytest.raises(Conflict):
            catalog.lifecycle.trash("red", record.file_id, now=START)
        with pytest.raises(Conflict):
            catalog.lifecycle.restore("red", record.file_id, now=START)

    def test_deleting_is_for_good(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        for _ in range(2):
            assert catalog.lifecycle.delete("red", record.file_id, now=START).state is State.DELETED
        assert queued(catalog) == [("file.deleted", record.file_id)]
        assert not catalog.production.probed(record.file_id, "etag-1", FACTS, final=True, now=START)
        assert not catalog.lifecycle.vanished(record.file_id, now=START)
        with pytest.raises(Conflict):
            catalog.lifecycle.restore("red", record.file_id, now=START)
        arrived = catalog.lifecycle.arrived(record.file_id, stored_object(record), sequencer=None, now=START)
        assert arrived is Arrived.UNWANTED
        assert catalog.changes.since("red", 0, limit=100)[-1].file.state is State.DELETED

    def test_what_vanished_from_the_store_is_deleted(self, catalog: Catalog) -> None:
        waiting, there = asked(catalog), uploaded(catalog)
        assert not catalog.lifecycle.vanished(waiting.file_id, now=START)
        assert catalog.lifecycle.vanished(there.file_id, now=START)
        assert catalog.files.get("red", there.file_id).state is State.DELETED

    def test_another_tenant_can_do_none_of_it(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        for change in (
            catalog.lifecycle.trash,
            catalog.lifecycle.restore,
            catalog.lifecycle.delete,
            catalog.lifecycle.cancel,
        ):
            with pytest.raises(NotFound):
                change("blue", record.file_id, now=START)
        assert catalog.files.get("red", record.file_id).state is State.UPLOADED


class TestQuota:
    def test_bytes_and_files_are_reserved_when_asked_for(self, tmp_path: Path) -> None:
        with opened(tmp_path, "red", quota_bytes=250, quota_files=3) as catalog:
            first = asked(catalog, size=100)
            asked(catalog, size=150)
            with pytest.raises(QuotaExceeded) as refused:
                asked(catalog, size=1)
            assert refused.value.field == "size"
            catalog.lifecycle.cancel("red", first.file_id, now=START)
            asked(catalog, size=0)
            asked(catalog, size=0)
            with pytest.raises(QuotaExceeded):
                asked(catalog, size=0)

    def test_trash_counts_until_it_is_emptied(self, tmp_path: Path) -> None:
        with opened(tmp_path, "red", quota_bytes=100) as catalog:
            record = uploaded(catalog, size=100)
            catalog.lifecycle.trash("red", record.file_id, now=START)
            with pytest.raises(QuotaExceeded):
                asked(catalog, size=1)
            catalog.lifecycle.delete("red", record.file_id, now=START)
            asked(catalog, size=100)

    def test_a_refused_upload_leaves_nothing(self, tmp_path: Path) -> None:
        with opened(tmp_path, "red", quota_bytes=10) as catalog:
            with pytest.raises(QuotaExceeded):
                asked(catalog, size=11)
            assert catalog.db.query_value("SELECT COUNT(*) FROM file") == 0
            assert catalog.db.query_value("SELECT COUNT(*) FROM change") == 0


class CatalogMachine(RuleBasedStateMachine):
    """Any operations in any order: usage accounts and folder counts equal a recount of the files."""

    paths = st.sampled_from(["", "a", "a/b", "b"])
    picks = st.integers(0, 7)

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._opened = opened(Path(self._folder.name), "red", quota_bytes=2_000)
        self._catalog = self._opened.__enter__()
        self._clock = Clock()
        self._ids: list[str] = []

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)
        self._folder.cleanup()

    @rule(size=st.integers(0, 900), path=paths)
    def ask(self, size: int, path: str) -> None:
        self._try(lambda: self._ids.append(asked(self._catalog, size=size, path=path).file_id))

    @rule(size=st.integers(0, 900))
    def adopt(self, size: int) -> None:
        record = new_record(size=size, state=State.UPLOADED, etag="etag-1")
        assert self._catalog.lifecycle.adopt(record)
        assert not self._catalog.lifecycle.adopt(record)
        self._ids.append(record.file_id)

    @rule(pick=picks, etag=st.sampled_from(["etag-1", "etag-2"]), size=st.integers(0, 900))
    def arrive(self, pick: int, etag: str, size: int) -> None:
        record = self._record(pick)
        if record is not None:
            info = stored_object(record, etag, size)
            self._catalog.lifecycle.arrived(record.file_id, info, sequencer=None, now=self._clock())

    @rule(pick=picks, outcome=st.sampled_from(["processing", "ready", "errored", "vanished"]))
    def work(self, pick: int, outcome: str) -> None:
        record = self._record(pick)
        if record is None:
            return
        production, etag, now = self._catalog.production, record.etag or "", self._clock()
        if outcome == "processing":
            production.started(record.file_id, etag, now=now)
        elif outcome == "ready":
            production.probed(record.file_id, etag, FACTS, final=True, now=now)
        elif outcome == "errored":
            production.errored(record.file_id, etag, "malformed", "No film.", now=now)
        else:
            self._catalog.lifecycle.vanished(record.file_id, now=now)

    @rule(pick=picks, change=st.sampled_from(["cancel", "trash", "restore", "delete"]))
    def change(self, pick: int, change: str) -> None:
        record = self._record(pick)
        if record is not None:
            operation = getattr(self._catalog.lifecycle, change)
            self._try(lambda: operation("red", record.file_id, now=self._clock()))

    @rule(pick=picks)
    def time_out(self, pick: int) -> None:
        record = self._record(pick)
        if record is not None:
            self._try(lambda: self._catalog.lifecycle.time_out(record, now=self._clock()))

    @rule(pick=picks, path=paths)
    def move(self, pick: int, path: str) -> None:
        record = self._record(pick)
        if record is not None:
            edit = self._catalog.files.edit
            self._try(lambda: edit("red", record.file_id, {"path": path}, now=self._clock()))

    @invariant()
    def accounts_equal_a_recount(self) -> None:
        usage: Counter[str] = Counter()
        folders: Counter[tuple[str, str]] = Counter()
        for state, path, size in self._catalog.db.query("SELECT state, path, size FROM file"):
            account = {"waiting": "pending", "trashed": "trash"}.get(state, "stored" if state in STORED else "")
            usage[f"{account}_bytes"] += size
            usage[f"{account}_files"] += 1
            if account in ("pending", "stored"):
                folders[path, "files"] += 1
                folders[path, "bytes"] += size
        tenant = self._catalog.tenants.get("red")
        for name in ("stored", "trash", "pending"):
            assert getattr(tenant, f"{name}_bytes") == usage[f"{name}_bytes"]
            assert getattr(tenant, f"{name}_files") == usage[f"{name}_files"]
        for path, files, size in self._catalog.db.query("SELECT path, files, bytes FROM folder"):
            assert (files, size) == (folders[path, "files"], folders[path, "bytes"])

    def _record(self, pick: int) -> Any:
        return self._catalog.files.find(self._ids[pick % len(self._ids)]) if self._ids else None

    def _try(self, operation: Any) -> None:
        try:
            operation()
        except (Conflict, QuotaExceeded):
            return


def test_accounts_follow_any_sequence_of_operations() -> None:
    run_state_machine_as_test(
        CatalogMachine,
        settings=settings(
            max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
