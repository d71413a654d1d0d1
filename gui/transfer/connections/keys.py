"""API keys at rest: in the system's keyring, or in a file for the owner's eyes alone where there is none."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gui.transfer.errors import NotConfigured
from gui.transfer.places import write_private

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SERVICE = "media-appliance"


class Keys:
    """Keys by the id of their connection. Safe to use from several processes, by one thread each at a time.

    file: where keys go that no keyring takes; mode 0600, read again for each call.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ring = _keyring()

    @property
    def note(self) -> str:
        """Where keys lie, in one sentence."""
        if self._ring is None:
            return f"This system has no keyring: keys lie in {self._file}, which only your account can read."
        return f"Keys lie in the keyring of this system ({self._ring.name})."

    def get(self, connection_id: str) -> str | None:
        """None where there is none, or the keyring is locked and stays so."""
        from_ring = None
        if self._ring is not None:
            with suppress(*_failures()):
                from_ring = self._ring.get_password(_SERVICE, connection_id)
        return from_ring or self._read().get(connection_id)

    def put(self, connection_id: str, key: str) -> None:
        """Keep or replace a key. NotConfigured where neither place takes it."""
        if self._ring is not None:
            with suppress(*_failures()):
                self._ring.set_password(_SERVICE, connection_id, key)
                self._forget_in_file(connection_id)
                return
        self._write({**self._read(), connection_id: key})

    def remove(self, connection_id: str) -> None:
        """Idempotent."""
        if self._ring is not None:
            with suppress(*_failures()):
                self._ring.delete_password(_SERVICE, connection_id)
        self._forget_in_file(connection_id)

    def _forget_in_file(self, connection_id: str) -> None:
        known = self._read()
        if known.pop(connection_id, None) is not None:
            self._write(known)

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise NotConfigured(f"Cannot read the keys in {self._file}: {error}.") from None
        return {str(name): str(value) for name, value in known.items()} if isinstance(known, dict) else {}

    def _write(self, known: dict[str, str]) -> None:
        try:
            write_private(self._file, json.dumps(known, indent=1))
        except OSError as error:
            raise NotConfigured(f"Cannot keep the key in {self._file}: {error.strerror}.") from None


def _keyring() -> "KeyringBackend | None":
    """The system's keyring, None where it has none that keeps anything."""
    try:
        import keyring
    except ImportError:
        return None
    ring = keyring.get_keyring()
    return ring if ring.priority > 0 else None


def _failures() -> tuple[type[Exception], ...]:
    # Back ends leak errors of the services behind them (D-Bus, the Windows vault) beside their own.
    from keyring.errors import KeyringError

    return (KeyringError, OSError, RuntimeError)
