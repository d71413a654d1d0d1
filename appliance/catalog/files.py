"""Files: creating, reading and editing records. What changes their state is in lifecycle.py."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.catalog.accounting import Accounting
from appliance.catalog.connection import Database
from appliance.catalog.rows import COLUMNS, NAMES, record_of, row_of, to_column
from appliance.catalog.search import SearchIndex
from appliance.domain.errors import Conflict, NotFound
from appliance.domain.files import STORED, FileEvent, FileRecord, State, UploadSession, Visibility

_INSERT = f"INSERT INTO file ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))})"
_SESSION = "file_id, protocol, upload_id, part_size, part_count, sha256, expires_at, request_id"
_LIVE = ", ".join(f"'{state}'" for state in sorted(STORED))


@dataclass(frozen=True, slots=True)
class Idempotency:
    """An `Idempotency-Key` as one access key used it; request_hash tells a repeat from a mix-up."""

    key_id: str
    idempotency_key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Readable:
    """What decides whether and how a file may be read, in one row. signing_secret: the tenant's."""

    object_key: str
    tenant_id: str
    state: State
    visibility: Visibility
    content_type: str
    name: str
    title: str
    etag: str | None
    signing_secret: bytes


class Files:
    """Records of all tenants; every public read names the tenant, and sees nothing of another."""

    def __init__(self, db: Database, accounting: Accounting, search: SearchIndex) -> None:
        self._db = db
        self._accounting = accounting
        self._search = search

    def create(self, record: FileRecord, session: UploadSession, idempotency: Idempotency | None = None) -> None:
        """Commit a waiting file and its upload session, its quota reserved; QuotaExceeded where there is none left.

        Conflict where the idempotency key was used meanwhile.
        """

        def work() -> None:
            if idempotency is not None:
                self._remember(idempotency, record)
            self._accounting.reserve(record.tenant_id, record.size)
            self.insert(record)
            self._db.execute(
                f"INSERT INTO upload ({_SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (record.file_id, session.protocol, session.upload_id, session.part_size, session.part_count,
                 session.sha256, session.expires_at, session.request_id),
            )  # fmt: skip
            self._accounting.count_folder(record, 1)

        self._db.write(work)

    def insert(self, record: FileRecord) -> None:
        """Add a record inside a write, indexed and announced to the change feed; its bytes are the caller's to book."""
        inserted = self._db.execute(_INSERT, row_of(record))
        self._search.add(inserted.lastrowid, record)
        self.note_change(record, FileEvent.CREATED, record.created_at)

    def get(self, tenant_id: str, file_id: str) -> FileRecord:
        """One file of a tenant, deleted ones included; NotFound where it is another's or nobody's."""
        record = self.find(file_id)
        if record is None or record.tenant_id != tenant_id:
            raise NotFound(f"There is no file {file_id}.", field="fileId")
        return record

    def find(self, file_id: str) -> FileRecord | None:
        """One file of any tenant: for the services and the edge."""
        row = self._db.query_one(f"SELECT {COLUMNS} FROM file WHERE file_id = ?", (file_id,))
        return record_of(row) if row else None

    def readable(self, file_id: str) -> Readable | None:
        """What the edge must know of a file, None where its tenant is disabled or there is no such file."""
        row = self._db.query_one(
            "SELECT object_key, file.tenant_id, state, visibility, content_type, file.name, title, etag, signing_secret"
            " FROM file JOIN tenant ON tenant.id = file.tenant_id WHERE file_id = ? AND disabled_at IS NULL",
            (file_id,),
        )
        if row is None:
            return None
        key, tenant_id, state, visibility, content_type, name, title, etag, secret = row
        return Readable(
            key, tenant_id, State(state), Visibility(visibility), content_type, name, title, etag, bytes(secret)
        )

    def session(self, file_id: str) -> UploadSession | None:
        """How the file's bytes were to come; None for adopted files and finished sessions."""
        row = self._db.query_one(f"SELECT {_SESSION} FROM upload WHERE file_id = ?", (file_id,))
        return UploadSession(*row) if row else None

    def find_duplicate(
        self, tenant_id: str, sha256: str, name: str, path: str, visibility: Visibility
    ) -> FileRecord | None:
        """A live file of that name, folder and visibility whose bytes were verified to have that hash."""
        row = self._db.query_one(
            f"SELECT {COLUMNS} FROM file WHERE tenant_id = ? AND sha256 = ? AND sha256_verified = 1 AND name = ?"
            f" AND path = ? AND visibility = ? AND state IN ({_LIVE}) ORDER BY seq DESC LIMIT 1",
            (tenant_id, sha256, name, path, visibility),
        )
        return record_of(row) if row else None

    def recall(self, key_id: str, idempotency_key: str) -> tuple[str, str] | None:
        """(request_hash, file_id) of an earlier request with that idempotency key, or None."""
        row = self._db.query_one(
            "SELECT request_hash, file_id FROM idempotency WHERE key_id = ? AND idempotency_key = ?",
            (key_id, idempotency_key),
        )
        return (row[0], row[1]) if row else None

    def forget_idempotency(self, *, before: int) -> int:
        """Drop idempotency keys older than that time; how many."""
        sql = "DELETE FROM idempotency WHERE created_at < ?"
        return self._db.write(lambda: int(self._db.execute(sql, (before,)).rowcount))

    def edit(self, tenant_id: str, file_id: str, changes: Mapping[str, Any], *, now: int) -> FileRecord:
        """Change title, tags, path, metadata or visibility; NotFound, or Conflict for a file that is gone."""

        def work() -> FileRecord:
            before = self.get(tenant_id, file_id)
            if before.state in (State.DELETED, State.CANCELLED):
                raise Conflict(f"The file is {before.state}.")
            after = replace(before, updated_at=now, **changes)
            columns = {**changes, "updated_at": now}
            self._db.execute(
                f"UPDATE file SET {', '.join(f'{name} = ?' for name in columns)} WHERE file_id = ?",
                (*(to_column(value) for value in columns.values()), file_id),
            )
            if after.path != before.path:
                self._accounting.moved(before, after)
            self._search.write(after)
            self.note_change(after, FileEvent.UPDATED, now)
            return after

        return self._db.write(work)

    def note_change(self, record: FileRecord, event: FileEvent, now: int) -> None:
        """Append to the change feed, inside a write."""
        self._db.execute(
            "INSERT INTO change (tenant_id, file_id, event, at) VALUES (?, ?, ?, ?)",
            (record.tenant_id, record.file_id, event, now),
        )

    def _remember(self, idempotency: Idempotency, record: FileRecord) -> None:
        taken = self._db.execute(
            "INSERT INTO idempotency (key_id, idempotency_key, request_hash, file_id, created_at)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (idempotency.key_id, idempotency.idempotency_key, idempotency.request_hash, record.file_id,
             record.created_at),
        )  # fmt: skip
        if taken.rowcount != 1:
            raise Conflict("A request with this Idempotency-Key is under way; repeat it.", field="Idempotency-Key")
