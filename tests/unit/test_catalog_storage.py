"""The catalog's own floor: inbox, quarantine, leases, writes, schema."""

import gc
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.catalog.catalog import Catalog, open_catalog
from appliance.catalog.inbox import Arrival
from appliance.catalog.migrations import STEPS, migrate
from appliance.domain.errors import CatalogBusy, CatalogTooNew, Conflict, SetupError
from appliance.domain.events import StorageEvent
from appliance.ports.clock import system_clock
from appliance.ports.object_store import ObjectInfo
from tests.catalogs import START, Clock, new_record, opened, stored_object, uploaded


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with opened(tmp_path, "red") as made:
        yield made


def arrival(sequencer: str = "A", name: str = "ObjectCreated:Put") -> Arrival:
    event = StorageEvent(name, "media", "files/red/x.bin", 5, "etag", sequencer)
    return Arrival(event, "file-1", "the body")


def count(catalog: Catalog, table: str) -> int:
    return int(catalog.db.query_value(f"SELECT COUNT(*) FROM {table}"))


class TestInbox:
    def test_a_copy_of_an_event_changes_nothing(self, catalog: Catalog) -> None:
        assert len(catalog.inbox.receive("minio", [arrival(), arrival()], now=START)) == 1
        assert catalog.inbox.receive("minio", [arrival()], now=START) == []
        others = [arrival("B"), arrival(name="ObjectRemoved:Delete")]
        assert len(catalog.inbox.receive("minio", others, now=START)) == 2
        assert count(catalog, "inbox") == count(catalog, "delivery") == 3

    def test_the_event_is_queued_with_the_number_of_its_row(self, catalog: Catalog) -> None:
        catalog.inbox.receive("minio", [arrival()], now=START)
        queued = json.loads(catalog.db.query_value("SELECT event FROM delivery"))
        assert queued["id"] == catalog.db.query_value("SELECT id FROM inbox")
        assert (queued["type"], queued["sequencer"], queued["size"]) == ("object.created", "A", 5)

    def test_an_object_that_was_seen_is_announced_once_per_version(self, catalog: Catalog) -> None:
        info = stored_object(new_record())
        other = ObjectInfo("no key of ours", 1, "etag", None, START)
        assert catalog.inbox.announce_objects([info, info, other], now=START) == 1
        assert catalog.inbox.announce_objects([info], now=START) == 0
        newer = [replace(info, etag="etag-2"), replace(info, modified_at=START + 1)]
        assert catalog.inbox.announce_objects(newer, now=START) == 2

    def test_what_other_buses_have_not_got_is_not_forgotten(self, tmp_path: Path) -> None:
        catalog = open_catalog(f"sqlite:///{tmp_path / 'outside.db'}", Clock(), queues={})
        catalog.inbox.receive("minio", [arrival()], now=START)
        ((row_id, _),) = catalog.inbox.unpublished(10)
        assert catalog.inbox.forget(before=START + 1) == 0
        catalog.inbox.mark_published([row_id], now=START)
        assert catalog.inbox.unpublished(10) == []
        assert catalog.inbox.forget(before=START + 1) == 1
        catalog.close()


class TestQuarantine:
    def test_the_same_trouble_is_one_row_with_a_count(self, catalog: Catalog) -> None:
        for body in ("first", "second"):
            catalog.quarantine.put("minio", "no such tenant", body=body, object_key="videos/x/y", now=START)
        catalog.quarantine.put("minio", "not JSON", body="{", now=START + 1)
        newest, oldest = catalog.quarantine.list()
        assert (newest.reason, newest.body, newest.count) == ("not JSON", "{", 1)
        assert (oldest.object_key, oldest.body, oldest.count) == ("videos/x/y", "first", 2)
        assert catalog.quarantine.find(newest.id) == newest
        assert catalog.quarantine.drop(newest.id)
        assert not catalog.quarantine.drop(newest.id)

    def test_huge_and_odd_bodies_are_kept_in_part(self, catalog: Catalog) -> None:
        catalog.quarantine.put("minio", "odd", body="\x00" + "x" * 200_000, now=START)
        (row,) = catalog.quarantine.list()
        assert row.body.startswith("\\0x")
        assert len(row.body) <= 65_600


class TestLeases:
    def test_one_holder_at_a_time(self, catalog: Catalog) -> None:
        take = catalog.leases.take
        assert take("clean", "a", now=0, until=10)
        assert take("clean", "a", now=5, until=20)
        assert not take("clean", "b", now=19, until=30)
        assert take("other", "b", now=0, until=10)
        assert take("clean", "b", now=20, until=30)
        assert not take("clean", "a", now=21, until=40)
        catalog.leases.release("clean", "a")
        assert not take("clean", "a", now=22, until=40)
        catalog.leases.release("clean", "b")
        assert take("clean", "a", now=23, until=40)


class TestWrites:
    def test_a_write_that_fails_takes_no_other_with_it(self, catalog: Catalog) -> None:
        gate = threading.Event()
        catalog.db.submit(gate.wait)

        def insert(name: str, then: Exception | None) -> None:
            catalog.db.execute("INSERT INTO lease VALUES (?, 'x', 0)", (name,))
            if then is not None:
                raise then

        futures = [catalog.db.submit(lambda i=i: insert(f"n{i}", Conflict("no") if i % 2 else None)) for i in range(10)]  # type: ignore[misc]
        gate.set()
        outcomes = [future.exception(10) for future in futures]
        assert [outcome is None for outcome in outcomes] == [True, False] * 5
        rows = catalog.db.query("SELECT name FROM lease ORDER BY name")
        assert [row[0] for row in rows] == ["n0", "n2", "n4", "n6", "n8"]

    def test_many_threads_lose_nothing(self, catalog: Catalog) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: uploaded(catalog), range(200)))
        assert catalog.tenants.get("red").stored_files == 200

    def test_statements_belong_inside_writes(self, catalog: Catalog) -> None:
        with pytest.raises(RuntimeError):
            catalog.db.execute("DELETE FROM file")

    def test_a_closed_catalog_takes_nothing(self, tmp_path: Path) -> None:
        with opened(tmp_path, "red") as made:
            pass
        made.close()
        with pytest.raises(CatalogBusy):
            made.tenants.rename("red", "Rouge")


class TestSchema:
    def test_a_second_start_changes_nothing(self, tmp_path: Path) -> None:
        with opened(tmp_path, "red") as catalog:
            record = uploaded(catalog)
        with opened(tmp_path) as catalog:
            assert catalog.files.get("red", record.file_id) == record
            assert migrate(catalog.db.orm, system_clock) == 0
        assert not list(tmp_path.glob("*.bak"))

    def test_a_newer_catalog_is_refused_and_untouched(self, tmp_path: Path) -> None:
        path = tmp_path / "catalog.db"
        with opened(tmp_path, "red"):
            pass
        with sqlite3.connect(path) as direct:
            direct.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
        direct.close()
        before = path.read_bytes()
        with pytest.raises(CatalogTooNew, match="newer appliance"):
            open_catalog(f"sqlite:///{path}", system_clock, queues={})
        assert path.read_bytes() == before

    def test_an_older_catalog_is_copied_before_it_is_changed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with opened(tmp_path, "red") as catalog:
            record = uploaded(catalog)
        added = (*STEPS, lambda orm: orm.execute_sql("CREATE TABLE added (id INTEGER)"))
        monkeypatch.setattr("appliance.catalog.migrations.STEPS", added)
        with opened(tmp_path) as catalog:
            assert catalog.files.get("red", record.file_id) == record
            assert catalog.db.query_value("PRAGMA user_version") == len(added)
        (copy,) = tmp_path.glob("catalog.db.schema*.bak")
        assert copy.stat().st_mode & 0o777 == 0o600
        with sqlite3.connect(copy) as old:
            assert old.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
            assert old.execute("SELECT COUNT(*) FROM file").fetchone() == (1,)
        old.close()

    def test_what_is_written_after_the_copy_is_seen_by_other_processes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with opened(tmp_path, "red"):
            pass
        monkeypatch.setattr("appliance.catalog.migrations.STEPS", (*STEPS, lambda orm: None))
        other = (
            "import peewee, sys; db = peewee.SqliteDatabase(sys.argv[1]);"
            "print(db.execute_sql('SELECT name FROM tenant').fetchone()[0]); db.close()"
        )
        command = [sys.executable, "-c", other, str(tmp_path / "catalog.db")]
        with opened(tmp_path) as catalog:
            gc.collect()  # a second connection, were there one, would be closed now, and this process's locks with it
            for name in ("Rouge", "Rosso"):
                catalog.tenants.rename("red", name)
                assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == f"{name}\n"

    def test_a_failing_step_leaves_the_catalog_as_it_was(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with opened(tmp_path, "red"):
            pass

        def failing(orm: object) -> None:
            orm.execute_sql("CREATE TABLE added (id INTEGER)")  # type: ignore[attr-defined]
            raise OSError("disk full")

        with monkeypatch.context() as patched:
            patched.setattr("appliance.catalog.migrations.STEPS", (*STEPS, failing))
            with pytest.raises(OSError, match="disk full"), opened(tmp_path):
                pass
        with opened(tmp_path) as catalog:
            assert catalog.db.query("SELECT name FROM sqlite_master WHERE name = 'added'") == []
            assert catalog.tenants.get("red").name == "Red"

    def test_several_processes_may_start_at_once(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'catalog.db'}"
        program = (
            "import sys; from appliance.catalog.catalog import open_catalog;"
            " from appliance.ports.clock import system_clock;"
            " open_catalog(sys.argv[1], system_clock, queues={}).close()"
        )
        starts = [subprocess.Popen([sys.executable, "-c", program, url]) for _ in range(3)]
        assert [start.wait(30) for start in starts] == [0, 0, 0]

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(SetupError, match="Cannot write the catalog"):
            open_catalog(f"sqlite:///{tmp_path / 'file' / 'catalog.db'}", system_clock, queues={})


def test_the_catalog_is_for_its_own_account_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.touch(mode=0o644)
    catalog = open_catalog(f"sqlite:///{path}", system_clock, queues={})
    try:
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.glob("catalog.db*")}
    finally:
        catalog.close()
    assert modes == dict.fromkeys(("catalog.db", "catalog.db-wal", "catalog.db-shm"), "0o600")
