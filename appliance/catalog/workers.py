"""Processes of workers: that they live, and what they counted; they have no door of their own to be asked at."""

from dataclasses import dataclass

from appliance.catalog.connection import Database


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """figures: JSON, as the worker wrote it. Times in Unix microseconds."""

    id: str
    started_at: int
    seen_at: int
    figures: str


_COLUMNS = ", ".join(WorkerRecord.__slots__)


class WorkerBeats:
    """One row per process, overwritten by each of its beats."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def beat(self, record: WorkerRecord) -> None:
        """Say that a worker lives, and forget those that have not said so for an hour."""

        def work() -> None:
            self._db.execute("DELETE FROM worker WHERE seen_at < ?", (record.seen_at - _FORGOTTEN_US,))
            self._db.execute(
                f"INSERT INTO worker ({_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " started_at = excluded.started_at, seen_at = excluded.seen_at, figures = excluded.figures",
                (record.id, record.started_at, record.seen_at, record.figures),
            )

        self._db.write(work)

    def leave(self, worker_id: str) -> None:
        """A worker ends in order. Idempotent."""
        self._db.write(lambda: self._db.execute("DELETE FROM worker WHERE id = ?", (worker_id,)))

    def since(self, moment: int) -> list[WorkerRecord]:
        """Those that were heard of since then, by id."""
        rows = self._db.query(f"SELECT {_COLUMNS} FROM worker WHERE seen_at >= ? ORDER BY id", (moment,))
        return [WorkerRecord(*row) for row in rows]


_FORGOTTEN_US = 3600 * 1_000_000
