"""Files that nobody changed for longer than their tenant keeps such."""

from collections.abc import Sequence

from appliance.catalog.connection import Database
from appliance.catalog.files import Files
from appliance.catalog.lifecycle import Lifecycle
from appliance.domain.files import STORED, FileRecord
from appliance.domain.retention import KEEP_TAG, RetentionAction

_STORED = ", ".join(f"'{state}'" for state in sorted(STORED))


class Retention:
    """Time counts from a file's last change, whoever made it: one that was restored begins anew."""

    def __init__(self, db: Database, files: Files, lifecycle: Lifecycle) -> None:
        self._db = db
        self._files = files
        self._lifecycle = lifecycle

    def due(self, tenant_id: str, *, before: int, after: int, limit: int) -> list[tuple[int, str]]:
        """(place, file id) of files last changed before that time that may go, in order of places from `after` on."""
        return [
            (row[0], row[1])
            for row in self._db.query(
                f"SELECT seq, file_id FROM file WHERE tenant_id = ? AND seq > ? AND state IN ({_STORED})"
                " AND updated_at < ? AND NOT EXISTS (SELECT 1 FROM json_each(file.tags) WHERE value = ?)"
                " ORDER BY seq LIMIT ?",
                (tenant_id, after, before, KEEP_TAG, limit),
            )
        ]

    def expire(self, file_ids: Sequence[str], action: RetentionAction, *, before: int, now: int) -> int:
        """End these in one transaction, but for those that were changed or tagged meanwhile; how many went."""

        def work() -> int:
            return sum(self._expire(file_id, action, before, now) for file_id in file_ids)

        return self._db.write(work)

    def _expire(self, file_id: str, action: RetentionAction, before: int, now: int) -> bool:
        record = self._files.find(file_id)
        if record is None or not _may_go(record, before):
            return False
        end = self._lifecycle.delete if action is RetentionAction.DELETE else self._lifecycle.trash
        end(record.tenant_id, file_id, now=now)
        return True


def _may_go(record: FileRecord, before: int) -> bool:
    return record.state in STORED and record.updated_at < before and KEEP_TAG not in record.tags
