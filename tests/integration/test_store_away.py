"""A store whose disk is not mounted looks like an empty one: the appliance waits for it, and forgets nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.bootstrap import Assembly, StoreSetup, assemble, build_reconcile
from appliance.config import Settings
from appliance.domain.errors import StoreUnavailable
from appliance.domain.files import FileRecord, State, UploadSession, Visibility
from appliance.domain.keys import ObjectKey
from appliance.ports.clock import system_clock
from tests.servers import MinioServer, wait_until

DATA = b"kept"


@pytest.fixture
def assembly(tmp_path: Path) -> Iterator[Assembly]:
    """With a store of its own, whose targets for events need not be anywhere."""
    targets = {f"MINIO_NOTIFY_WEBHOOK_ENABLE_{name}": "on" for name in ("FAST", "DURABLE")}
    ends = {f"MINIO_NOTIFY_WEBHOOK_ENDPOINT_{name}": "http://127.0.0.1:9/events" for name in ("FAST", "DURABLE")}
    queue = {"MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DURABLE": str(tmp_path / "queue")}
    with MinioServer(tmp_path / "minio", env=targets | ends | queue) as server:
        settings = Settings(
            data_dir=tmp_path, s3_url=server.url, s3_access_key=server.access_key, s3_secret_key=server.secret_key
        )
        parts = assemble(settings)
        parts.catalog.tenants.add("red", "Red", quota_bytes=0, quota_files=0, now=system_clock())
        yield parts
        parts.close()


def stored_file(assembly: Assembly) -> FileRecord:
    key, now = ObjectKey.for_upload("red", "a.bin"), system_clock()
    record = FileRecord(
        file_id=key.file_id, tenant_id="red", object_key=str(key), name="a.bin", path="", title="a", ext="bin",
        kind=key.kind, content_type="application/octet-stream", size=len(DATA), state=State.WAITING,
        visibility=Visibility.PUBLIC, created_at=now, updated_at=now, uploaded_by="test",
    )  # fmt: skip
    assembly.catalog.files.create(record, UploadSession(key.file_id, "put", None, len(DATA), 1, None, now + 10**9))
    assembly.store.put(str(key), DATA, content_type="application/octet-stream")
    assembly.catalog.lifecycle.arrived(key.file_id, assembly.store.head(str(key)), sequencer=None, now=now)
    return record


def trouble_of(setup: StoreSetup) -> str:
    try:
        setup.check()
    except StoreUnavailable as error:
        return str(error)
    return ""


def test_a_new_appliance_makes_its_bucket(assembly: Assembly) -> None:
    setup = StoreSetup(assembly)
    with pytest.raises(StoreUnavailable):
        setup.check()
    setup.run()
    setup.check()
    assembly.store.check()


def test_a_bucket_that_is_gone_is_not_made_anew_and_no_file_is_forgotten(assembly: Assembly, tmp_path: Path) -> None:
    StoreSetup(assembly).run()
    record = stored_file(assembly)
    bucket = tmp_path / "minio" / "data" / assembly.settings.s3_bucket
    away = bucket.rename(tmp_path / "away")
    setup = StoreSetup(assembly)
    setup.start()
    wait_until(lambda: "Is its disk mounted" in trouble_of(setup), timeout_s=30, what="readiness says what is wrong")
    with pytest.raises(StoreUnavailable):
        build_reconcile(assembly).run()
    found = assembly.catalog.files.find(record.file_id)
    assert found is not None and found.state is State.UPLOADED
    away.rename(bucket)
    wait_until(lambda: not trouble_of(setup), timeout_s=30, what="the store is used again")
    assert build_reconcile(assembly).run().vanished == 0
    assert assembly.store.read(record.object_key) == DATA
