"""The inbox, which is the outbox too: every event as it came, kept before anybody works on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.catalog.connection import Database
from appliance.catalog.queue import Queue
from appliance.domain.events import Event, EventType, StorageEvent
from appliance.domain.keys import ObjectKey
from appliance.ports import tracing
from appliance.ports.object_store import ObjectInfo


@dataclass(frozen=True, slots=True)
class Arrival:
    """One understood storage event and the body it came in. file_id None where the key has no good shape."""

    event: StorageEvent
    file_id: str | None
    body: str


class Inbox:
    """Appends events once. What `receive` returned for is on disk, in the inbox and in every sql queue."""

    def __init__(self, db: Database, queue: Queue) -> None:
        self._db = db
        self._queue = queue

    def receive(self, source: str, arrivals: Sequence[Arrival], *, now: int) -> list[Event]:
        """Commit storage events and their queue rows in one transaction; those that were new.

        A copy of an event (same bucket, key, event name and sequencer) changes nothing.
        """

        def work() -> list[Event]:
            appended = [self._append_arrival(source, arrival, now) for arrival in arrivals]
            return [event for event in appended if event is not None]

        return self._db.write(work)

    def announce(
        self, type_: EventType, *, file_id: str, key: str, now: int,
        etag: str | None = None, detail: str | None = None, behind_us: int = 0,
    ) -> None:  # fmt: skip
        """Append an event of the appliance's own, in the transaction under way or one of its own.

        Once per file, etag and detail, as long as the inbox remembers it. behind_us: as in Queue.enqueue.
        """
        dedupe = "\n".join((type_, file_id, etag or "", detail or ""))
        event = Event(0, type_, key, file_id, now, etag=etag, detail=detail)
        self._db.write(lambda: self._append("appliance", dedupe, "", event, now, behind_us))

    def announce_objects(self, objects: Sequence[ObjectInfo], *, now: int) -> int:
        """Append that the appliance itself saw objects under well-formed keys in the store; how many events were new.

        Once per version of an object, as long as the inbox remembers it. It stands beside the store's own event and
        replaces none: that one has a sequencer.
        """

        def work() -> int:
            return sum(self._append_object(info, now) is not None for info in objects)

        return self._db.write(work)

    def unpublished(self, limit: int) -> list[tuple[int, str]]:
        """(id, event JSON) of what no outside bus has yet, oldest first."""
        rows = self._db.query("SELECT id, event FROM inbox WHERE published_at IS NULL ORDER BY id LIMIT ?", (limit,))
        return [(row[0], row[1]) for row in rows]

    def mark_published(self, ids: Sequence[int], *, now: int) -> None:
        """The outside bus has confirmed these."""
        marks = ",".join("?" * len(ids))
        self._db.write(
            lambda: self._db.execute(f"UPDATE inbox SET published_at = ? WHERE id IN ({marks})", (now, *ids))
        )

    def forget(self, *, before: int) -> int:
        """Drop what was received before that time and published; how many."""
        sql = "DELETE FROM inbox WHERE received_at < ? AND published_at IS NOT NULL"
        return self._db.write(lambda: int(self._db.execute(sql, (before,)).rowcount))

    def _append_arrival(self, source: str, arrival: Arrival, now: int) -> Event | None:
        stored = arrival.event
        type_ = EventType.OBJECT_CREATED if stored.created else EventType.OBJECT_REMOVED
        event = Event(0, type_, stored.key, arrival.file_id, now, stored.size, stored.etag, stored.sequencer)
        return self._append(source, stored.dedupe_key, arrival.body, event, now)

    def _append_object(self, info: ObjectInfo, now: int) -> Event | None:
        key = ObjectKey.parse(info.key)
        if key is None:
            return None
        event = Event(0, EventType.OBJECT_CREATED, info.key, key.file_id, now, info.size, info.etag)
        return self._append("appliance", f"seen\n{info.key}\n{info.etag}\n{info.modified_at}", "", event, now)

    def _append(self, source: str, dedupe: str, body: str, event: Event, now: int, behind_us: int = 0) -> Event | None:
        event = replace(event, request_id=self._request_id(event))
        in_queue = now if self._queue.services else None
        row = self._db.execute(
            "INSERT INTO inbox (source, dedupe_key, body, event, received_at, published_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (dedupe_key) DO NOTHING RETURNING id",
            (source, dedupe, body, event.to_json(), now, in_queue),
        ).fetchone()
        if row is None:
            return None
        kept = replace(event, id=row[0])
        self._queue.enqueue(kept, now=now, behind_us=behind_us)
        return kept

    def _request_id(self, event: Event) -> str | None:
        """Of the request that promised the file, while its upload is open; else of the work that tells of the event."""
        asked = self._db.query_value("SELECT request_id FROM upload WHERE file_id = ?", (event.file_id,))
        return asked or tracing.request_id()
