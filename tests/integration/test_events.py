"""From the store's events to finished records, on a real MinIO: whatever is lost, repeated, late or nonsense."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator

import httpx
import pytest

from appliance.catalog.listing import Filter
from appliance.domain.errors import NoSuchUpload
from appliance.domain.files import FileRecord, State
from appliance.ports.clock import system_clock
from tests.integration.event_stack import TOKEN, EventStack
from tests.media_files import clip
from tests.servers import wait_until

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    """One stack with its workers running, for all tests that do not stop anything."""
    with EventStack(tmp_path_factory.mktemp("events")) as stack:
        stack.start_workers()
        yield stack


@pytest.fixture
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    """A stack of one test's own, its workers not started yet."""
    with EventStack(tmp_path_factory.mktemp("events")) as stack:
        yield stack


def quarantined(stack: EventStack, key: str) -> str | None:
    return next((row.reason for row in stack.catalog.quarantine.list() if row.object_key == key), None)


def inbox_rows(stack: EventStack, key: str) -> int:
    found = stack.catalog.db.query_value("SELECT COUNT(*) FROM inbox WHERE dedupe_key LIKE ?", (f"%{key}%",))
    return int(found)


class TestArrival:
    def test_a_film_is_described(self, running: EventStack) -> None:
        record = running.upload("film.mp4", clip(width=64, height=48, seconds=2))
        ready = running.wait_state(record.file_id, State.READY)
        assert (ready.width, ready.height) == (64, 48)
        assert ready.duration == pytest.approx(2, abs=0.1)
        assert (ready.video_codec or "").startswith("avc1.")
        assert ready.audio_codec == "mp4a.40.2"
        assert ready.ready_to_stream
        assert running.catalog.files.session(record.file_id) is None

    def test_an_event_that_comes_by_both_targets_is_kept_once(self, running: EventStack) -> None:
        record = running.upload("film.mp4", clip())
        running.wait_state(record.file_id, State.READY)
        running.wait_idle()
        assert inbox_rows(running, record.object_key) == 1
        events = [
            row[0]
            for row in running.catalog.db.query(
                "SELECT event FROM change WHERE file_id = ? ORDER BY id", (record.file_id,)
            )
        ]
        # What else the services make of it comes as "updated", at any time.
        told = [event for event in events if event != "updated"]
        assert told == ["created", "uploaded", "processing", "readyToStream", "ready"]

    def test_what_no_decoder_knows_is_ready_and_not_streamable(self, running: EventStack) -> None:
        record = running.upload("reel.r3d", b"\x00\x01camera")
        ready = running.wait_state(record.file_id, State.READY)
        assert not ready.ready_to_stream
        assert ready.error_type is None

    def test_a_damaged_film_is_errored_and_stays(self, running: EventStack) -> None:
        record = running.upload("film.mp4", b"not a film at all")
        errored = running.wait_state(record.file_id, State.ERRORED)
        assert errored.error_type == "malformed"
        assert running.store.head(record.object_key).size == 17

    def test_a_hash_the_store_could_not_check_is_checked_by_reading(self, running: EventStack) -> None:
        data = b"parts of a film"
        right = running.ask("a.bin", data, sha256=hashlib.sha256(data).hexdigest())
        wrong = running.ask("b.bin", data, sha256=hashlib.sha256(b"other").hexdigest())
        for record in (right, wrong):
            running.put(record.object_key, data)
        assert running.wait_state(wrong.file_id, State.ERRORED).error_type == "checksum_mismatch"
        running.wait_state(right.file_id, State.READY)
        wait_until(
            lambda: (found := running.catalog.files.find(right.file_id)) is not None and found.sha256_verified,
            timeout_s=5,
            what="the hash is verified",
        )


class TestForeignHands:
    """Other S3 clients work in the bucket too."""

    def test_a_foreign_upload_is_adopted(self, running: EventStack) -> None:
        file_id = str(uuid.uuid4())
        running.put(f"videos/red/{file_id}.mp4", clip())
        record = running.wait_state(file_id, State.READY)
        assert (record.name, record.tenant_id, record.uploaded_by) == (f"{file_id}.mp4", "red", "storage")
        assert record.ready_to_stream
        assert any(item.file_id == file_id for _, item in _all_files(running))

    def test_an_unknown_tenant_is_quarantined(self, running: EventStack) -> None:
        key = f"videos/nobody/{uuid.uuid4()}.mp4"
        running.put(key, b"bytes")
        wait_until(lambda: quarantined(running, key) is not None, timeout_s=5, what="quarantined")
        assert running.store.head(key).size == 5

    @pytest.mark.parametrize("key", ["videos/nobody/x.mp4", "files/red/no-uuid.pdf", "videos/loose.mp4"])
    def test_a_key_of_another_shape_is_quarantined(self, running: EventStack, key: str) -> None:
        running.put(key, b"bytes")
        wait_until(lambda: quarantined(running, key) is not None, timeout_s=5, what="quarantined")

    def test_a_second_object_with_a_files_id_is_quarantined(self, running: EventStack) -> None:
        record = running.upload("film.mp4", clip())
        running.wait_state(record.file_id, State.READY)
        second = f"files/red/{record.file_id}.pdf"
        running.put(second, b"pdf")
        wait_until(lambda: quarantined(running, second) is not None, timeout_s=5, what="quarantined")
        assert running.state(record.file_id) is State.READY

    def test_an_overwrite_runs_the_services_again_and_purges(self, running: EventStack) -> None:
        record = running.upload("film.mp4", clip(seconds=1))
        running.wait_state(record.file_id, State.READY)
        running.put(record.object_key, clip(seconds=3))
        wait_until(
            lambda: (
                (found := running.catalog.files.find(record.file_id)) is not None
                and found.state is State.READY
                and found.duration == pytest.approx(3, abs=0.1)
            ),
            timeout_s=10,
            what="the new length is known",
        )
        assert record.object_key in running.purged

    def test_a_removal_makes_the_record_deleted(self, running: EventStack) -> None:
        record = running.upload("film.mp4", clip())
        running.wait_state(record.file_id, State.READY)
        running.store.delete(record.object_key)
        running.wait_state(record.file_id, State.DELETED)


class TestDeath:
    """Nothing that was deleted comes back."""

    def test_deletion_removes_object_renditions_and_cache_and_keeps_late_bytes_out(self, running: EventStack) -> None:
        data = clip()
        record = running.upload("film.mp4", data)
        running.wait_state(record.file_id, State.READY)
        rendition = f"renditions/red/{record.file_id}/1/720.m3u8"
        running.store.put(rendition, b"#EXTM3U", content_type="application/vnd.apple.mpegurl")
        running.catalog.lifecycle.delete("red", record.file_id, now=system_clock())
        wait_until(lambda: not list(running.store.list(rendition)), timeout_s=5, what="renditions are gone")
        wait_until(lambda: not list(running.store.list(record.object_key)), timeout_s=5, what="the object is gone")
        wait_until(lambda: record.object_key in running.purged, timeout_s=5, what="the cache is purged")
        running.put(record.object_key, data)
        wait_until(lambda: not list(running.store.list(record.object_key)), timeout_s=5, what="gone again")
        assert running.state(record.file_id) is State.DELETED

    def test_bytes_for_a_cancelled_upload_are_removed(self, running: EventStack) -> None:
        record = running.ask("film.mp4", b"bytes")
        running.catalog.lifecycle.cancel("red", record.file_id, now=system_clock())
        running.put(record.object_key, b"bytes")
        wait_until(lambda: not list(running.store.list(record.object_key)), timeout_s=5, what="the object is gone")
        assert running.state(record.file_id) is State.CANCELLED

    def test_a_cancelled_multipart_upload_is_aborted(self, running: EventStack) -> None:
        record = running.ask("film.mp4", b"bytes")
        upload_id = running.store.create_upload(record.object_key, content_type="video/mp4")
        running.catalog.db.write(
            lambda: running.catalog.db.execute(
                "UPDATE upload SET protocol = 'multipart', upload_id = ? WHERE file_id = ?", (upload_id, record.file_id)
            )
        )
        running.catalog.lifecycle.cancel("red", record.file_id, now=system_clock())
        wait_until(lambda: running.catalog.files.session(record.file_id) is None, timeout_s=5, what="session closed")
        with pytest.raises(NoSuchUpload):
            running.store.list_parts(record.object_key, upload_id)

    def test_a_file_trashed_before_it_was_looked_into_comes_back_finished(self, still: EventStack) -> None:
        record = still.upload("film.mp4", clip())
        info = still.store.head(record.object_key)
        still.catalog.lifecycle.arrived(record.file_id, info, sequencer=None, now=system_clock())
        still.catalog.lifecycle.trash("red", record.file_id, now=system_clock())
        still.start_workers()
        wait_until(lambda: inbox_rows(still, record.object_key) == 1, timeout_s=5, what="the event is in")
        still.wait_idle()
        restored = still.catalog.lifecycle.restore("red", record.file_id, now=system_clock())
        assert (restored.state, restored.ready_to_stream) == (State.READY, True)


class TestIntake:
    """A store repeats one event until it is answered 2xx, with all others behind it."""

    def post(self, stack: EventStack, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.post(
            stack.intake_url, content=body, headers=AUTHORIZED if headers is None else headers, trust_env=False
        )

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
    def test_without_the_token_nothing_is_taken(self, running: EventStack, headers: dict[str, str]) -> None:
        assert self.post(running, b"{}", headers).status_code == 401

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b'{"Records": []}',
            b'{"Records": [null]}',
            b'{"Records": [{"eventName": "s3:ObjectCreated:Put"}]}',
            b'{"Records": [{"eventName": "s3:TestEvent", "s3": {"bucket": {"name": "b"}, "object": {"key": "k"}}}]}',
            b"[" * 100_000,
            b"\xff\xfe\x00garbage",
            b'{"Records": "' + b"x" * (3 * 1024 * 1024) + b'"}',
        ],
        ids=lambda body: f"{len(body)} bytes {body[:12]!r}",
    )
    def test_garbage_is_quarantined_and_answered_200(self, running: EventStack, body: bytes) -> None:
        before = sum(row.count for row in running.catalog.quarantine.list(limit=1000))
        assert self.post(running, body).status_code == 200
        assert sum(row.count for row in running.catalog.quarantine.list(limit=1000)) == before + 1

    def test_another_source_is_not_known(self, running: EventStack) -> None:
        url = running.intake_url.replace("minio", "elsewhere")
        assert httpx.post(url, headers=AUTHORIZED, trust_env=False).status_code == 404


class TestLoss:
    """Nothing is lost for good, whatever stands still or dies."""

    def test_what_came_while_the_intake_was_down_is_told_later(self, still: EventStack) -> None:
        records = [still.ask(f"{number}.bin", b"bytes") for number in range(20)]
        still.stop_intake()
        for record in records:
            still.put(record.object_key, b"bytes")
        wait_until(lambda: len(still.kept_events()) == 20, timeout_s=5, what="MinIO keeps the events")
        still.start_workers()
        still.start_intake()
        for record in records:
            still.wait_state(record.file_id, State.READY)

    def test_reconcile_finds_what_no_event_told_of(self, still: EventStack) -> None:
        gone = still.upload("gone.bin", b"bytes")
        still.start_workers()
        still.wait_state(gone.file_id, State.READY)
        still.stop_intake()
        asked = [still.upload(f"{number}.bin", b"bytes") for number in range(10)]
        foreign = str(uuid.uuid4())
        still.put(f"files/red/{foreign}.pdf", b"bytes")
        still.put("videos/red/shapeless.mp4", b"bytes")
        still.store.delete(gone.object_key)
        still.minio.stop()
        shutil.rmtree(still.queue_dir)
        still.minio.start()
        still.start_intake()
        report = still.reconcile()
        assert (report.announced, report.vanished, report.quarantined) == (11, 1, 1)
        for file_id in [record.file_id for record in asked] + [foreign]:
            still.wait_state(file_id, State.READY)
        assert still.state(gone.file_id) is State.DELETED
        assert quarantined(still, "videos/red/shapeless.mp4") is not None
        still.wait_idle()
        again = still.reconcile()
        assert (again.objects, again.announced, again.vanished) == (12, 0, 0)

    def test_sessions_time_out_unless_the_bytes_are_there(self, still: EventStack) -> None:
        still.stop_intake()
        empty = still.ask("a.bin", b"bytes", session_us=-1)
        there = still.ask("b.bin", b"bytes", session_us=-1)
        still.put(there.object_key, b"bytes")
        assert still.reconcile().timed_out == 1
        assert still.state(empty.file_id) is State.TIMED_OUT
        assert still.catalog.tenants.get("red").pending_files == 1
        still.start_workers()
        still.wait_state(there.file_id, State.READY)
        still.put(empty.object_key, b"bytes")
        still.reconcile()
        still.wait_state(empty.file_id, State.READY)

    def test_trash_is_emptied_after_thirty_days(self, still: EventStack) -> None:
        still.start_workers()
        record = still.upload("a.bin", b"bytes")
        still.wait_state(record.file_id, State.READY)
        still.catalog.lifecycle.trash("red", record.file_id, now=system_clock() - 31 * 24 * 3600 * 1_000_000)
        assert still.reconcile().purged == 1
        wait_until(lambda: not list(still.store.list(record.object_key)), timeout_s=5, what="the object is gone")

    def test_a_killed_worker_loses_nothing_and_repeats_at_most_one_step_each(self, still: EventStack) -> None:
        records = [still.upload(f"{number}.mp4", clip()) for number in range(30)]
        wait_until(lambda: still.bus.depths()[0].ready == 30, timeout_s=10, what="all events are in")
        worker = _worker(still)
        wait_until(lambda: still.state(records[10].file_id) is State.READY, timeout_s=60, what="a third is done")
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        depth = still.bus.depths()[0]
        assert depth.leased <= 1
        assert depth.dead == 0
        still.start_workers()
        for record in records:
            still.wait_state(record.file_id, State.READY, timeout_s=60)
        still.wait_idle()
        jobs = [job for record in records for job in still.catalog.jobs.of_file(record.file_id)]
        attempts = [job.attempts for job in jobs if job.service == "metadata"]
        assert sorted(attempts)[:-1] == [1] * 29
        ready = still.catalog.db.query_value("SELECT COUNT(*) FROM change WHERE event = 'ready'")
        assert ready == 30


def _worker(stack: EventStack) -> "subprocess.Popen[bytes]":
    minio = stack.minio
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.worker_process", stack.catalog_url, minio.url, minio.access_key,
         minio.secret_key, str(stack.folder / "work")]
    )  # fmt: skip


def _all_files(stack: EventStack) -> list[tuple[int, FileRecord]]:
    return list(stack.catalog.listing.page("red", Filter(), before=None, limit=1000))
