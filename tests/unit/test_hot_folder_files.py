"""Hot folders' rules without an engine: which files are meant, when they rest, and how they are taken away."""

import os
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.transfer.hotfolders.disk import TAKEN, RootAway, Version, check_root, scan
from gui.transfer.hotfolders.disposal import Outcome, take_away
from gui.transfer.hotfolders.patterns import Patterns
from gui.transfer.hotfolders.profiles import After, Profile, ProfileRefused, check
from gui.transfer.hotfolders.settling import Settling


def version_of(path: Path) -> Version:
    return Version.of(path.lstat())


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "Thumbs.db", "THUMBS.DB", "~$letter.docx", "film.mov.part", "film.TMP", "x.crdownload", ".hidden"],
)
def test_what_programs_leave_behind_is_ignored_by_default(name: str) -> None:
    assert not Patterns().wants(name)
    assert not Patterns().wants(f"day 1/{name}")


@pytest.mark.parametrize("name", ["film.mov", "FILM.MOV", "part.mov", "tmp", "a~b.txt", "weird [1].mp4", "\n.mov"])
def test_everything_else_is_wanted(name: str) -> None:
    assert Patterns().wants(name)


def test_patterns_do_not_mind_case_or_the_form_of_letters() -> None:
    patterns = Patterns(include=["*.MOV", "Ä*"], ignore=["Proxy/", "*_draft.*"])
    assert patterns.wants("a/b/clip.mov")
    assert patterns.wants("a\u0308hre.txt")
    assert not patterns.wants("clip.mp4")
    assert not patterns.wants("x/clip_DRAFT.mov")
    assert not patterns.enters("day/proxy")
    assert patterns.enters("day/proxies")
    assert patterns.wants("Proxy.mov")


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("cards/*.mov", "cards/a.mov", True),
        ("cards/*.mov", "cards/one/a.mov", False),
        ("cards/**/*.mov", "cards/one/two/a.mov", True),
        ("cards/**/*.mov", "cards/a.mov", True),
        ("cards/**", "cards/one/a.txt", True),
        ("/a?.mov", "a1.mov", True),
        ("/a?.mov", "b/a1.mov", False),
        ("cards/[!ab]*", "cards/c.mov", True),
        ("cards/[!ab]*", "cards/a.mov", False),
        ("cards/[", "cards/[", True),
    ],
)
def test_a_pattern_with_a_slash_speaks_of_the_whole_path(pattern: str, path: str, matches: bool) -> None:
    assert Patterns(include=[pattern]).wants(path) is matches


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"])))
def test_no_pattern_breaks(pattern: str, path: str) -> None:
    Patterns(include=[pattern], ignore=[f"{pattern}/"]).wants(path)


def test_a_file_rests_when_it_was_seen_unchanged_for_the_chosen_time() -> None:
    settling = Settling(10)
    assert settling.look({"a": Version(1, 1), "b": Version(1, 1)}, now=0) == []
    assert settling.look({"a": Version(2, 1), "b": Version(1, 1)}, now=9) == []
    assert settling.next_look() == 10
    assert settling.look({"a": Version(2, 1), "b": Version(1, 1)}, now=10) == ["b"]
    assert settling.look({"a": Version(2, 2)}, now=18) == []
    for now in range(19, 1000, 9):
        assert settling.look({"a": Version(now, now)}, now=now) == []
    assert settling.look({"a": Version(now, now)}, now=now + 10) == ["a"]
    assert settling.next_look() is None


def test_a_scan_finds_files_below_and_leaves_links_and_the_moved_ones_alone(tmp_path: Path) -> None:
    for name in ("a.mov", "day 1/b.mov", "day 1/.git/c", "Sent/old.mov", "x.tmp", f"{TAKEN}3", "emoji 🎬\nline.mov"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12")
    (tmp_path / "link.mov").symlink_to(tmp_path / "a.mov")
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    found = scan(tmp_path, Patterns(), tmp_path / "Sent")
    assert set(found.files) == {"a.mov", "day 1/b.mov", "emoji 🎬\nline.mov"}
    assert found.files["a.mov"] == version_of(tmp_path / "a.mov")
    assert found.notes == []


def test_a_root_that_is_not_there_is_away_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(RootAway, match="is not there"):
        check_root(tmp_path / "gone", "")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RootAway, match="is no folder"):
        check_root(tmp_path / "file", "")
    mount, identity = check_root(tmp_path, "")
    assert check_root(tmp_path, mount) == (mount, identity)
    with pytest.raises(RootAway, match="not mounted"):
        check_root(tmp_path, str(tmp_path))
    with pytest.raises(RootAway, match="is not there"):
        scan(tmp_path / "gone", Patterns(), None)


def test_what_was_sent_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "a.mov").write_bytes(b"sent")
    assert take_away(tmp_path / "a.mov", version_of(tmp_path / "a.mov"), None, 1) is Outcome.TAKEN_AWAY
    assert list(tmp_path.iterdir()) == []
    assert take_away(tmp_path / "a.mov", Version(4, 1), None, 1) is Outcome.TAKEN_AWAY


def test_what_changed_since_it_was_sent_stays(tmp_path: Path) -> None:
    source = tmp_path / "a.mov"
    source.write_bytes(b"sent")
    sent = version_of(source)
    source.write_bytes(b"something else")
    assert take_away(source, sent, None, 1) is Outcome.CHANGED
    assert source.read_bytes() == b"something else"


def test_another_file_put_in_its_place_at_the_last_moment_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.mov"
    source.write_bytes(b"sent")
    sent = version_of(source)
    rename = Path.rename

    def replaced_before(self: Path, target: Path) -> Path:
        (tmp_path / "new").write_bytes(b"another one")
        rename(tmp_path / "new", source)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", replaced_before)
    assert take_away(source, sent, None, 1) is Outcome.CHANGED
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mov"]
    assert source.read_bytes() == b"another one"


def test_moved_files_keep_their_folders_and_never_replace_another(tmp_path: Path) -> None:
    target = tmp_path / "Sent" / "day 1" / "a.mov"
    for number, content in enumerate([b"one", b"two", b"three"]):
        source = tmp_path / "a.mov"
        source.write_bytes(content)
        assert take_away(source, version_of(source), target, number) is Outcome.TAKEN_AWAY
    assert {path.name: path.read_bytes() for path in target.parent.iterdir()} == {
        "a.mov": b"one", "a (2).mov": b"two", "a (3).mov": b"three",
    }  # fmt: skip


@pytest.mark.parametrize("step", ["taken", "linked"])
def test_a_move_that_a_crash_broke_off_goes_on(tmp_path: Path, step: str) -> None:
    source, target = tmp_path / "a.mov", tmp_path / "Sent" / "a.mov"
    source.write_bytes(b"sent")
    sent = version_of(source)
    taken = source.rename(tmp_path / f"{TAKEN}7")
    if step == "linked":
        target.parent.mkdir()
        target.hardlink_to(taken)
    assert take_away(source, sent, target, 7) is Outcome.TAKEN_AWAY
    assert target.read_bytes() == b"sent"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["Sent", "a.mov"]


def test_a_move_to_another_drive_copies_first(tmp_path: Path) -> None:
    source = tmp_path / "a.mov"
    source.write_bytes(b"sent")
    sent = version_of(source)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        assert Path(memory).stat().st_dev != tmp_path.stat().st_dev
        target = Path(memory, "Sent", "a.mov")
        target.parent.mkdir()
        target.write_bytes(b"in the way")
        assert take_away(source, sent, target, 7) is Outcome.TAKEN_AWAY
        moved = target.with_name("a (2).mov")
        assert (moved.read_bytes(), version_of(moved).mtime_ns) == (b"sent", sent.mtime_ns)
        assert {path.name for path in target.parent.iterdir()} == {"a (2).mov", "a.mov"}
    assert list(tmp_path.iterdir()) == []


def test_a_drive_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    test_moved_files_keep_their_folders_and_never_replace_another(tmp_path)


def test_many_takers_lose_nothing(tmp_path: Path) -> None:
    contents = [bytes([number]) * 10 for number in range(40)]
    for number, content in enumerate(contents):
        (tmp_path / f"in-{number}").mkdir()
        (tmp_path / f"in-{number}" / "a.mov").write_bytes(content)
    target = tmp_path / "Sent" / "a.mov"

    def take(number: int) -> None:
        source = tmp_path / f"in-{number}" / "a.mov"
        take_away(source, version_of(source), target, number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(len(contents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes() for path in target.parent.iterdir()) == sorted(contents)


def profile(root: str, **more: object) -> Profile:
    return Profile(Path(root).absolute(), "c", **more)  # type: ignore[arg-type]


def test_profiles_that_would_send_twice_or_never_are_refused() -> None:
    known = profile("/in", id=1, after=After.MOVE, move_to="Sent")
    check(known, [known])
    check(profile("/other", after=After.MOVE, move_to="/done"), [known])
    for wrong, why in (
        (Profile(Path("relative"), "c"), "no full path"),
        (profile("/in/deeper"), "overlaps"),
        (profile("/"), "overlaps"),
        (profile("/other", after=After.MOVE, move_to="."), "another folder"),
        (profile("/other", after=After.MOVE, move_to="/in/x"), "go up again"),
        (profile("/other", settle_s=-1), "negative"),
    ):
        with pytest.raises(ProfileRefused, match=why):
            check(wrong, [known])


def test_a_profile_survives_being_written_down() -> None:
    odd = os.fsdecode(b"/in/latin \xe9") if sys.platform == "linux" else "/in/x"
    made = Profile(Path(odd), "c", 3, "show/day 1", ("a", "b"), True, 5, ("*.mov",), (), 3.5, After.DELETE, "x", True)
    assert Profile.from_json(3, made.as_json()) == made
    assert Profile.from_json(3, made.as_json()[:-1] + ', "newer": 1}') == made
