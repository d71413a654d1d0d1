"""A catalog in a folder of its own, and records to put into it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.catalog.catalog import Catalog, open_catalog
from appliance.domain.events import EventType
from appliance.domain.files import FileRecord, State, UploadSession, Visibility
from appliance.domain.keys import ObjectKey
from appliance.domain.kinds import content_type_of
from appliance.domain.names import title_of
from appliance.ports.object_store import ObjectInfo

START = 1_750_000_000_000_000
HOUR_US = 3600 * 1_000_000


class Clock:
    """Ticks a microsecond at each reading, so that no two times are equal."""

    def __init__(self) -> None:
        self._ticks = itertools.count(START)

    def __call__(self) -> int:
        return next(self._ticks)


@contextmanager
def opened(folder: Path, *tenants: str, **quota: int) -> Iterator[Catalog]:
    """A catalog with these tenants; quota_bytes and quota_files 0 where not given."""
    clock = Clock()
    catalog = open_catalog(f"sqlite:///{folder / 'catalog.db'}", clock, queues={"metadata": frozenset(EventType)})
    try:
        for tenant in tenants:
            catalog.tenants.add(tenant, tenant.title(), now=clock(), **{"quota_bytes": 0, "quota_files": 0} | quota)
        yield catalog
    finally:
        catalog.close()


def new_record(tenant: str = "red", name: str = "film.mp4", size: int = 100, **fields: Any) -> FileRecord:
    """A waiting file."""
    key = ObjectKey.for_upload(tenant, name)
    record = FileRecord(
        file_id=key.file_id, tenant_id=tenant, object_key=str(key), name=name, path="", title=title_of(name),
        ext=key.ext, kind=key.kind, content_type=content_type_of(key.ext), size=size, state=State.WAITING,
        visibility=Visibility.PUBLIC, created_at=START, updated_at=START, uploaded_by="test",
    )  # fmt: skip
    return replace(record, **fields)


def asked(catalog: Catalog, tenant: str = "red", name: str = "film.mp4", size: int = 100, **fields: Any) -> FileRecord:
    """A waiting file with its upload session, in the catalog."""
    record = new_record(tenant, name, size, **fields)
    catalog.files.create(record, UploadSession(record.file_id, "put", None, size, 1, None, START + HOUR_US))
    return record


def stored_object(record: FileRecord, etag: str = "etag-1", size: int | None = None) -> ObjectInfo:
    """What the store says once the bytes are there."""
    return ObjectInfo(record.object_key, record.size if size is None else size, etag, record.content_type, START)


def uploaded(
    catalog: Catalog, tenant: str = "red", name: str = "film.mp4", size: int = 100, **fields: Any
) -> FileRecord:
    """A file whose bytes are there."""
    record = asked(catalog, tenant, name, size, **fields)
    catalog.lifecycle.arrived(record.file_id, stored_object(record), sequencer=None, now=START)
    return catalog.files.get(tenant, record.file_id)


def names(catalog: Catalog, tenant: str, wanted: Any) -> list[str]:
    """Names of the files that a filter finds, newest first."""
    return [record.name for _, record in catalog.listing.page(tenant, wanted, before=None, limit=100)]
