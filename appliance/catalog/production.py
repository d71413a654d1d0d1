"""What the services make of a file's bytes, and how far they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.catalog.connection import Database
from appliance.catalog.files import Files
from appliance.catalog.generations import Generations
from appliance.catalog.inbox import Inbox
from appliance.catalog.transitions import NO_FACTS, Transitions
from appliance.domain.errors import ChecksumMismatch
from appliance.domain.events import EventType
from appliance.domain.files import STORED, FileEvent, FileRecord, State
from appliance.domain.media import MediaFacts
from appliance.domain.renditions import Rendition

#: A file takes its place in a queue as if it had come this much later, for each second it runs.
_BEHIND_US = 2_000_000


@dataclass(frozen=True, slots=True)
class Publication:
    """A finished generation. bytes: of all its objects. final: no further one is to come."""

    number: int
    renditions: Sequence[Rendition]
    bytes: int
    final: bool = True


class Production:
    """Every method names the bytes by their etag, and does nothing and says False where the file has others by now."""

    def __init__(
        self, db: Database, files: Files, transitions: Transitions, generations: Generations, inbox: Inbox
    ) -> None:
        self._db = db
        self._files = files
        self._transitions = transitions
        self._generations = generations
        self._inbox = inbox

    def started(self, file_id: str, etag: str, *, now: int) -> bool:
        """A service looks into these bytes now."""
        return self._settle(file_id, etag, State.PROCESSING, FileEvent.PROCESSING, {}, now)

    def probed(self, file_id: str, etag: str, facts: MediaFacts, *, final: bool, now: int) -> bool:
        """What these bytes are is known, and the services that make something of them are told.

        final: nothing is to come before the file counts as ready. Short files overtake long ones in the queues.
        """
        changes = {
            "kind": facts.kind, "width": facts.width, "height": facts.height, "duration": facts.duration,
            "video_codec": facts.video_codec, "audio_codec": facts.audio_codec,
            "ready_to_stream": facts.plays_as_is, "error_type": None, "error_detail": None,
        }  # fmt: skip

        def work() -> bool:
            record = self._current(file_id, etag)
            if record is None:
                return False
            to, event = (State.READY, FileEvent.READY) if final else (State.PROCESSING, FileEvent.UPDATED)
            same = to is record.stage and not final
            if not self._settle(file_id, etag, None if same else to, event, changes, now):
                return False
            self._announce(EventType.FILE_PROBED, record, facts.duration, now)
            return True

        return self._db.write(work)

    def errored(
        self, file_id: str, etag: str, error_type: str, detail: str, *, now: int, facts_hold: bool = False
    ) -> bool:
        """A service gave up on these bytes; the original stays. facts_hold: what the probe found stays true."""
        changes = {**({} if facts_hold else NO_FACTS), "error_type": error_type, "error_detail": detail}
        return self._settle(file_id, etag, State.ERRORED, FileEvent.ERRORED, changes, now)

    def reopened(self, file_id: str, etag: str, *, now: int) -> bool:
        """Somebody wants done again what a service gave up on, or had finished with."""
        changes = {"error_type": None, "error_detail": None}
        return self._settle(file_id, etag, State.PROCESSING, FileEvent.PROCESSING, changes, now)

    def verified(self, file_id: str, etag: str, sha256: str, *, now: int) -> bool:
        """The stored bytes were read and have that hash (lower-case hex)."""

        def work() -> bool:
            changed = self._db.execute(
                "UPDATE file SET sha256 = ?, sha256_verified = 1, updated_at = ? WHERE file_id = ? AND etag = ?",
                (sha256, now, file_id, etag),
            )
            return bool(changed.rowcount == 1)

        return self._db.write(work)

    def publish(self, file_id: str, etag: str, made: Publication, *, now: int) -> bool:
        """Make a finished generation of the ladder the current one. Where this says False, delete its objects.

        The first one lets the file be played and starts the work on the full ladder; the final one makes it ready.
        """

        def work() -> bool:
            record = self._current(file_id, etag)
            if record is None or not self._publish(record, made, now):
                return False
            changes = {"generation": made.number, "ready_to_stream": True, "error_type": None, "error_detail": None}
            to = State.READY if made.final and record.stage is not State.READY else None
            self._settle(file_id, etag, to, FileEvent.READY if to else FileEvent.UPDATED, changes, now)
            if not made.final:
                self.playable(file_id, etag, now=now)
            return True

        return self._db.write(work)

    def captioned(self, file_id: str, etag: str, made: Publication, *, now: int) -> bool:
        """Put a finished layer of captions over the ladder that it was made for. Where this says False, delete it."""

        def work() -> bool:
            record = self._current(file_id, etag)
            if record is None or not self._publish(record, made, now):
                return False
            return self._settle(file_id, etag, None, FileEvent.UPDATED, {"generation": made.number}, now)

        return self._db.write(work)

    def playable(self, file_id: str, etag: str, *, now: int) -> bool:
        """A first playable form exists: the full ladder may be made."""

        def work() -> bool:
            record = self._current(file_id, etag)
            if record is not None:
                self._announce(EventType.FILE_PLAYABLE, record, record.duration, now)
            return record is not None

        return self._db.write(work)

    def finished(self, file_id: str, etag: str, *, now: int) -> bool:
        """Nothing more is made of these bytes: the file is ready as it is."""
        return self._settle(file_id, etag, State.READY, FileEvent.READY, {}, now)

    def illustrated(self, file_id: str, etag: str, made: Publication, placeholder: str | None, *, now: int) -> bool:
        """Make a finished generation of stills the current one. Where this says False, delete its objects."""

        def work() -> bool:
            record = self._current(file_id, etag)
            if record is None or not self._publish(record, made, now):
                return False
            changes = {"stills": made.number, "placeholder": placeholder}
            return self._settle(file_id, etag, None, FileEvent.UPDATED, changes, now)

        return self._db.write(work)

    def downloadable(self, file_id: str, etag: str, made: Publication, *, now: int) -> bool:
        """A download that somebody asked for is there. Where this says False, delete its objects."""

        def work() -> bool:
            record = self._current(file_id, etag)
            if record is None or not self._publish(record, made, now):
                return False
            self._files.note_change(record, FileEvent.UPDATED, now)
            return True

        return self._db.write(work)

    def _current(self, file_id: str, etag: str) -> FileRecord | None:
        record = self._files.find(file_id)
        if record is None or record.etag != etag or record.stage not in STORED:
            return None
        # Bytes that are not those the client sent get no further, whatever can be made of them.
        return None if record.error_type == ChecksumMismatch.type else record

    def _publish(self, record: FileRecord, made: Publication, now: int) -> bool:
        return self._generations.publish(record.file_id, made.number, made.renditions, made.bytes, now=now)

    def _settle(
        self, file_id: str, etag: str, to: State | None, event: FileEvent, changes: dict[str, Any], now: int
    ) -> bool:
        return self._db.write(lambda: self._transitions.settle(file_id, etag, to, event, changes, now))

    def _announce(self, type_: EventType, record: FileRecord, duration: float | None, now: int) -> None:
        self._inbox.announce(
            type_,
            file_id=record.file_id,
            key=record.object_key,
            etag=record.etag,
            behind_us=round(_BEHIND_US * (duration or 0)),
            now=now,
        )
