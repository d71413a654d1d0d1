"""Tenants: walls between teams, with a quota and a signing secret each."""

import secrets
from dataclasses import dataclass

from appliance.catalog.connection import Database
from appliance.catalog.models import Tenant
from appliance.domain.errors import Conflict, NotFound
from appliance.domain.keys import check_tenant_id
from appliance.domain.renditions import TranscodeChoice
from appliance.domain.retention import RetentionAction


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """Quotas of 0 mean no limit. Usage in bytes and files: stored, in the trash, reserved by unfinished uploads.

    retention_days: after so many without a change a file goes the way of retention_action; 0 for never.
    """

    id: str
    name: str
    created_at: int
    disabled_at: int | None
    signing_secret: bytes
    quota_bytes: int
    quota_files: int
    stored_bytes: int
    stored_files: int
    trash_bytes: int
    trash_files: int
    pending_bytes: int
    pending_files: int
    transcode: str
    rendition_bytes: int
    retention_days: int
    retention_action: str


class Tenants:
    """All tenants. A disabled one's keys open nothing and its links answer 404; its files are kept."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, tenant_id: str, name: str, *, quota_bytes: int, quota_files: int, now: int) -> TenantRecord:
        """Make a tenant; Conflict where there is one of that id, InvalidRequest for a malformed id."""
        check_tenant_id(tenant_id)

        def work() -> None:
            if Tenant.get_or_none(Tenant.id == tenant_id) is not None:
                raise Conflict(f"There is a tenant {tenant_id} already.", field="tenantId")
            Tenant.create(
                id=tenant_id, name=name, created_at=now, signing_secret=secrets.token_bytes(32),
                quota_bytes=quota_bytes, quota_files=quota_files, stored_bytes=0, stored_files=0,
                trash_bytes=0, trash_files=0, pending_bytes=0, pending_files=0,
            )  # fmt: skip

        self._db.write(work)
        return self.get(tenant_id)

    def find(self, tenant_id: str) -> TenantRecord | None:
        row = self._db.query_one(f"SELECT {_COLUMNS} FROM tenant WHERE id = ?", (tenant_id,))
        return TenantRecord(*row) if row else None

    def get(self, tenant_id: str) -> TenantRecord:
        """NotFound where there is none of that id."""
        found = self.find(tenant_id)
        if found is None:
            raise NotFound(f"There is no tenant {tenant_id}.", field="tenantId")
        return found

    def all(self) -> list[TenantRecord]:
        return [TenantRecord(*row) for row in self._db.query(f"SELECT {_COLUMNS} FROM tenant ORDER BY id")]

    def promised_bytes(self) -> int:
        """What all tenants' unfinished uploads may still bring."""
        return int(self._db.query_value("SELECT COALESCE(SUM(pending_bytes), 0) FROM tenant"))

    def rename(self, tenant_id: str, name: str) -> None:
        self._update(tenant_id, "name = ?", name)

    def set_quota(self, tenant_id: str, *, quota_bytes: int, quota_files: int) -> None:
        self._update(tenant_id, "quota_bytes = ?, quota_files = ?", quota_bytes, quota_files)

    def set_transcode(self, tenant_id: str, choice: TranscodeChoice) -> None:
        """What is to be made of films that come from now on."""
        self._update(tenant_id, "transcode = ?", choice)

    def set_retention(self, tenant_id: str, *, days: int, action: RetentionAction) -> None:
        """How long files stay that nobody changes, from now on; those that are too old already go within the hour."""
        self._update(tenant_id, "retention_days = ?, retention_action = ?", days, action)

    def disable(self, tenant_id: str, *, now: int) -> None:
        self._update(tenant_id, "disabled_at = ?", now)

    def enable(self, tenant_id: str) -> None:
        self._update(tenant_id, "disabled_at = ?", None)

    def rotate_signing_secret(self, tenant_id: str) -> None:
        """Every private link made so far dies within seconds."""
        self._update(tenant_id, "signing_secret = ?", secrets.token_bytes(32))

    def _update(self, tenant_id: str, assignments: str, *values: object) -> None:
        self.get(tenant_id)
        sql = f"UPDATE tenant SET {assignments} WHERE id = ?"
        self._db.write(lambda: self._db.execute(sql, (*values, tenant_id)))


_COLUMNS = ", ".join(TenantRecord.__slots__)
