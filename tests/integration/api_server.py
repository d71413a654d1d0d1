"""The HTTP API on a real MinIO, served by waitress in this process, and a client that speaks to it."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import Catalog, open_catalog
from appliance.domain.access import SCOPES
from appliance.domain.events import EventType
from appliance.ports.clock import system_clock
from appliance.storage.minio_setup import MinioBucket
from appliance.storage.s3 import S3Store
from appliance.web.app import create_app, create_internal_app
from appliance.web.context import Context, WebOptions
from appliance.web.server import Listen, Listener
from tests.servers import MinioServer

BUCKET = "api-tests"
EDGE_SECRET = "edge-secret-of-the-tests"


def options_for(minio: MinioServer, folder: Path) -> WebOptions:
    """Options that tests replace what they need of: no rate limit, no watermark, few seats to wait."""
    return WebOptions(
        api_port=8080,
        cdn_port=8088,
        s3_port=minio.port,
        api_url="",
        cdn_url="",
        s3_public_url="",
        host="127.0.0.1",
        hosts=frozenset({"media.example.org"}),
        cors_origins=("*",),
        rate_limit="",
        max_waiters=4,
        min_free_bytes=0,
        data_dir=str(folder),
        storage_dir=str(folder),
        edge_secret=EDGE_SECRET,
        intake_token="intake-token-of-the-tests",
        cursor_key=b"cursor-key-of-the-tests",
        name="media",
        version="0.1.0",
    )


@dataclass
class ApiServer:
    """One API with a catalog of its own. A context manager; `catalog` and `store` are there for a test to look at."""

    minio: MinioServer
    folder: Path
    changes: dict[str, Any] = field(default_factory=dict)
    threads: int = 16

    def __enter__(self) -> Self:
        MinioBucket(self.minio.url, self.minio.access_key, self.minio.secret_key, BUCKET, "us-east-1").ensure_bucket()
        self.catalog: Catalog = open_catalog(
            f"sqlite:///{self.folder / 'catalog.db'}", system_clock, queues={"metadata": frozenset(EventType)}
        )
        self.store = S3Store(self.minio.url, self.minio.access_key, self.minio.secret_key, BUCKET, "us-east-1")
        context = Context(
            catalog=self.catalog,
            store=self.store,
            bus=SqlBus(self.catalog.queue, system_clock),
            clock=system_clock,
            options=replace(options_for(self.minio, self.folder), **self.changes),
            readiness={"catalog": lambda: None, "store": self.store.check},
        )
        self.listener = Listener(create_app(context), Listen("127.0.0.1", 0, self.threads))
        self.internal = Listener(create_internal_app(context), Listen("127.0.0.1", 0, 4))
        self.listener.start()
        self.internal.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.listener.stop()
        self.internal.stop()
        self.catalog.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.port}"

    @property
    def internal_url(self) -> str:
        return f"http://127.0.0.1:{self.internal.port}"

    def tenant(self, tenant_id: str, **quota: int) -> None:
        """Make a tenant; quota_bytes and quota_files 0 where not given."""
        limits = {"quota_bytes": 0, "quota_files": 0} | quota
        self.catalog.tenants.add(tenant_id, tenant_id.title(), now=system_clock(), **limits)

    def client(self, tenant_id: str, *scopes: str, **headers: str) -> "ApiClient":
        """A client with a fresh key of that tenant; all scopes but admin where none is named."""
        granted = scopes or tuple(SCOPES - {"admin"})
        key_id, text = self.catalog.keys.create(tenant_id, f"key of {tenant_id}", granted, now=system_clock())
        return ApiClient(self.url, text, key_id, headers)


class ApiClient(httpx.Client):
    """httpx with the key in place. A context manager, as httpx.Client is."""

    def __init__(self, url: str, key: str, key_id: str, headers: dict[str, str]) -> None:
        super().__init__(
            base_url=url, headers={"Authorization": f"Bearer {key}", **headers}, timeout=60, trust_env=False
        )
        self.key_id = key_id

    def ask(self, name: str = "clip.mp4", size: int = 5, **fields: Any) -> dict[str, Any]:
        """POST /upload that succeeds; the answer."""
        response = self.post("/upload", json={"name": name, "size": size, **fields})
        assert response.status_code in (200, 201), response.text
        answer: dict[str, Any] = response.json()
        return answer

    def put_bytes(self, asked: dict[str, Any], body: bytes) -> httpx.Response:
        """The PUT that an answer asks for."""
        return httpx.put(asked["uploadUrl"], content=body, headers=asked["headers"], trust_env=False)

    def upload(self, name: str = "clip.mp4", body: bytes = b"bytes", **fields: Any) -> dict[str, Any]:
        """A file, sent and completed; its view."""
        asked = self.ask(name, len(body), **fields)
        sent = self.put_bytes(asked, body)
        assert sent.status_code == 200, sent.text
        done = self.post(f"/upload/{asked['fileId']}/complete")
        assert done.status_code == 200, done.text
        view: dict[str, Any] = done.json()
        return view


def problem_of(response: httpx.Response, status: int, slug: str, field: str | None = None) -> dict[str, Any]:
    """The problem document of an answer, which must be that one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["type"] == f"urn:media-appliance:problem:{slug}", found
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found.get("field") == field, found
    return found
