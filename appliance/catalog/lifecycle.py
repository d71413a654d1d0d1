"""A file's way from the promise of its bytes to its deletion. What is made of the bytes is in production.py."""

from enum import Enum

from appliance.catalog.accounting import Accounting
from appliance.catalog.connection import Database
from appliance.catalog.files import Files
from appliance.catalog.generations import Generations
from appliance.catalog.inbox import Inbox
from appliance.catalog.rows import COLUMNS, record_of
from appliance.catalog.transitions import NO_FACTS, Transitions
from appliance.domain.errors import Conflict
from appliance.domain.events import EventType, is_later
from appliance.domain.files import DEAD, STORED, FileEvent, FileRecord, State
from appliance.ports.object_store import ObjectInfo


class Arrived(Enum):
    """What an object in the store meant for its record."""

    NEW = "the file's bytes are there for the first time"
    SAME = "known already"
    OVERWRITTEN = "other bytes than before: everything made from the old ones is void"
    UNWANTED = "the record is cancelled or deleted: the object must go"
    UNKNOWN = "there is no record"


class Lifecycle:
    """Each change is one transaction. One whose starting state has passed does nothing and says so."""

    def __init__(
        self,
        db: Database,
        files: Files,
        accounting: Accounting,
        transitions: Transitions,
        generations: Generations,
        inbox: Inbox,
    ) -> None:
        self._db = db
        self._files = files
        self._accounting = accounting
        self._transitions = transitions
        self._generations = generations
        self._inbox = inbox

    def arrived(self, file_id: str, info: ObjectInfo, *, sequencer: str | None, now: int) -> Arrived:
        """The store holds `info` under the file's key: make the record say so."""

        def work() -> Arrived:
            record = self._files.find(file_id)
            if record is None or record.object_key != info.key:
                return Arrived.UNKNOWN
            if record.state in DEAD:
                return Arrived.UNWANTED
            newest = sequencer if is_later(sequencer, record.sequencer) else record.sequencer
            if record.state in (State.WAITING, State.TIMED_OUT):
                self._store(record, info, newest, now)
                return Arrived.NEW
            if record.etag == info.etag and record.size == info.size:
                if newest != record.sequencer:
                    self._db.execute("UPDATE file SET sequencer = ? WHERE file_id = ?", (newest, file_id))
                return Arrived.SAME
            self._store(record, info, newest, now)
            return Arrived.OVERWRITTEN

        return self._db.write(work)

    def adopt(self, record: FileRecord) -> bool:
        """Take in an object that came without an upload session; False where the file id is known already.

        Its bytes are booked without asking the quota: they are stored, whatever the quota says.
        """

        def work() -> bool:
            if self._files.find(record.file_id) is not None:
                return False
            self._files.insert(record)
            self._accounting.moved(None, record)
            self._files.note_change(record, FileEvent.UPLOADED, record.created_at)
            return True

        return self._db.write(work)

    def vanished(self, file_id: str, *, now: int) -> bool:
        """The store no longer has a stored file's object: somebody removed it there. False where that is no news."""

        def work() -> bool:
            record = self._files.find(file_id)
            if record is None or record.state not in STORED | {State.TRASHED}:
                return False
            self._delete(record, now)
            return True

        return self._db.write(work)

    def cancel(self, tenant_id: str, file_id: str, *, now: int) -> FileRecord:
        """Give up an upload and free its quota; idempotent. Conflict once the bytes are there."""
        return self._leave_waiting(tenant_id, file_id, State.CANCELLED, FileEvent.CANCELLED, now)

    def time_out(self, record: FileRecord, *, now: int) -> FileRecord:
        """The upload session ran out and no object is there; frees the quota."""
        return self._leave_waiting(record.tenant_id, record.file_id, State.TIMED_OUT, FileEvent.TIMED_OUT, now)

    def trash(self, tenant_id: str, file_id: str, *, now: int) -> FileRecord:
        """Move a stored file to the trash; idempotent. Conflict for one that has no bytes."""

        def work() -> FileRecord:
            record = self._files.get(tenant_id, file_id)
            if record.state is State.TRASHED:
                return record
            changes = {"trashed_at": now, "restore_state": record.state}
            return self._transitions.move(record, State.TRASHED, FileEvent.TRASHED, changes, now)

        return self._db.write(work)

    def restore(self, tenant_id: str, file_id: str, *, now: int) -> FileRecord:
        """Take a file out of the trash, as it was; a no-op for one that is not in it. Conflict for a deleted one."""

        def work() -> FileRecord:
            record = self._files.get(tenant_id, file_id)
            if record.state in STORED:
                return record
            if record.state is not State.TRASHED or record.restore_state is None:
                raise Conflict(f"The file is {record.state}, not in the trash.")
            changes = {"trashed_at": None, "restore_state": None}
            return self._transitions.move(record, record.restore_state, FileEvent.RESTORED, changes, now)

        return self._db.write(work)

    def delete(self, tenant_id: str, file_id: str, *, now: int) -> FileRecord:
        """Delete for good; idempotent. The record stays as `deleted`; the object is removed by the event announced."""

        def work() -> FileRecord:
            record = self._files.get(tenant_id, file_id)
            return record if record.state is State.DELETED else self._delete(record, now)

        return self._db.write(work)

    def overdue(self, *, now: int, limit: int) -> list[FileRecord]:
        """Waiting files whose session ran out."""
        rows = self._db.query(
            f"SELECT {COLUMNS} FROM upload JOIN file USING (file_id)"
            " WHERE upload.expires_at <= ? AND file.state = 'waiting' ORDER BY upload.expires_at LIMIT ?",
            (now, limit),
        )
        return [record_of(row) for row in rows]

    def waiting(self, *, after: int, before: int, limit: int) -> list[FileRecord]:
        """Files that were promised between those times and have no bytes yet, the newest first."""
        rows = self._db.query(
            f"SELECT {COLUMNS} FROM upload JOIN file USING (file_id)"
            " WHERE file.state = 'waiting' AND file.created_at > ? AND file.created_at <= ?"
            " ORDER BY file.seq DESC LIMIT ?",
            (after, before, limit),
        )
        return [record_of(row) for row in rows]

    def trashed(self, *, before: int, limit: int) -> list[FileRecord]:
        """Files that have been in the trash since before that time."""
        rows = self._db.query(
            f"SELECT {COLUMNS} FROM file WHERE trashed_at <= ? AND state = 'trashed' LIMIT ?", (before, limit)
        )
        return [record_of(row) for row in rows]

    def close_session(self, file_id: str) -> None:
        """Forget an upload session whose multipart upload was aborted. Idempotent."""
        self._db.write(lambda: self._db.execute("DELETE FROM upload WHERE file_id = ?", (file_id,)))

    def _store(self, record: FileRecord, info: ObjectInfo, sequencer: str | None, now: int) -> None:
        changes = {
            **NO_FACTS,
            "size": info.size, "etag": info.etag, "sequencer": sequencer, "uploaded_at": now,
            "sha256": info.sha256 or (record.sha256 if record.state is State.WAITING else None),
            "sha256_verified": info.sha256 is not None,
        }  # fmt: skip
        if record.state is State.TRASHED:
            self._transitions.move(
                record, State.TRASHED, FileEvent.UPDATED, {**changes, "restore_state": State.UPLOADED}, now
            )
        else:
            self._transitions.move(record, State.UPLOADED, FileEvent.UPLOADED, changes, now)
        self._generations.void(record.file_id)
        self.close_session(record.file_id)

    def _leave_waiting(self, tenant_id: str, file_id: str, to: State, event: FileEvent, now: int) -> FileRecord:
        def work() -> FileRecord:
            record = self._files.get(tenant_id, file_id)
            if record.state is to:
                return record
            after = self._transitions.move(record, to, event, {}, now)
            self._inbox.announce(EventType.FILE_CANCELLED, file_id=file_id, key=record.object_key, now=now)
            return after

        return self._db.write(work)

    def _delete(self, record: FileRecord, now: int) -> FileRecord:
        after = self._transitions.move(
            record, State.DELETED, FileEvent.DELETED, {"deleted_at": now, "trashed_at": None}, now
        )
        self._generations.void(record.file_id)
        self._inbox.announce(EventType.FILE_DELETED, file_id=record.file_id, key=record.object_key, now=now)
        return after
