"""An engine against a real API and store, both behind a network that a test can spoil."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from gui.transfer.client import ApplianceClient, Credentials
from gui.transfer.engine import Engine
from gui.transfer.errors import NotConfigured
from gui.transfer.transfers import Options, State, Transfer
from tests.integration.api_server import ApiServer
from tests.servers import MinioServer, wait_until
from tests.tcp_proxy import TcpProxy

GENEROUS_S = 120.0
SCOPES = ("upload", "read", "delete")
WAITING = frozenset({State.WAITING, State.PAUSED, State.SUSPENDED, State.FAILED, State.CANCELLED})


@dataclass
class EngineRig:
    """A context manager. `store_net` and `api_net` are what the engine sees of store and API."""

    minio: MinioServer
    folder: Path
    options: Options = field(default_factory=lambda: Options(hold_sleep=False))
    changes: dict[str, object] = field(default_factory=dict)
    quota_bytes: int = 0

    def __enter__(self) -> Self:
        self.store_net = TcpProxy(self.minio.port, seed=1).__enter__()
        (self.folder / "api").mkdir(parents=True)
        changes = {"s3_port": self.store_net.port, **self.changes}
        self.api = ApiServer(self.minio, self.folder / "api", changes).__enter__()
        self.api_net = TcpProxy(self.api.listener.port, seed=2).__enter__()
        self.api.tenant("red", quota_bytes=self.quota_bytes)
        self.files = self.folder / "files"
        self.files.mkdir()
        self.clients: dict[str, ApplianceClient] = {}
        self._made: list[ApplianceClient] = []
        self.new_key()
        self.engine = self.new_engine()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.stop()
        for client in self._made:
            client.close()
        self.api_net.cut()
        self.store_net.cut()
        self.api.__exit__(kind, error, trace)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_net.port}"

    def new_key(self) -> str:
        """A fresh key, used from now on; its id."""
        key_id, text = self.api.catalog.keys.create("red", "engine", SCOPES, now=1)
        self.key = text
        self.clients["red"] = ApplianceClient(Credentials(self.api_url, text))
        self._made.append(self.clients["red"])
        return key_id

    def client(self, connection: str) -> ApplianceClient:
        if connection not in self.clients:
            raise NotConfigured(f"There is no connection {connection}.")
        return self.clients[connection]

    def new_engine(self, options: Options | None = None) -> Engine:
        """An engine on the same journal; not started."""
        return Engine(self.folder / "journal.db", self.client, options or self.options)

    def restart(self, options: Options | None = None) -> Engine:
        """End the engine and start another one on its journal."""
        self.engine.stop()
        self.engine = self.new_engine(options)
        self.engine.start()
        return self.engine

    def file(self, name: str, size: int) -> Path:
        """A file of random bytes."""
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for start in range(0, size, 1 << 20):
                file.write(os.urandom(min(1 << 20, size - start)))
        return path

    def send(self, *sources: Path, folder: str = "", priority: int = 0) -> list[Transfer]:
        """Their rows, once nothing goes on by itself."""
        self.engine.start()
        batch = self.engine.add(sources, connection="red", folder=folder, priority=priority)
        self.settle()
        return [row for row in self.engine.transfers() if row.batch_id == batch]

    def settle(self) -> None:
        assert self.engine.wait_idle(GENEROUS_S), [(row.name, row.state, row.reason) for row in self.engine.transfers()]
        assert all(row.reason for row in self.engine.transfers() if row.state in WAITING)

    def row(self, name: str) -> Transfer:
        """The row of that name. AssertionError where there is not exactly one."""
        (found,) = [row for row in self.engine.transfers() if row.name == name]
        return found

    def wait_row(self, name: str, *states: State, sent: int = 0) -> Transfer:
        """The row of that name once it is in one of these states and that far."""

        def there() -> bool:
            return any(row.name == name and row.state in states and row.sent >= sent for row in self.engine.transfers())

        wait_until(there, timeout_s=GENEROUS_S, what=f"{name} is {' or '.join(states)}")
        return self.row(name)

    def stored(self, row: Transfer) -> bytes:
        """What the store has of it."""
        assert row.file_id is not None
        record = self.api.catalog.files.find(row.file_id)
        assert record is not None
        return self.api.store.read(record.object_key)

    def check(self, rows: Sequence[Transfer]) -> None:
        """All are done and verified, and the store has what lies on disk."""
        for row in rows:
            assert (row.state, row.verified) == (State.DONE, True), (row.name, row.state, row.reason)
            assert hashlib.sha256(self.stored(row)).digest() == hashlib.sha256(row.source.read_bytes()).digest()
