"""Shares: what people without a key may see, by a link that nobody can guess."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.catalog.connection import Database
from appliance.domain.errors import NotFound

_COLUMNS = "id, slug, tenant_id, title, path, file_ids, password_hash, download, created_by, created_at, expires_at"


@dataclass(frozen=True, slots=True)
class Share:
    """Either `file_ids`, or all that is under the folder `path` ('' for everything), now and later.

    password_hash: None where whoever has the link may look. download: originals may be saved. Times in Unix
    microseconds.
    """

    id: str
    slug: str
    tenant_id: str
    title: str
    path: str | None
    file_ids: tuple[str, ...]
    password_hash: str | None
    download: bool
    created_by: str
    created_at: int
    expires_at: int | None

    def holds(self, file_id: str, path: str) -> bool:
        """Whether a file of the same tenant, in that folder, belongs to it."""
        if self.path is None:
            return file_id in self.file_ids
        return self.contains_folder(path)

    def contains_folder(self, path: str) -> bool:
        """Whether a folder is the shared one or below it."""
        return self.path is not None and (self.path in ("", path) or path.startswith(f"{self.path}/"))


class Shares:
    """All shares. One that expired stays listed until somebody deletes it, and opens nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(
        self,
        tenant_id: str,
        *,
        title: str,
        path: str | None,
        file_ids: Sequence[str],
        password_hash: str | None,
        download: bool,
        created_by: str,
        expires_at: int | None,
        now: int,
    ) -> Share:
        """Make a share with a slug of 128 random bits."""
        share = Share(
            secrets.token_hex(6), secrets.token_urlsafe(16), tenant_id, title, path, tuple(file_ids), password_hash,
            download, created_by, now, expires_at,
        )  # fmt: skip
        values = (
            share.id, share.slug, tenant_id, title, path, json.dumps(share.file_ids), password_hash, int(download),
            created_by, now, expires_at,
        )  # fmt: skip
        sql = f"INSERT INTO share ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})"
        self._db.write(lambda: self._db.execute(sql, values))
        return share

    def list(self, tenant_id: str) -> list[Share]:
        """A tenant's shares, newest first."""
        rows = self._db.query(
            f"SELECT {_COLUMNS} FROM share WHERE tenant_id = ? ORDER BY created_at DESC, id", (tenant_id,)
        )
        return [_share(row) for row in rows]

    def find(self, slug: str, *, now: int) -> Share | None:
        """The share behind a link; None where there is none, it expired, or its tenant is disabled."""
        columns = ", ".join(f"share.{name}" for name in _COLUMNS.split(", "))
        row = self._db.query_one(
            f"SELECT {columns} FROM share JOIN tenant ON tenant.id = tenant_id"
            " WHERE slug = ? AND (expires_at IS NULL OR expires_at > ?) AND disabled_at IS NULL",
            (slug, now),
        )
        return _share(row) if row else None

    def delete(self, tenant_id: str, share_id: str) -> None:
        """Idempotent; NotFound for another tenant's."""
        row = self._db.query_one("SELECT tenant_id FROM share WHERE id = ?", (share_id,))
        if row is not None and row[0] != tenant_id:
            raise NotFound(f"There is no share {share_id}.", field="shareId")
        self._db.write(lambda: self._db.execute("DELETE FROM share WHERE id = ?", (share_id,)))


def _share(row: Sequence[object]) -> Share:
    fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
    fields["file_ids"] = tuple(json.loads(str(fields["file_ids"])))
    fields["download"] = bool(fields["download"])
    return Share(**fields)  # type: ignore[arg-type]
