"""The upload engine on a good network: what arrives, in which order, and what is said of what cannot."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.files import State as FileState
from appliance.domain.uploads import MIN_PART, PUT_LIMIT
from gui.transfer.engine import Engine
from gui.transfer.errors import JournalInUse
from gui.transfer.transfers import Options, State, Transfer
from tests.integration.engines import GENEROUS_S, EngineRig
from tests.servers import MinioServer, wait_until

SLOW = 8 * 1024 * 1024
LARGE = PUT_LIMIT + 17 * 1024 * 1024


@pytest.fixture
def rig(minio: MinioServer, tmp_path: Path) -> Iterator[EngineRig]:
    with EngineRig(minio, tmp_path) as made:
        yield made


def test_a_folder_keeps_its_structure_and_every_file_is_verified(rig: EngineRig) -> None:
    for name in ("film/a.mov", "film/day 1/b.mov", "film/day 1/sub/c.txt", "film/2.txt"):
        rig.file(name, 1000)
    rig.file("film/large.bin", LARGE)
    rig.file("film/middle.bin", 3_000_000)
    (rig.files / "film" / "empty").mkdir()
    (rig.files / "film" / "day 1" / "round").symlink_to("..")
    rows = rig.send(rig.files / "film", folder="show")
    rig.check(rows)
    assert {f"{row.folder}/{row.name}" for row in rows} == {
        "show/film/a.mov", "show/film/day 1/b.mov", "show/film/day 1/sub/c.txt", "show/film/2.txt",
        "show/film/large.bin", "show/film/middle.bin",
    }  # fmt: skip
    listed = rig.client("red").all_files(path="show/film/day 1/sub")
    assert [record["name"] for record in listed] == ["c.txt"]
    assert all(row.links and row.links.video_url and row.links.page for row in rows)
    notes = rig.engine.batch(rows[0].batch_id).notes
    assert len(notes) == 2
    assert "empty" in notes[0] + notes[1]
    assert "leads back" in notes[0] + notes[1]


def test_names_that_are_odd_and_files_without_bytes_arrive(rig: EngineRig) -> None:
    odd = [rig.file(name, 10) for name in ("🎬 Ünï\u0301.mov", "two\nlines.txt", "latin \udce9.txt", "...", " x ")]
    rows = rig.send(*odd, rig.file("nothing.bin", 0))
    rig.check(rows)
    assert len({row.file_id for row in rows}) == 6


def test_the_link_is_there_before_the_bytes(rig: EngineRig) -> None:
    rig.engine.set_options(replace(rig.options, limit=64 * 1024))
    rig.engine.start()
    rig.engine.add([rig.file("a.bin", 900_000)], connection="red")
    row = rig.wait_row("a.bin", State.SENDING)
    assert row.links is not None
    assert row.links.video_url
    rig.engine.set_options(rig.options)
    rig.settle()
    assert rig.row("a.bin").links is not None
    rig.check(rig.engine.transfers())


def test_what_the_appliance_has_becomes_a_link_at_once(rig: EngineRig) -> None:
    sources = [rig.file("small.bin", 1000), rig.file("middle.bin", 2_000_000), rig.file("large.bin", LARGE)]
    first = rig.send(*sources, folder="x")
    received = rig.store_net.received
    second = rig.send(*sources, folder="x")
    assert [row.duplicate for row in second] == [True] * 3
    assert [row.file_id for row in second] == [row.file_id for row in first]
    assert all(row.verified and row.state is State.DONE for row in second)
    assert rig.store_net.received == received
    elsewhere = rig.send(*sources, folder="y")
    rig.check(elsewhere)
    assert not any(row.duplicate for row in elsewhere)


def test_other_bytes_of_the_same_name_and_size_are_sent(rig: EngineRig) -> None:
    rows = rig.send(rig.file("middle.bin", 2_000_000)) + rig.send(rig.file("middle.bin", 2_000_000))
    assert [row.duplicate for row in rows] == [False, False]
    rig.check(rows[1:])


def test_what_cannot_be_read_is_a_sentence_and_the_rest_arrives(rig: EngineRig) -> None:
    circle = rig.files / "circle"
    circle.symlink_to("circle")
    rig.engine.pause_all()
    rig.engine.start()
    good, vanishes, swapped = rig.file("good.bin", 10), rig.file("vanishes.bin", 10), rig.file("swapped.bin", 10)
    rig.engine.add([good, vanishes, swapped, circle, rig.files / "never.bin"], connection="red")
    wait_until(lambda: len(rig.engine.transfers()) == 5, timeout_s=GENEROUS_S, what="all are listed")
    vanishes.unlink()
    swapped.unlink()
    swapped.mkdir()
    rig.engine.resume_all()
    rig.settle()
    assert rig.row("good.bin").state is State.DONE
    for name, problem, words in (
        ("vanishes.bin", "source_missing", "is not there any more"),
        ("never.bin", "source_missing", "is not there any more"),
        ("swapped.bin", "source_unreadable", "is a folder"),
        ("circle", "source_unreadable", "go in a circle"),
    ):
        row = rig.row(name)
        assert (row.state, row.problem) == (State.FAILED, problem), row
        assert words in row.reason
        assert str(row.source) in row.reason
    rig.file("vanishes.bin", 20)
    rig.engine.retry_failed()
    rig.settle()
    assert rig.row("vanishes.bin").state is State.DONE


def test_a_batch_that_does_not_fit_says_so_before_its_first_byte(minio: MinioServer, tmp_path: Path) -> None:
    with EngineRig(minio, tmp_path, quota_bytes=1_500_000) as rig:
        rows = rig.send(rig.file("a.bin", 1_000_000), rig.file("b.bin", 1_000_000))
        assert {(row.state, row.problem, row.reason) for row in rows} == {
            (State.FAILED, "no_space", "Needs 2 MB, 1.5 MB left of the quota.")
        }
        assert rig.store_net.received == 0
        rig.engine.retry([rows[0].id])
        rig.settle()
        assert rig.row("a.bin").state is State.DONE
        rig.engine.retry([rows[1].id])
        rig.settle()
        assert (rig.row("b.bin").state, rig.row("b.bin").problem) == (State.FAILED, "quota_exceeded")


def test_a_full_disk_is_a_sentence(minio: MinioServer, tmp_path: Path) -> None:
    with EngineRig(minio, tmp_path, changes={"min_free_bytes": 1 << 60}) as rig:
        (row,) = rig.send(rig.file("a.bin", 10))
        assert (row.state, row.problem) == (State.FAILED, "no_space")
        assert "disk" in row.reason


def test_a_revoked_key_holds_everything_until_there_is_another(rig: EngineRig) -> None:
    key_id = rig.new_key()
    rig.api.catalog.keys.revoke(key_id, now=2)
    rows = rig.send(rig.file("a.bin", 10), rig.file("b.bin", LARGE))
    assert {(row.state, row.problem, row.needs_person) for row in rows} == {(State.SUSPENDED, "unauthorized", True)}
    assert all("key" in row.reason for row in rows)
    rig.new_key()
    wait_until(
        lambda: all(row.state is State.DONE for row in rig.engine.transfers()), timeout_s=GENEROUS_S, what="done"
    )
    rig.check(rig.engine.transfers())


def test_an_unknown_connection_is_a_sentence(rig: EngineRig) -> None:
    rig.engine.start()
    rig.engine.add([rig.file("a.bin", 10)], connection="blue")
    row = rig.wait_row("a.bin", State.SUSPENDED)
    assert (row.problem, row.reason) == ("not_configured", "There is no connection blue.")
    rig.clients["blue"] = rig.clients["red"]
    rig.check([rig.wait_row("a.bin", State.DONE)])


@pytest.mark.parametrize("size", [900_000, LARGE])
def test_a_file_that_changes_on_the_way_is_sent_as_it_is_then(rig: EngineRig, size: int) -> None:
    rig.engine.set_options(replace(rig.options, limit=size // 4))
    rig.engine.start()
    source = rig.file("grows.bin", size)
    rig.engine.add([source], connection="red")
    first = rig.wait_row("grows.bin", State.SENDING, sent=100_000)
    with source.open("ab") as file:
        file.write(os.urandom(1000))
    rig.engine.set_options(rig.options)
    rig.settle()
    row = rig.row("grows.bin")
    rig.check([row])
    assert row.size == size + 1000
    assert row.file_id != first.file_id
    old = rig.api.catalog.files.find
    assert first.file_id is not None
    wait_until(
        lambda: (record := old(first.file_id or "")) is not None and record.state is FileState.CANCELLED,
        timeout_s=GENEROUS_S, what="the session of what it was is given up",
    )  # fmt: skip


def test_expired_urls_are_signed_again(rig: EngineRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.web.offers.URL_SECONDS", 1)
    rig.engine.set_options(replace(rig.options, limit=LARGE // 3, parts_at_a_time=1))
    rig.check(rig.send(rig.file("large.bin", LARGE)))


def test_pause_goes_on_with_the_parts_that_are_stored(rig: EngineRig) -> None:
    rig.engine.set_options(replace(rig.options, limit=2 * SLOW, parts_at_a_time=2))
    rig.engine.start()
    rig.engine.add([rig.file("large.bin", LARGE)], connection="red")
    row = rig.wait_row("large.bin", State.SENDING, sent=40 * 1024 * 1024)
    rig.engine.pause([row.id])
    paused = rig.row("large.bin")
    assert (paused.state, paused.reason) == (State.PAUSED, "Paused.")
    rig.settle()
    rig.engine.set_options(rig.options)
    rig.engine.resume([row.id])
    rig.settle()
    rig.check([rig.row("large.bin")])
    assert rig.store_net.received < LARGE + 2 * MIN_PART + 1_000_000


def test_pause_all_holds_also_what_comes_later_and_over_a_restart(rig: EngineRig) -> None:
    rig.engine.start()
    rig.engine.pause_all()
    rows = rig.send(rig.file("a.bin", 10))
    assert (rows[0].state, rows[0].reason) == (State.WAITING, "All transfers are paused.")
    assert rig.restart().paused
    rig.settle()
    assert rig.row("a.bin").state is State.WAITING
    rig.engine.resume_all()
    rig.settle()
    rig.check([rig.row("a.bin")])


def test_a_cancelled_upload_frees_what_it_took_and_can_be_tried_again(rig: EngineRig) -> None:
    rig.engine.set_options(replace(rig.options, limit=SLOW))
    rig.engine.start()
    rig.engine.add([rig.file("large.bin", LARGE)], connection="red")
    row = rig.wait_row("large.bin", State.SENDING, sent=1000)
    rig.engine.cancel([row.id])
    assert rig.row("large.bin").state is State.CANCELLED
    tenants = rig.api.catalog.tenants
    wait_until(lambda: tenants.get("red").pending_bytes == 0, timeout_s=GENEROUS_S, what="the quota is free again")
    rig.settle()
    rig.engine.set_options(rig.options)
    rig.engine.retry([row.id])
    rig.settle()
    rig.check([rig.row("large.bin")])
    rig.engine.cancel([row.id])
    assert rig.row("large.bin").state is State.DONE


def test_rows_go_in_order_of_priority_then_as_they_are_put(minio: MinioServer, tmp_path: Path) -> None:
    one = Options(files_at_a_time=1, small_files_at_a_time=1, hold_sleep=False)
    with EngineRig(minio, tmp_path, one) as rig:
        rig.engine.pause_all()
        for name in "abcd":
            rig.send(rig.file(name, 10))
        rig.send(rig.file("first", 10), priority=5)
        ids = {row.name: row.id for row in rig.engine.transfers()}
        rig.engine.move(ids["d"], ids["b"])
        rig.engine.move(ids["a"], None)
        assert [row.name for row in rig.engine.transfers()] == ["first", "d", "b", "c", "a"]
        rig.engine.resume_all()
        rig.settle()
        done = sorted(rig.engine.transfers(), key=lambda row: row.finished_at or 0)
        assert [row.name for row in done] == ["first", "d", "b", "c", "a"]


def test_the_next_process_goes_on_where_this_one_ended(rig: EngineRig) -> None:
    slow = replace(rig.options, limit=2 * SLOW, parts_at_a_time=2)
    rig.restart(slow)
    rig.engine.add([rig.file("large.bin", LARGE), rig.file("small.bin", 10)], connection="red", tags=["x"])
    rig.wait_row("large.bin", State.SENDING, sent=40 * 1024 * 1024)
    rig.restart()
    rig.settle()
    rig.check(rig.engine.transfers())
    assert len(rig.engine.transfers()) == 2
    assert {tuple(record["tags"]) for record in rig.client("red").all_files()} == {("x",)}
    assert rig.store_net.received < LARGE + 2 * MIN_PART + 1_000_000


def test_listeners_hear_the_last_word_on_every_row(rig: EngineRig) -> None:
    heard: dict[int, Transfer] = {}
    end = rig.engine.subscribe(lambda rows: heard.update({row.id: row for row in rows}))
    rows = rig.send(*[rig.file(f"{number}.bin", 1000) for number in range(20)])
    ids = {row.id for row in rows}
    wait_until(lambda: {one for one, row in heard.items() if row.state is State.DONE} == ids, timeout_s=30, what="done")
    rig.engine.forget(list(ids))
    assert rig.engine.transfers() == []
    wait_until(lambda: all(heard[one].gone for one in ids), timeout_s=30, what="gone")
    end()
    assert rig.restart().transfers() == []


def test_a_listener_that_fails_harms_nobody(rig: EngineRig, caplog: pytest.LogCaptureFixture) -> None:
    def fail(rows: object) -> None:
        raise ValueError("listener")

    heard: list[Transfer] = []
    rig.engine.subscribe(fail)
    rig.engine.subscribe(heard.extend)
    rig.send(rig.file("a.bin", 10))
    wait_until(lambda: any(row.state is State.DONE for row in heard), timeout_s=30, what="the other one hears")
    assert "A listener to transfers failed" in caplog.text


def test_a_damaged_journal_is_put_aside_and_said(rig: EngineRig) -> None:
    rig.engine.stop()
    journal = rig.folder / "journal.db"
    journal.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    rig.engine = rig.new_engine()
    assert "was damaged; it was put aside as" in rig.engine.journal_note
    assert len(list(rig.folder.glob("journal.db.damaged-*"))) == 1
    rig.check(rig.send(rig.file("a.bin", 10)))


def test_a_journal_of_a_newer_version_is_put_aside_and_said(rig: EngineRig) -> None:
    rig.engine.stop()
    with sqlite3.connect(rig.folder / "journal.db") as journal:
        journal.execute("PRAGMA user_version = 99")
    journal.close()
    rig.engine = rig.new_engine()
    assert "newer version" in rig.engine.journal_note


def test_two_engines_do_not_share_a_journal(rig: EngineRig) -> None:
    with pytest.raises(JournalInUse, match="Another program"):
        Engine(rig.folder / "journal.db", rig.client)
