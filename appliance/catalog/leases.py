"""Leases by name: what only one process at a time may do."""

from appliance.catalog.connection import Database


class Leases:
    """A holder that dies holds nothing once its time is over."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def take(self, name: str, holder: str, *, now: int, until: int) -> bool:
        """Take or extend a lease; False where somebody else has it. Times in Unix microseconds."""
        return self._db.write(
            lambda: bool(
                self._db.execute(
                    "INSERT INTO lease (name, holder, until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
                    " SET holder = excluded.holder, until = excluded.until"
                    " WHERE lease.until <= ? OR lease.holder = excluded.holder",
                    (name, holder, until, now),
                ).rowcount
                == 1
            )
        )

    def release(self, name: str, holder: str) -> None:
        """Give it back. Idempotent."""
        self._db.write(lambda: self._db.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder)))
