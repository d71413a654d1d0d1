"""API keys and the pairing codes that are traded for them. Secrets are kept as SHA-256 only."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.catalog.connection import Database
from appliance.catalog.models import ApiKey, Pairing
from appliance.domain.access import SCOPES, AccessKey, parse_scopes
from appliance.domain.errors import NotFound, Unauthorized

PAIRING_US = 10 * 60 * 1_000_000
_TRIES = 5
#: Without 0/O, 1/I/L: codes are read out over the phone.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_TOUCH_US = 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as it is listed; the secret itself is shown once, when it is made."""

    id: str
    tenant_id: str
    name: str
    scopes: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None


class AccessKeys:
    """All keys. A key is `mk_{id}_{secret}`: the id finds the row, the secret's hash is compared in constant time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(
        self, tenant_id: str, name: str, scopes: Iterable[str], *, now: int, expires_at: int | None = None
    ) -> tuple[str, str]:
        """Make a key; (its id, its secret text, shown this once)."""
        granted = parse_scopes(scopes)
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(24)
        text = f"mk_{key_id}_{secret}"
        self._db.write(
            lambda: ApiKey.create(
                id=key_id, tenant_id=tenant_id, name=name, scopes=" ".join(sorted(granted)),
                secret_hash=_digest(text), created_at=now, expires_at=expires_at,
            )
        )  # fmt: skip
        return key_id, text

    def check(self, text: str, *, now: int) -> AccessKey:
        """Whose key that is; Unauthorized where it is nobody's, revoked, expired or of a disabled tenant."""
        prefix, _, rest = text.partition("_")
        key_id = rest.partition("_")[0]
        row = self._db.query_one(
            "SELECT api_key.tenant_id, api_key.name, scopes, secret_hash, expires_at, revoked_at, last_used_at,"
            " disabled_at FROM api_key JOIN tenant ON tenant.id = api_key.tenant_id WHERE api_key.id = ?",
            (key_id,),
        )
        # Compare against something in any case, so that an unknown id takes as long as a wrong secret.
        known = row[3] if row else _digest("")
        if not hmac.compare_digest(known, _digest(text)) or prefix != "mk" or row is None:
            raise Unauthorized("This key is not known here.")
        tenant_id, name, scopes, _, expires_at, revoked_at, last_used_at, disabled_at = row
        if revoked_at is not None:
            raise Unauthorized("This key was revoked.")
        if expires_at is not None and expires_at <= now:
            raise Unauthorized("This key has expired.")
        if disabled_at is not None:
            raise Unauthorized("This key's tenant is disabled.")
        if last_used_at is None or now - last_used_at > _TOUCH_US:
            sql = "UPDATE api_key SET last_used_at = ? WHERE id = ?"
            self._db.submit(lambda: self._db.execute(sql, (now, key_id)))
        return AccessKey(key_id, tenant_id, name, frozenset(scopes.split()))

    def list(self, tenant_id: str | None = None) -> list[KeyRow]:
        rows = self._db.query(
            "SELECT id, tenant_id, name, scopes, created_at, expires_at, revoked_at, last_used_at FROM api_key"
            " WHERE ? IS NULL OR tenant_id = ? ORDER BY created_at, id",
            (tenant_id, tenant_id),
        )
        return [KeyRow(*row) for row in rows]

    def revoke(self, key_id: str, *, now: int) -> None:
        """Idempotent; NotFound for an id that never was."""
        if self._db.query_one("SELECT 1 FROM api_key WHERE id = ?", (key_id,)) is None:
            raise NotFound(f"There is no key {key_id}.", field="keyId")
        sql = "UPDATE api_key SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?"
        self._db.write(lambda: self._db.execute(sql, (now, key_id)))


class Pairings:
    """Codes that a device trades for a key of its own: 10 minutes, one use, five tries.

    A code is `{id}-{secret}`, four and eight letters; a wrong secret for a right id uses up a try.
    """

    def __init__(self, db: Database, keys: AccessKeys) -> None:
        self._db = db
        self._keys = keys

    def offer(self, tenant_id: str, name: str, scopes: Iterable[str], *, now: int) -> str:
        """A new code."""
        granted = " ".join(sorted(parse_scopes(scopes)))
        code_id, secret = _letters(4), _letters(8)
        self._db.write(
            lambda: Pairing.create(
                id=code_id, code_hash=_digest(secret), tenant_id=tenant_id, name=name, scopes=granted,
                expires_at=now + PAIRING_US, tries_left=_TRIES,
            )
        )  # fmt: skip
        return f"{code_id}-{secret}"

    def redeem(self, code: str, device_name: str, *, now: int) -> tuple[AccessKey, str]:
        """Trade a code for a key: (whose it is, its secret text). Unauthorized for any code that is no longer good."""
        code_id, _, secret = code.strip().upper().partition("-")
        refused = Unauthorized("This pairing code is wrong, used up or older than 10 minutes: make a new one.")

        def work() -> tuple[AccessKey, str] | None:
            pairing = Pairing.get_or_none(Pairing.id == code_id)
            if pairing is None or pairing.used_at is not None or pairing.expires_at <= now or not pairing.tries_left:
                return None
            if not hmac.compare_digest(pairing.code_hash, _digest(secret)):
                Pairing.update(tries_left=Pairing.tries_left - 1).where(Pairing.id == code_id).execute()
                return None
            Pairing.update(used_at=now).where(Pairing.id == code_id).execute()
            name = device_name or pairing.name
            scopes = pairing.scopes.split()
            key_id, text = self._keys.create(pairing.tenant_id, name, scopes, now=now)
            return AccessKey(key_id, pairing.tenant_id, name, frozenset(scopes)), text

        traded = self._db.write(work)
        if traded is None:
            raise refused
        return traded

    def any_used(self) -> bool:
        """Whether a device was ever paired."""
        return self._db.query_one("SELECT 1 FROM pairing WHERE used_at IS NOT NULL LIMIT 1") is not None

    def forget(self, *, before: int) -> int:
        """Drop unused codes that expired before that time; how many."""
        sql = "DELETE FROM pairing WHERE expires_at < ? AND used_at IS NULL"
        return self._db.write(lambda: int(self._db.execute(sql, (before,)).rowcount))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


#: What a key gets where nothing else is asked for.
EVERYDAY_SCOPES = tuple(sorted(SCOPES - {"admin"}))
