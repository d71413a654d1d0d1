"""Browsers that signed in with a key. The token in their cookie is kept as SHA-256 only."""

import hashlib
import secrets

from appliance.catalog.connection import Database
from appliance.domain.access import AccessKey

LIFE_US = 14 * 24 * 3600 * 1_000_000


class BrowserSessions:
    """A session is as good as its key: one that is revoked or expires ends all its sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def open(self, key_id: str, *, now: int) -> str:
        """Begin a session of a key that was checked; its token, shown this once. What has expired is forgotten."""
        token = secrets.token_urlsafe(32)

        def work() -> None:
            self._db.execute("DELETE FROM browser_session WHERE expires_at <= ?", (now,))
            self._db.execute(
                "INSERT INTO browser_session (token_hash, key_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
                (_digest(token), key_id, now, now + LIFE_US),
            )

        self._db.write(work)
        return token

    def find(self, token: str, *, now: int) -> AccessKey | None:
        """Whose session that is, None where it is over."""
        row = self._db.query_one(
            "SELECT api_key.id, api_key.tenant_id, api_key.name, scopes FROM browser_session"
            " JOIN api_key ON api_key.id = key_id JOIN tenant ON tenant.id = api_key.tenant_id"
            " WHERE token_hash = ? AND browser_session.expires_at > ? AND revoked_at IS NULL"
            " AND (api_key.expires_at IS NULL OR api_key.expires_at > ?) AND disabled_at IS NULL",
            (_digest(token), now, now),
        )
        return AccessKey(row[0], row[1], row[2], frozenset(row[3].split())) if row else None

    def close(self, token: str) -> None:
        """Sign out. Idempotent."""
        sql = "DELETE FROM browser_session WHERE token_hash = ?"
        self._db.write(lambda: self._db.execute(sql, (_digest(token),)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
