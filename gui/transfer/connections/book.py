"""The appliances that a person uses: kept in a file without any key, and the clients that speak to them."""

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gui.transfer.client import ApplianceClient
from gui.transfer.connections.keys import Keys
from gui.transfer.credentials import Credentials
from gui.transfer.errors import NotConfigured
from gui.transfer.network.trust import address_of, context_for
from gui.transfer.places import config_folder, write_private

_FORM = 1


@dataclass(frozen=True, slots=True)
class Connection:
    """One appliance and one key for it.

    id: stays when name, address or key change; what journals and settings keep. pins: accepted certificates, see
    `trust`. credentials_file: of an appliance on this machine; then address and key are read from it at each use.
    """

    id: str
    name: str
    api_url: str
    pins: Mapping[str, str] = field(default_factory=dict)
    credentials_file: str = ""

    @property
    def local(self) -> bool:
        """Whether the appliance's own credentials on this machine are used."""
        return bool(self.credentials_file)


class ConnectionBook:
    """Connections in `folder/connections.json` (0600), keys in `Keys`. Safe to use from several threads.

    Several processes may use one folder: each change is made on what the file holds then. Listeners are called without
    arguments, on the thread that made the change.
    """

    def __init__(self, folder: Path | None = None, keys: Keys | None = None) -> None:
        """folder: `places.config_folder()` by default; made at the first change. Raises NotConfigured, see `note`."""
        self._folder = folder or config_folder()
        self._file = self._folder / "connections.json"
        self.keys = keys or Keys(self._folder / "keys.json")
        self._lock = threading.RLock()
        self._listeners: list[Callable[[], None]] = []
        self._clients: dict[str, tuple[Connection, Credentials, ApplianceClient]] = {}
        self._retired: list[ApplianceClient] = []
        self._note = ""
        self._connections, self._default = self._read()

    @property
    def note(self) -> str:
        """A sentence about a file that was damaged and had to be put aside, '' otherwise."""
        return self._note

    def all(self) -> list[Connection]:
        """In the order in which they were added."""
        with self._lock:
            return list(self._connections.values())

    def get(self, connection_id: str) -> Connection:
        """NotConfigured where there is none with that id."""
        with self._lock:
            found = self._connections.get(connection_id)
        if found is None:
            raise NotConfigured("The connection was removed.")
        return found

    @property
    def default(self) -> Connection | None:
        """The chosen one, else the first."""
        with self._lock:
            return self._connections.get(self._default) or next(iter(self._connections.values()), None)

    def find(self, wanted: str = "") -> Connection:
        """By id, name or address; '' for the appliance on this machine, else the default. NotConfigured.

        An appliance on this machine is one whose `credentials.json` is in $MEDIA_DATA_DIR or ./data; it is kept.
        """
        if not wanted:
            found = self.adopt_local() or self.default
            if found is None:
                raise NotConfigured("No appliance is known: none runs on this machine's ./data, and none was added.")
            return found
        names = wanted.rstrip("/").casefold()
        for connection in self.all():
            if wanted == connection.id or names in (connection.name.casefold(), connection.api_url.casefold()):
                return connection
        raise NotConfigured(f"There is no connection called {wanted}.")

    def add(self, api_url: str, api_key: str, *, name: str = "", pins: Mapping[str, str] | None = None) -> Connection:
        """Keep a connection; asks nobody (`checking.check` does). name: by default the host's.

        Raises NotConfigured for an address that is none, a name that is taken, or where it cannot be written.
        """
        address_of(api_url)
        with self._changing() as book:
            chosen = self._free_name(
                name.strip() or urlsplit(api_url).hostname or "appliance", given=bool(name.strip())
            )
            made = Connection(f"c-{secrets.token_hex(6)}", chosen, api_url.rstrip("/"), dict(pins or {}))
            self.keys.put(made.id, api_key)
            book[made.id] = made
        return made

    def change(
        self,
        connection_id: str,
        *,
        name: str | None = None,
        api_url: str | None = None,
        api_key: str | None = None,
        pins: Mapping[str, str] | None = None,
    ) -> Connection:
        """Change what is given. Raises NotConfigured as `add` does."""
        with self._changing() as book:
            changed = self.get(connection_id)
            if name is not None and name.strip() and name.strip() != changed.name:
                changed = replace(changed, name=self._free_name(name.strip(), given=True))
            if api_url is not None:
                address_of(api_url)
                changed = replace(changed, api_url=api_url.rstrip("/"))
            if pins is not None:
                changed = replace(changed, pins=dict(pins))
            if api_key is not None:
                self.keys.put(connection_id, api_key)
            book[connection_id] = changed
        return changed

    def remove(self, connection_id: str) -> None:
        """Forget a connection and its key, which stays valid until it is revoked on the appliance. Idempotent."""
        with self._changing() as book:
            book.pop(connection_id, None)
            self.keys.remove(connection_id)

    def choose_default(self, connection_id: str) -> None:
        """Where things go unless somebody says otherwise. NotConfigured."""
        with self._changing():
            self._default = self.get(connection_id).id

    def adopt_local(self) -> Connection | None:
        """The appliance on this machine, kept from now on; None where there is none."""
        file = Path(os.environ.get("MEDIA_DATA_DIR", "data"), "credentials.json").absolute()
        try:
            known = _credentials_in(file)
        except NotConfigured:
            return None
        local_id = f"local-{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
        with self._lock:
            had = self._connections.get(local_id)
        if had is not None and had.api_url == known.api_url:
            return had
        with self._changing() as book:
            name = had.name if had else self._free_name("This computer", given=False)
            book[local_id] = Connection(local_id, name, known.api_url, {}, str(file))
        return book[local_id]

    def credentials(self, connection_id: str) -> Credentials:
        """Address and key. NotConfigured where the connection is unknown or its key is gone."""
        connection = self.get(connection_id)
        if connection.local:
            return _credentials_in(Path(connection.credentials_file))
        key = self.keys.get(connection_id)
        if not key:
            raise NotConfigured(f"There is no key for {connection.name}: pair with it again.")
        return Credentials(connection.api_url, key)

    def client(self, connection_id: str) -> ApplianceClient:
        """The same client as long as address, key and certificates are the same. NotConfigured as `credentials`.

        Closed by `close`, never before: others may be using it.
        """
        connection, credentials = self.get(connection_id), self.credentials(connection_id)
        with self._lock:
            had = self._clients.get(connection_id)
            if had is not None and had[0].pins == connection.pins and had[1] == credentials:
                return had[2]
            if had is not None:
                self._retired.append(had[2])
            client = ApplianceClient(credentials, tls=context_for(connection.pins))
            self._clients[connection_id] = (connection, credentials, client)
            return client

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Tell `listener` of every change; the answer ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def close(self) -> None:
        """End all connections of all clients. Idempotent."""
        with self._lock:
            clients = [client for _, _, client in self._clients.values()] + self._retired
            self._clients, self._retired = {}, []
        for client in clients:
            client.close()

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Connection]]:
        """What the file holds now, to be changed; written and told of where nothing is raised."""
        with self._lock:
            before = self._connections, self._default
            self._connections, self._default = self._read()
            try:
                yield self._connections
                self._write()
            except BaseException:
                self._connections, self._default = before
                raise
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def _free_name(self, name: str, *, given: bool) -> str:
        """The name, which must be free where a person chose it; else with a number that makes it so."""
        taken = {connection.name.casefold() for connection in self._connections.values()}
        if name.casefold() not in taken:
            return name
        if given:
            raise NotConfigured(f"There is a connection called {name} already.")
        return next(
            f"{name} {number}" for number in range(2, len(taken) + 3) if f"{name} {number}".casefold() not in taken
        )

    def _read(self) -> tuple[dict[str, Connection], str]:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
            if known["form"] > _FORM:
                raise NotConfigured(f"A newer version of this program wrote {self._file}; use that one.")
            return {row["id"]: Connection(**row) for row in known["connections"]}, known["default"]
        except FileNotFoundError:
            return {}, ""
        except OSError as error:
            raise NotConfigured(f"Cannot read {self._file}: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            aside = self._file.with_suffix(".damaged")
            self._file.replace(aside)
            self._note = f"The list of connections was damaged and begins anew; the old one is {aside}."
            return {}, ""

    def _write(self) -> None:
        rows: list[dict[str, Any]] = [asdict(connection) for connection in self._connections.values()]
        text = json.dumps({"form": _FORM, "default": self._default, "connections": rows}, indent=1)
        try:
            write_private(self._file, text)
        except OSError as error:
            raise NotConfigured(f"Cannot keep the connection in {self._file}: {error.strerror}.") from None


def _credentials_in(file: Path) -> Credentials:
    """What an appliance on this machine wrote for us. NotConfigured where it cannot be used."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        return Credentials(known["apiUrl"].rstrip("/"), known["apiKey"])
    except FileNotFoundError:
        raise NotConfigured(f"The appliance on this computer has gone: there is no {file}.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotConfigured(f"Cannot use {file}: {error}.") from None
