"""The schema, as numbered steps. A step that was released never changes; a new one is added."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import peewee

from appliance.catalog.schema.operations import OPERATIONS
from appliance.domain.errors import CatalogTooNew
from appliance.ports.clock import Clock

_INITIAL = """
CREATE TABLE tenant (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at BIGINT NOT NULL, disabled_at BIGINT,
    signing_secret {blob} NOT NULL,
    quota_bytes BIGINT NOT NULL DEFAULT 0, quota_files BIGINT NOT NULL DEFAULT 0,
    stored_bytes BIGINT NOT NULL DEFAULT 0, stored_files BIGINT NOT NULL DEFAULT 0,
    trash_bytes BIGINT NOT NULL DEFAULT 0, trash_files BIGINT NOT NULL DEFAULT 0,
    pending_bytes BIGINT NOT NULL DEFAULT 0, pending_files BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE api_key (
    id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL REFERENCES tenant (id), name TEXT NOT NULL, scopes TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE TABLE pairing (
    id TEXT PRIMARY KEY, code_hash TEXT NOT NULL, tenant_id TEXT NOT NULL REFERENCES tenant (id),
    name TEXT NOT NULL, scopes TEXT NOT NULL, expires_at BIGINT NOT NULL, tries_left INTEGER NOT NULL, used_at BIGINT
);
CREATE TABLE file (
    seq {serial}, file_id TEXT NOT NULL UNIQUE, tenant_id TEXT NOT NULL REFERENCES tenant (id),
    object_key TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, title TEXT NOT NULL, ext TEXT NOT NULL,
    kind TEXT NOT NULL, content_type TEXT NOT NULL, size BIGINT NOT NULL, state TEXT NOT NULL,
    visibility TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, uploaded_by TEXT NOT NULL,
    tags TEXT NOT NULL, metadata TEXT NOT NULL, etag TEXT, sequencer TEXT,
    sha256 TEXT, sha256_verified INTEGER NOT NULL DEFAULT 0,
    width INTEGER, height INTEGER, duration DOUBLE PRECISION, video_codec TEXT, audio_codec TEXT,
    ready_to_stream INTEGER NOT NULL DEFAULT 0, error_type TEXT, error_detail TEXT,
    uploaded_at BIGINT, trashed_at BIGINT, deleted_at BIGINT, restore_state TEXT
);
CREATE UNIQUE INDEX file_by_key ON file (object_key);
CREATE INDEX file_by_tenant ON file (tenant_id, seq);
CREATE INDEX file_by_folder ON file (tenant_id, path, seq);
CREATE INDEX file_by_state ON file (tenant_id, state, seq);
CREATE INDEX file_by_kind ON file (tenant_id, kind, seq);
CREATE INDEX file_by_hash ON file (tenant_id, sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX file_in_trash ON file (trashed_at) WHERE trashed_at IS NOT NULL;
CREATE TABLE upload (
    file_id TEXT PRIMARY KEY REFERENCES file (file_id), protocol TEXT NOT NULL, upload_id TEXT,
    part_size BIGINT NOT NULL, part_count INTEGER NOT NULL, sha256 TEXT, expires_at BIGINT NOT NULL
);
CREATE INDEX upload_by_expiry ON upload (expires_at);
CREATE TABLE folder (
    tenant_id TEXT NOT NULL, path TEXT NOT NULL, files BIGINT NOT NULL, bytes BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, path)
){without_rowid};
CREATE TABLE change (
    id {serial}, tenant_id TEXT NOT NULL, file_id TEXT NOT NULL, event TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX change_by_tenant ON change (tenant_id, id);
CREATE TABLE inbox (
    id {serial}, source TEXT NOT NULL, dedupe_key TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    event TEXT NOT NULL, received_at BIGINT NOT NULL, published_at BIGINT
);
CREATE INDEX inbox_unpublished ON inbox (id) WHERE published_at IS NULL;
CREATE INDEX inbox_by_age ON inbox (received_at);
CREATE TABLE delivery (
    id {serial}, service TEXT NOT NULL, event TEXT NOT NULL, queued_at BIGINT NOT NULL,
    available_at BIGINT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, receipt TEXT,
    dead_at BIGINT, error TEXT
);
CREATE INDEX delivery_due ON delivery (service, available_at, id) WHERE dead_at IS NULL;
CREATE INDEX delivery_dead ON delivery (service, id) WHERE dead_at IS NOT NULL;
CREATE TABLE job (
    id {serial}, file_id TEXT NOT NULL, service TEXT NOT NULL, state TEXT NOT NULL, progress DOUBLE PRECISION,
    eta DOUBLE PRECISION, attempts INTEGER NOT NULL, error TEXT, updated_at BIGINT NOT NULL,
    UNIQUE (file_id, service)
);
CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until BIGINT NOT NULL);
CREATE TABLE idempotency (
    key_id TEXT NOT NULL, idempotency_key TEXT NOT NULL, request_hash TEXT NOT NULL, file_id TEXT NOT NULL,
    created_at BIGINT NOT NULL, PRIMARY KEY (key_id, idempotency_key)
){without_rowid};
CREATE INDEX idempotency_by_age ON idempotency (created_at);
CREATE TABLE quarantine (
    id {serial}, source TEXT NOT NULL, reason TEXT NOT NULL, object_key TEXT, body TEXT NOT NULL,
    received_at BIGINT NOT NULL, count INTEGER NOT NULL DEFAULT 1, fingerprint TEXT NOT NULL UNIQUE
)
"""
_SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE file_search USING fts5(terms, words, tokenize='unicode61 remove_diacritics 2',"
    " prefix='1 2 3 4 5 6')"
)
_RENDITIONS = """
ALTER TABLE file ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE file ADD COLUMN stills INTEGER NOT NULL DEFAULT 0;
ALTER TABLE file ADD COLUMN last_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE file ADD COLUMN placeholder TEXT;
ALTER TABLE tenant ADD COLUMN transcode TEXT NOT NULL DEFAULT 'full';
ALTER TABLE tenant ADD COLUMN rendition_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
CREATE INDEX delivery_by_place ON delivery (service, place, id) WHERE dead_at IS NULL;
CREATE TABLE generation (
    file_id TEXT NOT NULL REFERENCES file (file_id), number INTEGER NOT NULL, purpose TEXT NOT NULL,
    etag TEXT NOT NULL, bytes BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, published_at BIGINT,
    superseded_at BIGINT, PRIMARY KEY (file_id, number)
){without_rowid};
CREATE INDEX generation_superseded ON generation (superseded_at) WHERE superseded_at IS NOT NULL;
CREATE INDEX generation_unfinished ON generation (created_at) WHERE published_at IS NULL;
CREATE TABLE rendition (
    file_id TEXT NOT NULL, generation INTEGER NOT NULL, name TEXT NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (file_id, generation, name)
){without_rowid};
CREATE TABLE caption (
    file_id TEXT NOT NULL REFERENCES file (file_id), language TEXT NOT NULL, label TEXT NOT NULL,
    webvtt TEXT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (file_id, language)
){without_rowid}
"""
_SHARES = """
CREATE TABLE share (
    id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, tenant_id TEXT NOT NULL REFERENCES tenant (id),
    title TEXT NOT NULL, path TEXT, file_ids TEXT NOT NULL, password_hash TEXT, download INTEGER NOT NULL,
    created_by TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT
);
CREATE INDEX share_by_tenant ON share (tenant_id, created_at);
CREATE TABLE browser_session (
    token_hash TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES api_key (id), created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
){without_rowid};
CREATE INDEX browser_session_by_expiry ON browser_session (expires_at)
"""
_SQLITE = {
    "serial": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "blob": "BLOB",
    "without_rowid": " WITHOUT ROWID",
}


def _initial(orm: peewee.Database) -> None:
    for statement in _INITIAL.format(**_SQLITE).split(";\n"):
        orm.execute_sql(statement)  # type: ignore[no-untyped-call]
    orm.execute_sql(_SQLITE_SEARCH)  # type: ignore[no-untyped-call]


def _renditions(orm: peewee.Database) -> None:
    for statement in _RENDITIONS.format(**_SQLITE).split(";\n"):
        orm.execute_sql(statement)  # type: ignore[no-untyped-call]


def _shares(orm: peewee.Database) -> None:
    for statement in _SHARES.format(**_SQLITE).split(";\n"):
        orm.execute_sql(statement)  # type: ignore[no-untyped-call]


def _operations(orm: peewee.Database) -> None:
    for statement in OPERATIONS.format(**_SQLITE).split(";\n"):
        orm.execute_sql(statement)  # type: ignore[no-untyped-call]


STEPS: tuple[Callable[[peewee.Database], None], ...] = (_initial, _renditions, _shares, _operations)


def migrate(orm: peewee.Database, now: Clock) -> int:
    """Bring the database to this version; how many steps ran. A copy is kept beside a database that had data.

    Raises CatalogTooNew for one that a newer version wrote: it is left untouched.
    """
    orm.connect(reuse_if_open=True)
    version = _version(orm)
    if version > len(STEPS):
        raise CatalogTooNew(
            f"The catalog has schema {version}, this version knows {len(STEPS)}: it was written by a newer appliance. "
            "Install that version again, or restore a backup made before the upgrade."
        )
    if version == len(STEPS):
        return 0
    if version:
        _back_up(orm, version, now())
    steps = 0
    with orm.atomic():
        # Another process may have migrated while this one waited for the lock.
        for number in range(_version(orm), len(STEPS)):
            STEPS[number](orm)
            orm.execute_sql(f"PRAGMA user_version = {number + 1}")  # type: ignore[no-untyped-call]
            steps += 1
    return steps


def _version(orm: peewee.Database) -> int:
    return int(orm.execute_sql("PRAGMA user_version").fetchone()[0])  # type: ignore[no-untyped-call]


def _back_up(orm: peewee.Database, version: int, now: int) -> None:
    path = Path(orm.database)
    copy = path.with_name(f"{path.name}.schema{version}.{now // 1_000_000}.bak")
    # By the connection that is open already: closing one of another SQLite library (the standard library's beside
    # pysqlite3) drops the locks of this process, and the log is removed under it (sqlite.org/howtocorrupt.html, 2.2.1).
    with contextlib.closing(peewee.sqlite3.connect(copy)) as target:  # type: ignore[attr-defined]
        orm.connection().backup(target)  # type: ignore[no-untyped-call]
    copy.chmod(0o600)
