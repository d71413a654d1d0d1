"""The quarantine: what storage told us and we could not place. Kept for a person to look at, never lost."""

import hashlib
from dataclasses import dataclass

from appliance.catalog.connection import Database

_MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """reason: one sentence. count: how often the same came. received_at: the last time, Unix microseconds."""

    id: int
    source: str
    reason: str
    object_key: str | None
    body: str
    received_at: int
    count: int


_COLUMNS = "id, source, reason, object_key, body, received_at, count"


class Quarantine:
    """The same thing twice is one row with a count, so that a flood of one error stays readable."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, source: str, reason: str, *, body: str, now: int, object_key: str | None = None) -> None:
        """Keep what came (its first 64 KiB), on disk when this returns."""
        kept = body[:_MAX_BODY].replace("\x00", "\\0")
        fingerprint = hashlib.sha256(f"{source}\n{reason}\n{object_key or body}".encode("utf-8", "replace")).hexdigest()
        self._db.write(
            lambda: self._db.execute(
                "INSERT INTO quarantine (source, reason, object_key, body, received_at, fingerprint)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE"
                " SET count = quarantine.count + 1, received_at = excluded.received_at",
                (source, reason, object_key, kept, now, fingerprint),
            )
        )

    def list(self, *, limit: int = 100) -> list[QuarantineRecord]:
        rows = self._db.query(f"SELECT {_COLUMNS} FROM quarantine ORDER BY received_at DESC, id DESC LIMIT ?", (limit,))
        return [QuarantineRecord(*row) for row in rows]

    def find(self, row_id: int) -> QuarantineRecord | None:
        row = self._db.query_one(f"SELECT {_COLUMNS} FROM quarantine WHERE id = ?", (row_id,))
        return QuarantineRecord(*row) if row else None

    def drop(self, row_id: int) -> bool:
        """Forget one; False where it was not there."""
        return self._db.write(lambda: bool(self._db.execute("DELETE FROM quarantine WHERE id = ?", (row_id,)).rowcount))
