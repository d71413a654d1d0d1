"""The engine's smaller parts: limits, retries, room, folders, names, the journal."""

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import names as kept_names
from appliance.domain.errors import InvalidRequest
from appliance.domain.uploads import plan_upload
from gui.transfer.errors import Broken, Interrupted, Refused, SourceChanged, SourceMissing, Unreachable
from gui.transfer.fingerprint import check, content, etag_of, joined_etag, look, md5_of, take
from gui.transfer.halting import Halt
from gui.transfer.names import kept_folder, kept_name, words_of
from gui.transfer.network.backoff import delay, with_retries
from gui.transfer.network.throttle import Slots, Throttle
from gui.transfer.offers import Account
from gui.transfer.transfers import Links, State
from gui.transfer.uploads.duplicates import planned_part
from gui.transfer.uploads.journal import Journal, Notes, Wish
from gui.transfer.uploads.preflight import readable, shortage
from gui.transfer.uploads.rows import Row, kept
from gui.transfer.uploads.scanning import Found, Note, scan

ACCOUNT = Account("t", "k", frozenset(), None, None, 0, 0, 180 * 10**9, 1 << 40, 3600, "media", "1", frozenset())


def test_a_limit_holds_over_all_that_share_it() -> None:
    throttle, halt, took = Throttle(100_000), Halt(), []

    def take_some() -> None:
        left = 20_000
        while left:
            left -= throttle.grant(left, halt)
        took.append(time.monotonic())

    began = time.monotonic()
    threads = [threading.Thread(target=take_some) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 60,000 bytes, of which 10,000 may go at once: never sooner, however busy the machine.
    assert max(took) - began >= 0.45


def test_a_limit_that_is_lifted_lets_those_go_who_wait() -> None:
    throttle, halt = Throttle(1), Halt()
    threading.Timer(0.05, throttle.set, (None,)).start()
    assert throttle.grant(10**6, halt) == 10**6


def test_who_waits_at_a_limit_can_be_called_away() -> None:
    throttle, slots, halt = Throttle(1), Slots(0), Halt()
    threading.Timer(0.05, halt.request).start()
    with pytest.raises(Interrupted):
        throttle.grant(10**6, halt)
    with pytest.raises(Interrupted):
        slots.take(halt)


@given(st.integers(1, 10**6))
def test_delays_grow_to_a_limit(failures: int) -> None:
    assert 0.125 <= delay(failures) <= 5.0


def test_only_what_passes_is_tried_again() -> None:
    pauses: list[float] = []
    failures: list[Exception] = [
        Broken("lost"), Refused("busy", type_="x", status=503, retry_after=7), Refused("no", type_="x", status=400),
    ]  # fmt: skip

    def work() -> None:
        raise failures.pop(0)

    with pytest.raises(Refused, match="no"):
        with_retries(work, Halt(), attempts=9, pause=pauses.append)
    assert (len(pauses), pauses[1], failures) == (2, 7, [])
    failures = [Unreachable("away")]
    with pytest.raises(Unreachable):
        with_retries(work, Halt(), attempts=9, pause=pauses.append)
    assert len(pauses) == 2


def test_room_is_told_in_words_people_use() -> None:
    assert shortage(ACCOUNT, 180 * 10**9, 1) == ""
    assert shortage(ACCOUNT, 300 * 10**9, 1) == "Needs 300 GB, 180 GB free on the appliance."
    tight = replace(ACCOUNT, quota_bytes=10**9, used_bytes=4 * 10**8)
    assert shortage(tight, 10**9, 1) == "Needs 1 GB, 600 MB left of the quota."
    few = replace(ACCOUNT, quota_files=10, used_files=9)
    assert shortage(few, 5, 2) == "These are 2 files, and the quota has room for 1."


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1 KB"), (1550, "1.6 KB"), (999_950, "1 MB"),
     (123_456_789, "123 MB"), (5 * 10**15, "5 PB"), (5 * 10**19, "50000 PB")],
)  # fmt: skip
def test_sizes_are_readable(count: int, text: str) -> None:
    assert readable(count) == text


@given(st.integers(0, 5 * 1024**4))
def test_parts_are_those_that_the_appliance_plans(size: int) -> None:
    plan = plan_upload(size)
    assert plan.protocol == "put" or plan.part_size == planned_part(size)


@given(st.text(max_size=40))
def test_names_are_kept_as_the_appliance_keeps_them(name: str) -> None:
    try:
        assert kept_names.file_name(name) == kept_name(name)
    except InvalidRequest:
        return
    assert kept_names.folder_path(f"{name}/b") == kept_folder(f"{name}/b")


def test_words_to_search_a_name_by() -> None:
    assert words_of("Ferien_am-Meer (2).mp4") == "Ferien am Meer 2 mp4"
    assert words_of("🎬.🎬") == ""
    assert len(words_of("word " * 100)) <= 150


def test_a_folder_is_found_whole_and_circles_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "1").write_bytes(b"1")
    (tmp_path / "a" / "x\\y").mkdir()
    (tmp_path / "a" / "x\\y" / "2").write_bytes(b"22")
    (tmp_path / "a" / "b" / "up").symlink_to("..")
    (tmp_path / "a" / "link").symlink_to("b/1")
    (tmp_path / "a" / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "a" / "pipe")
    found = list(scan([tmp_path / "a", tmp_path / "a" / "b" / "1"], "to"))
    files = [(one.folder, one.source.name, one.size) for one in found if isinstance(one, Found) and one.error is None]
    assert files == [("to/a/b", "1", 1), ("to/a", "link", 1), ("to/a/x_y", "2", 2), ("to", "1", 1)]
    (failed,) = [one for one in found if isinstance(one, Found) and one.error is not None]
    assert isinstance(failed.error, SourceMissing)
    assert len([one for one in found if isinstance(one, Note)]) == 2


def test_a_fingerprint_tells_bytes_at_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"a" * 200_000)
    before = take(path)
    status = path.stat()
    path.write_bytes(b"a" * 199_999 + b"b")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = take(path)
    assert (before.size, before.mtime_ns) == (after.size, after.mtime_ns)
    assert not before.same_file(after)
    assert look(path).same_file(after)
    os.utime(path, ns=(0, 0))
    with pytest.raises(SourceChanged):
        check(path, after)
    with pytest.raises(SourceChanged):
        content(path, replace(after, size=5))


def test_etags_are_those_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"0123456789")
    assert etag_of(path, 10, None, Halt()) == "781e5e245d69b566979b86e28d23f2c7"
    parts = [md5_of(path, start, min(4, 10 - start), Halt()) for start in (0, 4, 8)]
    assert etag_of(path, 10, 4, Halt()) == joined_etag(parts)
    assert joined_etag(parts).endswith("-3")


def row(number: int, **values: object) -> Row:
    made = Row(number, "batch", "red", Path("/films/latin \udce9.mov"), "latin", "to", 5, 1, float(number))
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_the_journal_keeps_rows_as_they_were(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    done = row(1, state=State.DONE, links=Links("v", "u"), tags=("a", "b"), metadata={"k": "v"}, verified=True)
    under_way = row(2, state=State.SENDING, file_id="f")
    paused = row(3, state=State.PAUSED, reason="Paused.")
    journal.write(Notes(rows=[kept(one) for one in (done, under_way, paused)], parts=[(2, 1, "e1"), (2, 2, "e2")]))
    wish = Wish("b", (Path("/a \udce9"),), "red", "to", ("x",), True, {"m": "1"}, 3)
    journal.wish(wish)
    journal.write(Notes(abandoned=[("red", "old")], forgotten=[3]))
    journal.close()
    journal = Journal(tmp_path / "journal.db")
    first, second = journal.rows()
    assert (first.source, first.links, first.tags, first.metadata) == (
        done.source, Links("v", "u"), ("a", "b"), {"k": "v"},
    )  # fmt: skip
    assert (first.verified, first.sent, second.state, second.file_id) == (True, 5, State.WAITING, "f")
    assert journal.parts(2) == {1: "e1", 2: "e2"}
    assert journal.wishes() == [wish]
    assert journal.abandoned() == [("red", "old")]
    journal.write(Notes(fresh=[2]))
    journal.granted("b")
    journal.released("old")
    assert (journal.parts(2), journal.wishes(), journal.abandoned()) == ({}, [], [])
    journal.close()


def test_lines_of_the_journal_that_make_no_sense_are_left_out_and_said(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.write(Notes(rows=[kept(row(1)) | {"state": "flying"}, kept(row(2))]))
    assert [one.id for one in journal.rows()] == [2]
    assert "left out" in journal.note
    journal.close()
