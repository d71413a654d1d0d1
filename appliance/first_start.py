"""The tenant and keys that every appliance begins with, and the file that hands them to its own machine."""

import contextlib
import json
import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from appliance.catalog.access import EVERYDAY_SCOPES
from appliance.catalog.catalog import Catalog
from appliance.credentials import create_private
from appliance.domain.errors import Conflict, NotFound, SetupError
from appliance.ports.clock import Clock

TENANT = "default"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this machine reaches its own appliance."""

    api_url: str
    cdn_url: str
    s3_url: str

    def as_json(self) -> dict[str, str]:
        return {"apiUrl": self.api_url, "cdnUrl": self.cdn_url, "s3Url": self.s3_url}


@dataclass(frozen=True, slots=True)
class Quota:
    """Of a new tenant, in bytes and files; 0 for no limit."""

    bytes: int
    files: int


class FirstStart:
    """Everything here may run at each start, in several processes at once."""

    def __init__(self, catalog: Catalog, data_dir: Path, addresses: Addresses, quota: Quota, clock: Clock) -> None:
        self._catalog = catalog
        self._path = data_dir / "credentials.json"
        self.addresses = addresses
        self._quota = quota
        self._clock = clock

    def run(self) -> None:
        """Make the tenant `default`, two keys and the file where there are none; keep the file's addresses true.

        Where keys were made before and the file is gone, nothing is made: somebody may have removed it on purpose.
        """
        self._ensure_tenant()
        known = self._read()
        if known is not None:
            if any(known.get(name) != value for name, value in self.addresses.as_json().items()):
                self._replace({**known, **self.addresses.as_json()})
        elif self._catalog.keys.list():
            _log.warning("%s is gone; `media-appliance key renew` makes new keys and a new file", self._path)
        else:
            with contextlib.suppress(FileExistsError):
                create_private(self._path, json.dumps(self._make(), indent=1))

    def published(self) -> dict[str, str]:
        """The addresses that the last start wrote into the file; those of the settings where there is none."""
        known = self._read() or {}
        return {name: known.get(name, value) for name, value in self.addresses.as_json().items()}

    def renew(self) -> Path:
        """Make two new keys and the file; the keys of the file before are revoked. Where the file is."""
        self._ensure_tenant()
        before: dict[str, str] = {}
        with contextlib.suppress(SetupError):
            before = self._read() or {}
        self._replace(self._make())
        for name in ("apiKey", "adminKey"):
            with contextlib.suppress(NotFound, IndexError):
                self._catalog.keys.revoke(before.get(name, "").split("_")[1], now=self._clock())
        return self._path

    def _ensure_tenant(self) -> None:
        if self._catalog.tenants.find(TENANT) is None:
            with contextlib.suppress(Conflict):
                quota = self._quota
                self._catalog.tenants.add(
                    TENANT, TENANT, quota_bytes=quota.bytes, quota_files=quota.files, now=self._clock()
                )

    def _make(self) -> dict[str, str]:
        keys, now = self._catalog.keys, self._clock()
        _, api_key = keys.create(TENANT, "this machine", EVERYDAY_SCOPES, now=now)
        _, admin_key = keys.create(TENANT, "this machine (admin)", ["admin"], now=now)
        return {**self.addresses.as_json(), "tenantId": TENANT, "apiKey": api_key, "adminKey": admin_key}

    def _read(self) -> dict[str, str] | None:
        try:
            known = json.loads(self._path.read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SetupError(f"Cannot read {self._path}: {error}.") from None
        if not isinstance(known, dict):
            raise SetupError(f"{self._path} does not hold an object; `media-appliance key renew` makes a new one.")
        return known

    def _replace(self, content: dict[str, str]) -> None:
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            create_private(draft, json.dumps(content, indent=1))
            draft.replace(self._path)
        except OSError as error:
            raise SetupError(f"Cannot write {self._path}: {error.strerror}.") from None
