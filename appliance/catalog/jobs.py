"""Jobs: what each service did or does for a file, for people to see. The queue, not this, decides what runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.catalog.connection import Database


@dataclass(frozen=True, slots=True)
class JobRecord:
    """state: waiting, running, done, retrying, failed or cancelled. progress: 0 to 1. eta in seconds.

    error: one line.
    """

    id: int
    file_id: str
    service: str
    state: str
    progress: float | None
    eta: float | None
    attempts: int
    error: str | None
    updated_at: int


_COLUMNS = "id, file_id, service, state, progress, eta, attempts, error, updated_at"


class Jobs:
    """One row per file and service, overwritten by each run."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(
        self, file_id: str, service: str, state: str, *, attempts: int, now: int, error: str | None = None
    ) -> None:
        """Say how a job stands. Does not wait for the disk: a job row that is lost is written by the next run.

        What was cancelled stays so until it is asked for again: a worker that has it learns of that later.
        """
        self._db.submit(
            lambda: self._db.execute(
                "INSERT INTO job (file_id, service, state, attempts, error, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (file_id, service) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,"
                " error = excluded.error, updated_at = excluded.updated_at, progress = NULL, eta = NULL"
                " WHERE job.state <> 'cancelled' OR excluded.state = 'waiting'",
                (file_id, service, state, attempts, error, now),
            )
        )

    def queued(self, file_id: str, service: str, *, now: int) -> None:
        """Work was asked for, inside a write. Where the service is at this file already, that is told first."""
        self._db.execute(
            "INSERT INTO job (file_id, service, state, attempts, updated_at) VALUES (?, ?, 'waiting', 0, ?)"
            " ON CONFLICT (file_id, service) DO UPDATE SET state = 'waiting', attempts = 0, error = NULL,"
            " progress = NULL, eta = NULL, updated_at = excluded.updated_at"
            " WHERE job.state NOT IN ('running', 'retrying')",
            (file_id, service, now),
        )

    def progress(self, file_id: str, service: str, progress: float | None, eta: float | None, *, now: int) -> None:
        """Say how far a running job is; as little waited for as `note`."""
        self._db.submit(
            lambda: self._db.execute(
                "UPDATE job SET progress = ?, eta = ?, updated_at = ?"
                " WHERE file_id = ? AND service = ? AND state = 'running'",
                (progress, eta, now, file_id, service),
            )
        )

    def cancel(self, file_id: str, service: str, *, now: int) -> None:
        """Mark a job as cancelled; taking it out of the queue is another thing. Idempotent."""
        self._db.write(
            lambda: self._db.execute(
                "UPDATE job SET state = 'cancelled', progress = NULL, eta = NULL, updated_at = ?"
                " WHERE file_id = ? AND service = ?",
                (now, file_id, service),
            )
        )

    def is_cancelled(self, file_id: str, service: str) -> bool:
        sql = "SELECT 1 FROM job WHERE file_id = ? AND service = ? AND state = 'cancelled'"
        return self._db.query_one(sql, (file_id, service)) is not None

    def find(self, job_id: int) -> JobRecord | None:
        """One job of any tenant's file."""
        row = self._db.query_one(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job_id,))
        return JobRecord(*row) if row else None

    def of_file(self, file_id: str) -> list[JobRecord]:
        rows = self._db.query(f"SELECT {_COLUMNS} FROM job WHERE file_id = ? ORDER BY service", (file_id,))
        return [JobRecord(*row) for row in rows]

    def of_files(self, file_ids: Sequence[str]) -> dict[str, list[JobRecord]]:
        """The jobs of several files by file id; files without jobs are left out."""
        marks = ",".join("?" * len(file_ids))
        rows = self._db.query(f"SELECT {_COLUMNS} FROM job WHERE file_id IN ({marks}) ORDER BY service", file_ids)
        found: dict[str, list[JobRecord]] = {}
        for job in (JobRecord(*row) for row in rows):
            found.setdefault(job.file_id, []).append(job)
        return found

    def list(self, *, tenant_id: str | None, state: str | None, limit: int) -> list[JobRecord]:
        """The most recently touched jobs."""
        columns = ", ".join(f"job.{name.strip()}" for name in _COLUMNS.split(","))
        rows = self._db.query(
            f"SELECT {columns} FROM job JOIN file USING (file_id) WHERE (? IS NULL OR file.tenant_id = ?)"
            " AND (? IS NULL OR job.state = ?) ORDER BY job.updated_at DESC, job.id DESC LIMIT ?",
            (tenant_id, tenant_id, state, state, limit),
        )
        return [JobRecord(*row) for row in rows]
