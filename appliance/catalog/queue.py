"""The tables behind the `sql` event bus: one row per event and service, gone when acknowledged.

A lease is a receipt with `available_at` in the future: a row whose worker died simply becomes due again.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from appliance.catalog.connection import Database
from appliance.catalog.jobs import Jobs
from appliance.catalog.pulse import QUEUES
from appliance.domain.events import Event, EventType
from appliance.domain.jobs import waits

_MAX_ERROR = 2000


@dataclass(frozen=True, slots=True)
class QueueRow:
    """event: JSON as published. attempts: this claim included. Times in Unix microseconds."""

    id: int
    service: str
    event: str
    attempts: int
    receipt: str | None
    queued_at: int
    dead_at: int | None
    error: str | None


_COLUMNS = "id, service, event, attempts, receipt, queued_at, dead_at, error"


class Queue:
    """At-least-once queues of the named services, shared by all processes on this catalog.

    Work that people wait for has its job from the moment it is queued, by the same commit.
    """

    def __init__(self, db: Database, jobs: Jobs, filters: Mapping[str, Collection[EventType]]) -> None:
        self._db = db
        self._jobs = jobs
        self._filters = filters
        self.services = tuple(filters)

    def enqueue(self, event: Event, *, now: int, behind_us: int = 0) -> None:
        """Put an event into the queue of every service that subscribes to its type.

        In the transaction under way or one of its own. behind_us: how much later than now it takes its place, so that
        short work overtakes long work, yet none waits for ever.
        """
        wanted = [service for service, types in self._filters.items() if event.type in types]

        def work() -> None:
            for service in wanted:
                self._insert(service, event, now, behind_us)

        self._db.write(work)

    def enqueue_for(self, service: str, event: Event, *, now: int) -> None:
        """Put an event into one service's queue alone: for what a person wants done again."""
        self._db.write(lambda: self._insert(service, event, now, 0))

    def withdraw(self, service: str, file_id: str) -> int:
        """Take all events of a file out of one service's queue; how many. Whoever works on one loses its lease."""
        sql = "DELETE FROM delivery WHERE service = ? AND json_extract(event, '$.file_id') = ?"
        return self._db.write(lambda: int(self._db.execute(sql, (service, file_id)).rowcount))

    def claim(self, service: str, *, now: int, lease_us: int, limit: int) -> list[QueueRow]:
        """Lease up to `limit` due rows, in the order of their places."""
        # A look costs microseconds, a write transaction a disk flush: take the lock only where there is work.
        if not self._db.query_one(
            "SELECT 1 FROM delivery WHERE service = ? AND dead_at IS NULL AND available_at <= ? LIMIT 1", (service, now)
        ):
            return []

        def work() -> list[QueueRow]:
            rows = self._db.execute(
                "UPDATE delivery SET receipt = ?, available_at = ?, attempts = attempts + 1 WHERE id IN ("
                "SELECT id FROM delivery WHERE service = ? AND dead_at IS NULL AND available_at <= ?"
                f" ORDER BY place, id LIMIT ?) RETURNING {_COLUMNS}",
                (secrets.token_hex(8), now + lease_us, service, now, limit),
            ).fetchall()
            return sorted((QueueRow(*row) for row in rows), key=lambda row: row.id)

        return self._db.write(work)

    def extend(self, row_id: int, receipt: str, *, until: int) -> bool:
        """Move the end of a lease; False where it is no longer ours."""
        return self._change("UPDATE delivery SET available_at = ?", (until,), row_id, receipt)

    def delete(self, row_id: int, receipt: str) -> bool:
        """Acknowledge; False where the lease is no longer ours."""
        return self._change("DELETE FROM delivery", (), row_id, receipt)

    def release(self, row_id: int, receipt: str, *, available_at: int, error: str, counts: bool) -> bool:
        """Give back, to be claimed again from `available_at`. counts: False takes back that this was an attempt."""
        return self._change(
            "UPDATE delivery SET receipt = NULL, available_at = ?, error = ?, attempts = attempts - ?",
            (available_at, error[:_MAX_ERROR], 0 if counts else 1),
            row_id,
            receipt,
        )

    def bury(self, row_id: int, receipt: str, *, now: int, error: str) -> bool:
        """Move to the dead letters."""
        return self._change(
            "UPDATE delivery SET receipt = NULL, dead_at = ?, error = ?", (now, error[:_MAX_ERROR]), row_id, receipt
        )

    def dead(self, service: str | None, *, limit: int) -> list[QueueRow]:
        """The newest dead letters."""
        rows = self._db.query(
            f"SELECT {_COLUMNS} FROM delivery WHERE dead_at IS NOT NULL AND (? IS NULL OR service = ?)"
            " ORDER BY id DESC LIMIT ?",
            (service, service, limit),
        )
        return [QueueRow(*row) for row in rows]

    def revive(self, *, service: str | None, ids: Sequence[int] | None, now: int) -> int:
        """Put dead letters into their queues anew, as rows without attempts; how many."""
        where, params = "dead_at IS NOT NULL", []
        if service is not None:
            where += " AND service = ?"
            params.append(service)
        if ids is not None:
            where += f" AND id IN ({','.join('?' * len(ids))})"
        values = (*params, *(ids or ()))

        def work() -> int:
            # New rows, not changed ones: who waits for a queue watches its newest id.
            dead = self._db.execute(f"SELECT service, event FROM delivery WHERE {where} ORDER BY id", values).fetchall()
            for name, event in dead:
                self._insert(name, Event.from_json(event), now, 0)
            return int(self._db.execute(f"DELETE FROM delivery WHERE {where}", values).rowcount)

        return self._db.write(work)

    def newest(self) -> int:
        """Grows with every row that is queued, in whatever service's queue and by whatever process."""
        return self._db.pulse.read(QUEUES)

    def wait(self, seen: int, timeout_s: float) -> None:
        """Return as soon as `newest` is past `seen`, at the latest after the time-out."""
        self._db.pulse.wait(QUEUES, seen, timeout_s)

    def next_due(self, service: str) -> int | None:
        """When the first row of a service comes due or its lease runs out (Unix microseconds); None for none."""
        due: int | None = self._db.query_value(
            "SELECT available_at FROM delivery WHERE service = ? AND dead_at IS NULL ORDER BY available_at LIMIT 1",
            (service,),
        )
        return due

    def depths(self, now: int) -> dict[str, tuple[int, int, int, int, int | None]]:
        """By service: ready, delayed, leased, dead, and when the oldest living row was queued."""
        rows = self._db.query(
            "SELECT service, SUM(dead_at IS NULL AND available_at <= ?),"
            " SUM(dead_at IS NULL AND available_at > ? AND receipt IS NULL),"
            " SUM(dead_at IS NULL AND available_at > ? AND receipt IS NOT NULL),"
            " SUM(dead_at IS NOT NULL), MIN(CASE WHEN dead_at IS NULL THEN queued_at END)"
            " FROM delivery GROUP BY service",
            (now, now, now),
        )
        found = {row[0]: (row[1], row[2], row[3], row[4], row[5]) for row in rows}
        return {service: found.get(service, (0, 0, 0, 0, None)) for service in self.services}

    def _insert(self, service: str, event: Event, now: int, behind_us: int) -> None:
        self._db.execute(
            "INSERT INTO delivery (service, event, queued_at, available_at, place) VALUES (?, ?, ?, ?, ?)",
            (service, event.to_json(), now, now, now + behind_us),
        )
        if event.file_id is not None and waits(service, event):
            self._jobs.queued(event.file_id, service, now=now)

    def _change(self, sql: str, values: tuple[object, ...], row_id: int, receipt: str) -> bool:
        statement = f"{sql} WHERE id = ? AND receipt = ? AND dead_at IS NULL"
        return self._db.write(lambda: bool(self._db.execute(statement, (*values, row_id, receipt)).rowcount == 1))
