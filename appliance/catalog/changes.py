"""The change feed of a tenant: what happened to its files, in the order of commits."""

from dataclasses import dataclass

from appliance.catalog.connection import Database
from appliance.catalog.pulse import CHANGES
from appliance.catalog.rows import COLUMNS, record_of
from appliance.domain.errors import Gone
from appliance.domain.files import FileRecord


@dataclass(frozen=True, slots=True)
class Change:
    """id: the position in the feed. file: the record as it is now, not as it was then. at: Unix microseconds."""

    id: int
    event: str
    at: int
    file: FileRecord


class Changes:
    """Positions only grow, also across tenants; a reader that keeps the last one misses nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def since(self, tenant_id: str, position: int, *, limit: int) -> list[Change]:
        """Up to `limit` changes after `position`, oldest first; Gone where some of them were forgotten."""
        kept_from = self._db.query_value("SELECT MIN(id) FROM change")
        newest = self._db.query_value("SELECT seq FROM sqlite_sequence WHERE name = 'change'") or 0
        oldest = kept_from if kept_from is not None else newest + 1
        if position + 1 < oldest:
            raise Gone("The cursor is too old: list the files again and start from the newest change.", field="since")
        rows = self._db.query(
            f"SELECT change.id, change.event, change.at, {COLUMNS} FROM change JOIN file USING (file_id)"
            " WHERE change.tenant_id = ? AND change.id > ? ORDER BY change.id LIMIT ?",
            (tenant_id, position, limit),
        )
        return [Change(row[0], row[1], row[2], record_of(row[3:])) for row in rows]

    def newest(self) -> int:
        """The position after everything that happened so far."""
        return self._db.pulse.read(CHANGES)

    def wait(self, position: int, timeout_s: float) -> int:
        """Return the newest position once it is past `position`, at the latest after the time-out."""
        return self._db.pulse.wait(CHANGES, position, timeout_s)

    def forget(self, *, before: int) -> int:
        """Drop changes older than that time (Unix microseconds) but the newest; how many."""
        sql = "DELETE FROM change WHERE at < ? AND id < (SELECT MAX(id) FROM change)"
        return self._db.write(lambda: int(self._db.execute(sql, (before,)).rowcount))
