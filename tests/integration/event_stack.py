"""A MinIO whose events come to an intake over HTTP, with the catalog and the workers behind it, in this process."""

import contextlib
import shutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import open_catalog
from appliance.domain.access import SCOPES
from appliance.domain.files import FileRecord, State, UploadSession, Visibility
from appliance.domain.keys import PREFIXES, ObjectKey
from appliance.domain.kinds import content_type_of
from appliance.media.ffmpeg import Limits, find_ffmpeg
from appliance.media.probe import Probe
from appliance.media.studio import Studio
from appliance.media.workplace import Workplace
from appliance.ports.clock import system_clock
from appliance.services.parts import Encoder, Parts
from appliance.services.reconcile import Reconcile, Report
from appliance.services.runner import Runner
from appliance.services.subscriptions import SERVICES, event_filters, subscriptions
from appliance.storage.minio_setup import MinioBucket, webhook_arn
from appliance.storage.s3 import S3Store
from appliance.web.app import create_app, create_internal_app
from appliance.web.context import Context
from appliance.web.intake import LET_THROUGH
from appliance.web.server import Listen, Listener
from tests.integration.api_server import ApiClient, options_for
from tests.servers import MinioServer, free_port, wait_until

TARGETS = ("FAST", "DURABLE")
TOKEN = "intake-token-of-the-tests"
BUCKET = "media"
HOUR_US = 3600 * 1_000_000


def encoder(folder: Path) -> Encoder:
    """An encoder that works in `folder`, with the limits of the defaults."""
    return Encoder(find_ffmpeg(), Limits(), Workplace(folder, min_free=0), None, 8_000_000)


class EventStack:
    """All that lies between a PUT and a finished record, with switches. A context manager.

    The intake and the workers may be stopped and started; MinIO keeps its events meanwhile.
    """

    def __init__(self, folder: Path, *, targets: tuple[str, ...] = TARGETS) -> None:
        self.folder = folder
        self.port = free_port()
        self.queue_dir = folder / "queue"
        self.purged: list[str] = []
        self.minio = MinioServer(folder / "minio", env=self._settings(targets))
        self._targets = targets
        self._listener: Listener | None = None
        self._runner: Runner | None = None

    def __enter__(self) -> Self:
        self.minio.start()
        keys = (self.minio.access_key, self.minio.secret_key, BUCKET, "us-east-1")
        bucket = MinioBucket(self.minio.url, *keys)
        bucket.ensure_bucket()
        bucket.configure_notifications(map(webhook_arn, self._targets), [f"{name}/" for name in PREFIXES.values()])
        self.store = S3Store(self.minio.url, *keys)
        self.catalog_url = f"sqlite:///{self.folder / 'catalog.db'}"
        self.catalog = open_catalog(self.catalog_url, system_clock, queues=event_filters())
        self.catalog.tenants.add("red", "Red", quota_bytes=0, quota_files=0, now=system_clock())
        self.bus = SqlBus(self.catalog.queue, system_clock)
        self.probe = Probe()
        self.studio = Studio(self.store)
        self.encoder = encoder(self.folder / "work")
        self.parts = Parts(
            self.catalog, self.store, self.probe, lambda key, _: self.purged.append(key), system_clock, self.studio,
            self.bus, self.encoder,
        )  # fmt: skip
        self.start_intake()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_workers()
        self.stop_intake()
        self.probe.close()
        self.studio.close()
        self.encoder.workplace.close()
        self.catalog.close()
        self.minio.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def intake_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events/minio"

    def start_intake(self) -> None:
        listen = Listen("127.0.0.1", self.port, 8, max_body=LET_THROUGH)
        self._listener = Listener(create_internal_app(self._context()), listen)
        self._listener.start()

    @contextlib.contextmanager
    def client(self, tenant_id: str) -> Iterator[ApiClient]:
        """A client of an API on this catalog, with all scopes but admin."""
        listener = Listener(create_app(self._context()), Listen("127.0.0.1", 0, 8))
        listener.start()
        now = system_clock()
        key_id, text = self.catalog.keys.create(tenant_id, "key of the tests", tuple(SCOPES - {"admin"}), now=now)
        with ApiClient(f"http://127.0.0.1:{listener.port}", text, key_id, {}) as client:
            yield client
        listener.stop()

    def _context(self) -> Context:
        options = replace(options_for(self.minio, self.folder), intake_token=TOKEN)
        return Context(self.catalog, self.store, self.bus, system_clock, options, {})

    def stop_intake(self) -> None:
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def start_workers(self, threads: int = 2, *, services: Collection[str] = tuple(SERVICES)) -> None:
        wanted = [one for one in subscriptions(self.parts, {"metadata": threads}) if one.service in services]
        self._runner = Runner(self.bus, self.catalog.jobs, system_clock, wanted)
        self._runner.start()

    def stop_workers(self) -> None:
        if self._runner is not None:
            assert self._runner.stop(10)
            self._runner = None

    def reconcile(self) -> Report:
        return Reconcile(self.catalog, self.store, system_clock).run()

    def ask(
        self,
        name: str,
        data: bytes,
        *,
        key: ObjectKey | None = None,
        session_us: int = HOUR_US,
        sha256: str | None = None,
    ) -> FileRecord:
        """A waiting record for these bytes, as POST /upload makes it."""
        key, now = key or ObjectKey.for_upload("red", name), system_clock()
        record = FileRecord(
            file_id=key.file_id, tenant_id="red", object_key=str(key), name=name, path="", title=name, ext=key.ext,
            kind=key.kind, content_type=content_type_of(key.ext), size=len(data), state=State.WAITING,
            visibility=Visibility.PUBLIC, created_at=now, updated_at=now, uploaded_by="test", sha256=sha256,
        )  # fmt: skip
        session = UploadSession(key.file_id, "put", None, len(data), 1, sha256, now + session_us)
        self.catalog.files.create(record, session)
        return record

    def upload(self, name: str, data: bytes) -> FileRecord:
        """A record and its bytes in the store."""
        record = self.ask(name, data)
        self.put(record.object_key, data)
        return record

    def put(self, key: str, data: bytes) -> None:
        """Store bytes as any S3 client would, knowing nothing of the appliance."""
        self.store.put(key, data, content_type=content_type_of(key.rpartition(".")[2]))

    def state(self, file_id: str) -> State | None:
        record = self.catalog.files.find(file_id)
        return record.state if record else None

    def wait_state(self, file_id: str, state: State, timeout_s: float = 10) -> FileRecord:
        wait_until(lambda: self.state(file_id) is state, timeout_s=timeout_s, what=f"{file_id} {state}")
        record = self.catalog.files.find(file_id)
        assert record is not None
        return record

    def wait_idle(self, timeout_s: float = 30) -> None:
        """Nothing in the queues, and MinIO has sent all it kept."""
        wait_until(lambda: not self.kept_events(), timeout_s=timeout_s, what="MinIO's queue is empty")
        wait_until(
            lambda: all(d.ready + d.delayed + d.leased == 0 for d in self.bus.depths()),
            timeout_s=timeout_s,
            what="the queues are empty",
        )

    def kept_events(self) -> list[Path]:
        """What MinIO still has to send."""
        return [path for path in self.queue_dir.rglob("*") if path.is_file()]

    def _settings(self, targets: tuple[str, ...]) -> dict[str, str]:
        env = {"MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DURABLE": str(self.queue_dir)}
        for target in targets:
            env[f"MINIO_NOTIFY_WEBHOOK_ENABLE_{target}"] = "on"
            env[f"MINIO_NOTIFY_WEBHOOK_ENDPOINT_{target}"] = self.intake_url
            env[f"MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_{target}"] = f"Bearer {TOKEN}"
        return env
