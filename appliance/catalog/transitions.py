"""The one writer of a file's state: a conditional UPDATE, with the accounts, the index and the feed beside it."""

from dataclasses import replace
from typing import Any

from appliance.catalog.accounting import Accounting
from appliance.catalog.connection import Database
from appliance.catalog.files import Files
from appliance.catalog.rows import to_column
from appliance.catalog.search import SearchIndex
from appliance.domain.errors import Conflict
from appliance.domain.files import STORED, TRANSITIONS, FileEvent, FileRecord, State

#: The fields that services fill and an overwrite voids.
NO_FACTS: dict[str, Any] = {
    "width": None, "height": None, "duration": None, "video_codec": None, "audio_codec": None,
    "ready_to_stream": False, "error_type": None, "error_detail": None,
    "generation": 0, "stills": 0, "placeholder": None,
}  # fmt: skip


class Transitions:
    """Runs inside writes."""

    def __init__(self, db: Database, files: Files, accounting: Accounting, search: SearchIndex) -> None:
        self._db = db
        self._files = files
        self._accounting = accounting
        self._search = search

    def move(self, before: FileRecord, to: State, event: FileEvent, changes: dict[str, Any], now: int) -> FileRecord:
        """Bring a file from the state it was read in to another, its fields along; the record after.

        Raises Conflict where no such step exists, or the file has moved on.
        """
        if to is not before.state and to not in TRANSITIONS[before.state]:
            raise Conflict(f"The file is {before.state}; it cannot become {to}.")
        after = replace(before, state=to, updated_at=now, **changes)
        columns = {**changes, "state": to, "updated_at": now}
        moved = self._db.execute(
            f"UPDATE file SET {', '.join(f'{name} = ?' for name in columns)} WHERE file_id = ? AND state = ?",
            (*(to_column(value) for value in columns.values()), before.file_id, before.state),
        )
        if moved.rowcount != 1:
            raise Conflict(f"The file is no longer {before.state}.")
        self._accounting.moved(before, after)
        if after.kind is not before.kind or after.state is State.DELETED:
            self._search.write(after)
        self._files.note_change(after, event, now)
        return after

    def settle(
        self, file_id: str, etag: str, to: State | None, event: FileEvent, changes: dict[str, Any], now: int
    ) -> bool:
        """Write what became of these bytes; to None keeps the stage. False where the file moved on or is there already.

        Work goes on in the trash, so that a file comes back finished.
        """
        record = self._files.find(file_id)
        if record is None or record.etag != etag or record.stage not in STORED or record.stage is to:
            return False
        if record.state is State.TRASHED:
            restored = {**changes, "restore_state": to or record.stage}
            self.move(record, State.TRASHED, FileEvent.UPDATED, restored, now)
            return True
        self.move(record, to or record.state, event, changes, now)
        if changes.get("ready_to_stream") and not record.ready_to_stream:
            self._files.note_change(record, FileEvent.READY_TO_STREAM, now)
        return True
