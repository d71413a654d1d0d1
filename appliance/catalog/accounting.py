"""What follows from a file's state: the tenant's usage and the folders' counts."""

from appliance.catalog.connection import Database
from appliance.domain.errors import QuotaExceeded
from appliance.domain.files import STORED, FileRecord, State

#: Shown in listings and counted in folders.
LISTED = STORED | {State.WAITING}


class Accounting:
    """Runs inside writes of the files' tables, in the same transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def reserve(self, tenant_id: str, size: int) -> None:
        """Take a file of `size` bytes off the tenant's quota as pending; QuotaExceeded where it does not fit."""
        taken = self._db.execute(
            "UPDATE tenant SET pending_bytes = pending_bytes + ?, pending_files = pending_files + 1 WHERE id = ?"
            " AND (quota_bytes = 0 OR stored_bytes + trash_bytes + pending_bytes + ? <= quota_bytes)"
            " AND (quota_files = 0 OR stored_files + trash_files + pending_files + 1 <= quota_files)",
            (size, tenant_id, size),
        )
        if taken.rowcount != 1:
            raise QuotaExceeded(self._why_not(tenant_id, size), field="size")

    def moved(self, before: FileRecord | None, after: FileRecord) -> None:
        """Carry a file's bytes from the account of one state to that of another."""
        if before is not None:
            self._add(before, -1)
        self._add(after, 1)

    def _add(self, record: FileRecord, sign: int) -> None:
        account = _account_of(record.state)
        if account:
            self._db.execute(
                f"UPDATE tenant SET {account}_bytes = {account}_bytes + ?, {account}_files = {account}_files + ?"
                " WHERE id = ?",
                (sign * record.size, sign, record.tenant_id),
            )
        self.count_folder(record, sign)

    def count_folder(self, record: FileRecord, sign: int) -> None:
        """Count a file into (1) or out of (-1) its folder, where its state is one that listings show."""
        if record.state in LISTED:
            self._db.execute(
                "INSERT INTO folder (tenant_id, path, files, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (tenant_id, path)"
                " DO UPDATE SET files = folder.files + excluded.files, bytes = folder.bytes + excluded.bytes",
                (record.tenant_id, record.path, sign, sign * record.size),
            )

    def _why_not(self, tenant_id: str, size: int) -> str:
        row = self._db.query_one(
            "SELECT quota_bytes, stored_bytes + trash_bytes + pending_bytes, quota_files FROM tenant WHERE id = ?",
            (tenant_id,),
        )
        quota, used, files = row or (0, 0, 0)
        if quota and used + size > quota:
            return f"The quota of {quota} bytes has {max(0, quota - used)} left, the file needs {size}."
        return f"The quota of {files} files is used up."


def _account_of(state: State) -> str | None:
    if state is State.WAITING:
        return "pending"
    if state is State.TRASHED:
        return "trash"
    return "stored" if state in STORED else None
