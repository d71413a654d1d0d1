"""The appliance's catalog as somebody else sees it: SELECTs of our own on the file, read-only."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: States in which bytes count as stored, and those that folders count.
_STORED = "('uploaded', 'processing', 'ready', 'errored')"
_LISTED = "('uploaded', 'processing', 'ready', 'errored', 'waiting')"


@dataclass(frozen=True, slots=True)
class Row:
    """One record. uploads: how often the change feed says that its bytes came."""

    file_id: str
    key: str
    state: str
    name: str
    path: str
    size: int
    sha256: str | None
    generation: int
    error: str | None
    uploads: int
    tags: tuple[str, ...]
    operation: str


class CatalogView:
    """One look at the catalog; use it within `looking`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def files(self) -> list[Row]:
        """All records there are, dead ones included."""
        rows = self._select(
            "SELECT file_id, object_key, state, name, path, size, sha256, generation, error_detail,"
            " (SELECT COUNT(*) FROM change WHERE change.file_id = file.file_id AND event = 'uploaded'),"
            " tags, metadata FROM file"
        )
        return [
            Row(*(*row, tuple(json.loads(tags)), json.loads(metadata).get("operation", "")))
            for *row, tags, metadata in rows
        ]

    def unsettled(self) -> list[str]:
        """What is still to be done: events in queues, and files on their way."""
        queued = self._select(
            "SELECT service, COUNT(*), MAX(attempts), MAX(error) FROM delivery WHERE dead_at IS NULL GROUP BY service"
        )
        moving = self._select(
            "SELECT state, COUNT(*) FROM file WHERE state IN ('uploaded', 'processing') GROUP BY state"
        )
        return [
            *(
                f"{count} events of {service}, {attempts} attempts, {error}"
                for service, count, attempts, error in queued
            ),
            *(f"{count} files {state}" for state, count in moving),
        ]

    def dead_letters(self) -> list[str]:
        """Events that were given up."""
        rows = self._select("SELECT service, event, error FROM delivery WHERE dead_at IS NOT NULL")
        return [f"{service} gave up on {event}: {error}" for service, event, error in rows]

    def quarantined(self) -> list[str]:
        """What found no place."""
        return [
            f"{row[0]}: {row[1]} ({row[2]})"
            for row in self._select("SELECT source, reason, object_key FROM quarantine")
        ]

    def generations(self) -> dict[tuple[str, int], tuple[bool, int]]:
        """By file and number: whether it is published, and its bytes."""
        rows = self._select("SELECT file_id, number, published_at IS NOT NULL, bytes FROM generation")
        return {(row[0], row[1]): (bool(row[2]), row[3]) for row in rows}

    def wrong_sums(self) -> list[str]:
        """Accounts that differ from what the records add up to."""
        wrong = [
            f"tenant {tenant}: {name} is {said}, the files make {made}"
            for tenant, name, said, made in self._select(_TENANT_SUMS)
            if said != made
        ]
        folders = self._select(_FOLDER_SUMS)
        return wrong + [
            f"folder '{path}' of {tenant}: {said_files} files, {said_bytes} bytes; the records make {files}, {size}"
            for tenant, path, said_files, said_bytes, files, size in folders
            if (said_files, said_bytes) != (files, size)
        ]

    def damage(self) -> str:
        """What SQLite's own check says, `ok` where nothing is wrong."""
        return str(self._select("PRAGMA quick_check")[0][0])

    def _select(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()


@contextlib.contextmanager
def looking(path: Path) -> Iterator[CatalogView]:
    """All that is seen within is of one moment."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN")
        yield CatalogView(connection)
        connection.execute("ROLLBACK")


def _account(column: str, states: str, size: str) -> str:
    made = f"(SELECT COALESCE({size}, 0) FROM file WHERE tenant_id = tenant.id AND state {states})"
    return f"SELECT id, '{column}', {column}, {made} FROM tenant"


_TENANT_SUMS = " UNION ALL ".join(
    [
        *(
            _account(f"{name}_{unit}", states, size)
            for name, states in (("stored", f"IN {_STORED}"), ("trash", "= 'trashed'"), ("pending", "= 'waiting'"))
            for unit, size in (("bytes", "SUM(size)"), ("files", "COUNT(*)"))
        ),
        "SELECT id, 'rendition_bytes', rendition_bytes, (SELECT COALESCE(SUM(bytes), 0) FROM generation"
        " JOIN file USING (file_id) WHERE tenant_id = tenant.id) FROM tenant",
    ]
)
_FOLDER_SUMS = f"""
SELECT tenant_id, path, SUM(said_files), SUM(said_bytes), SUM(files), SUM(size) FROM (
    SELECT tenant_id, path, files AS said_files, bytes AS said_bytes, 0 AS files, 0 AS size FROM folder
    UNION ALL
    SELECT tenant_id, path, 0, 0, COUNT(*), SUM(size) FROM file WHERE state IN {_LISTED} GROUP BY tenant_id, path
) GROUP BY tenant_id, path
"""
