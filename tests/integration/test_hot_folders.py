"""Hot folders against a real API and store: each version of a file goes up once; what arrived is taken away."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gui.transfer.client import ApplianceClient
from gui.transfer.credentials import Credentials
from gui.transfer.engine import Engine
from gui.transfer.hotfolders.disk import Version
from gui.transfer.hotfolders.hot_folders import HotFolders
from gui.transfer.hotfolders.ledger import Ledger, LedgerBusy
from gui.transfer.hotfolders.profiles import After, Profile
from gui.transfer.hotfolders.statuses import FolderState, FolderStatus
from gui.transfer.hotfolders.watch import FolderWatch
from gui.transfer.transfers import Options
from tests.integration.api_server import ApiServer
from tests.servers import wait_until

SETTLE_S = 10.0
DEADLINE_S = 60.0


@dataclass
class Desk:
    """One user's engine and one hot folder, whose steps the test makes and whose clock it moves."""

    state: Path
    client: ApplianceClient
    profile: Profile
    now: float = 0.0
    engine: Engine = field(init=False)
    ledger: Ledger = field(init=False)
    watch: FolderWatch = field(init=False)

    def start(self) -> None:
        self.engine = Engine(self.state / "journal.db", lambda name: self.client, Options(hold_sleep=False))
        self.engine.start()
        self.ledger = Ledger(self.state / "ledger.db")
        if not self.ledger.folders():
            self.profile = replace(self.profile, id=self.ledger.add_folder(self.profile))
        self.watch = FolderWatch(self.ledger.folders()[0], self.ledger, self.engine)
        self.unsubscribe = self.engine.subscribe(self.watch.tell)

    def stop(self) -> None:
        self.unsubscribe()
        self.engine.stop()
        self.ledger.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def step(self, seconds: float = 0.0) -> FolderStatus:
        self.now += seconds
        self.watch.hint()
        self.watch.step(self.now, int(self.now * 1e6))
        return self.watch.status

    def settle(self) -> None:
        """Long enough for what lies there to be handed over."""
        self.step(1)
        self.step(SETTLE_S + 1)

    def run(self) -> FolderStatus:
        """Until all that lies there has arrived and was seen to."""
        self.settle()
        wait_until(lambda: self.step(1).idle, timeout_s=DEADLINE_S, what="all files have arrived")
        return self.step(61)

    def files(self) -> list[Mapping[str, Any]]:
        return list(self.client.all_files())

    def names(self) -> list[str]:
        return sorted(f"{file['path']}/{file['name']}".lstrip("/") for file in self.files())


MakeDesk = Callable[..., Desk]


@pytest.fixture
def make(api: ApiServer, tmp_path: Path) -> Iterator[MakeDesk]:
    """Desks, each of a tenant of its own."""
    made: list[Desk] = []
    number = len(api.catalog.tenants.all())

    def desk(**profile: Any) -> Desk:
        tenant = f"hot{number}"
        api.tenant(tenant)
        _, key = api.catalog.keys.create(tenant, "k", ["upload", "read", "delete"], now=1)
        (tmp_path / "in").mkdir()
        client = ApplianceClient(Credentials(api.url, key))
        made.append(Desk(tmp_path, client, Profile(tmp_path / "in", "c", settle_s=SETTLE_S, **profile)))
        made[-1].start()
        return made[-1]

    yield desk
    for one in made:
        one.stop()
        one.client.close()


def put(desk: Desk, name: str, content: bytes = b"") -> Path:
    path = desk.profile.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content or name.encode())
    return path


def test_files_go_up_under_their_folders_with_the_profile_of_the_hot_folder(make: MakeDesk) -> None:
    desk = make(folder="show", tags=("rushes",), private=True)
    for name in ("a.mov", "day 1/b.mov", "day 1/cam A/c 🎬\n.mov", "x.tmp", ".hidden/d.mov"):
        put(desk, name)
    status = desk.run()
    assert desk.names() == ["show/a.mov", "show/day 1/b.mov", "show/day 1/cam A/c 🎬_.mov"]
    assert all((file["tags"], file["visibility"]) == (["rushes"], "private") for file in desk.files())
    assert (status.sent, status.waiting, status.failed, status.settling) == (3, 0, 0, 0)
    assert status.last is not None
    assert status.last.link.startswith("http")


def test_nothing_is_taken_while_it_grows(make: MakeDesk) -> None:
    desk = make()
    for size in range(1, 8):
        put(desk, "a.mov", b"x" * size)
        assert desk.step(SETTLE_S - 1).waiting == 0
    assert desk.names() == []
    desk.run()
    assert [file["size"] for file in desk.files()] == [7]


def test_a_rename_from_a_temporary_name_is_noticed(make: MakeDesk) -> None:
    desk = make()
    path = put(desk, "a.mov.part", b"film")
    desk.run()
    assert desk.names() == []
    path.rename(path.with_name("a.mov"))
    desk.run()
    assert desk.names() == ["a.mov"]


def test_nothing_goes_up_twice_and_a_new_version_does(make: MakeDesk) -> None:
    desk = make()
    path = put(desk, "a.mov", b"one")
    desk.run()
    desk.run()
    desk.restart()
    desk.run()
    assert desk.names() == ["a.mov"]
    path.write_bytes(b"two!")
    desk.run()
    assert sorted(file["size"] for file in desk.files()) == [3, 4]


def test_a_file_that_is_renamed_after_it_went_up_stays_sent(make: MakeDesk) -> None:
    desk = make()
    path = put(desk, "a.mov", b"one")
    desk.run()
    (desk.profile.root / "done").mkdir()
    path.rename(desk.profile.root / "done" / "b.mov")
    put(desk, "a.mov", b"another")
    desk.run()
    desk.restart()
    desk.run()
    assert desk.names() == ["a.mov", "a.mov"]
    shutil.copy2(desk.profile.root / "done" / "b.mov", desk.profile.root / "copy.mov")
    desk.run()
    assert desk.names() == ["a.mov", "a.mov", "copy.mov"]


@pytest.mark.parametrize("after", [After.MOVE, After.DELETE])
def test_what_arrived_is_taken_away(make: MakeDesk, after: After) -> None:
    desk = make(after=after)
    put(desk, "a.mov")
    put(desk, "day 1/b.mov")
    desk.run()
    assert desk.names() == ["a.mov", "day 1/b.mov"]
    left = {str(path.relative_to(desk.profile.root)) for path in desk.profile.root.rglob("*") if path.is_file()}
    assert left == ({"Sent/a.mov", "Sent/day 1/b.mov"} if after is After.MOVE else set())
    put(desk, "a.mov", b"again, and other bytes")
    desk.run()
    assert desk.names() == ["a.mov", "a.mov", "day 1/b.mov"]


def test_what_changed_after_it_was_sent_is_not_deleted(make: MakeDesk) -> None:
    desk = make(after=After.DELETE)
    path = put(desk, "a.mov", b"first")
    desk.settle()
    assert desk.engine.wait_idle(DEADLINE_S)
    path.write_bytes(b"second version")
    desk.step(1)
    assert path.read_bytes() == b"second version"
    desk.run()
    assert sorted(file["size"] for file in desk.files()) == [5, 14]
    assert not path.exists()


def test_a_file_that_may_not_be_taken_away_stays_and_is_named(make: MakeDesk, tmp_path: Path) -> None:
    desk = make(after=After.MOVE, move_to=str(tmp_path / "wall" / "Sent"))
    (tmp_path / "wall").write_bytes(b"a file where a folder should be")
    path = put(desk, "a.mov")
    status = desk.run()
    assert desk.names() == ["a.mov"]
    assert any("a.mov has arrived but cannot be taken away" in note for note in status.notes)
    assert [path.name for path in desk.profile.root.iterdir()] == ["a.mov"]
    (tmp_path / "wall").unlink()
    status = desk.run()
    assert status.notes == ()
    assert (tmp_path / "wall" / "Sent" / "a.mov").is_file()
    assert not path.exists()


def test_a_program_that_ended_between_handing_over_and_writing_it_down_sends_once(make: MakeDesk) -> None:
    desk = make()
    for number in range(20):
        put(desk, f"{number}.mov")
    # The ledger as a crash leaves it that comes after the engine took all over and before the ledger learned of that.
    desk.settle()
    desk.restart()
    for number in range(20, 30):
        put(desk, f"{number}.mov")
    # The ledger as a crash leaves it that comes before the engine was told.
    desk.ledger.hand_over(desk.profile.id, [("0.mov", replace(version(desk, "0.mov"), mtime_ns=1))], now=1)
    desk.restart()
    desk.run()
    assert len(desk.names()) == 30
    assert len(set(desk.names())) == 30
    assert len(desk.engine.transfers()) == 30


def version(desk: Desk, name: str) -> Version:
    return Version.of((desk.profile.root / name).lstat())


def test_a_root_that_goes_away_is_waited_for(make: MakeDesk) -> None:
    desk = make()
    put(desk, "a.mov")
    desk.run()
    put(desk, "b.mov")
    desk.step(1)
    aside = desk.profile.root.rename(desk.state / "aside")
    status = desk.step(SETTLE_S)
    assert (status.state, "is not there" in status.reason) == (FolderState.AWAY, True)
    aside.rename(desk.profile.root)
    status = desk.run()
    assert status.state is FolderState.WATCHING
    assert desk.names() == ["a.mov", "b.mov"]


def test_a_file_that_was_away_when_its_turn_came_is_tried_again(make: MakeDesk) -> None:
    desk = make()
    desk.engine.pause_all()
    put(desk, "a.mov")
    put(desk, "gone.mov")
    desk.settle()
    aside = desk.profile.root.rename(desk.state / "aside")
    desk.step(1)
    desk.engine.resume_all()
    wait_until(lambda: desk.step(3).failed == 2, timeout_s=DEADLINE_S, what="both files failed")
    (aside / "gone.mov").unlink()
    aside.rename(desk.profile.root)
    wait_until(lambda: desk.step(3).failed == 0, timeout_s=DEADLINE_S, what="the one that is there is tried again")
    desk.run()
    assert desk.names() == ["a.mov"]


def test_what_a_person_cancelled_stays_out_until_it_changes(make: MakeDesk) -> None:
    desk = make()
    desk.engine.pause_all()
    path = put(desk, "a.mov")
    desk.settle()
    wait_until(lambda: len(desk.engine.transfers()) == 1, timeout_s=DEADLINE_S, what="the row is there")
    desk.engine.cancel([desk.engine.transfers()[0].id])
    desk.engine.resume_all()
    desk.run()
    desk.restart()
    desk.run()
    assert desk.names() == []
    path.write_bytes(b"a new version")
    desk.run()
    assert desk.names() == ["a.mov"]


def test_two_programs_do_not_watch_at_once(make: MakeDesk) -> None:
    desk = make()
    with pytest.raises(LedgerBusy, match="another program"):
        Ledger(desk.state / "ledger.db")


def test_the_threads_do_all_this_by_themselves(make: MakeDesk, tmp_path: Path) -> None:
    desk = make()
    desk.ledger.close()
    (desk.state / "ledger.db").unlink()
    told: list[FolderStatus] = []
    folders = HotFolders(desk.state / "ledger.db", desk.engine)
    try:
        folders.subscribe(told.append)
        folders.start()
        made = folders.add(replace(desk.profile, id=0, settle_s=0.3, after=After.DELETE))
        other = folders.add(Profile(tmp_path / "not there", "c"))
        wait_until(lambda: folders.status()[1].state is FolderState.AWAY, timeout_s=DEADLINE_S, what="it is away")
        path = put(desk, "a.mov")
        wait_until(lambda: not path.exists(), timeout_s=DEADLINE_S, what="a.mov went up and was deleted")
        folders.pause(made.id)
        wait_until(lambda: folders.status()[0].state is FolderState.PAUSED, timeout_s=DEADLINE_S, what="paused")
        folders.remove(other.id)
        assert told[-1].gone
        path = put(desk, "b.mov")
        folders.resume(made.id)
        wait_until(lambda: not path.exists(), timeout_s=DEADLINE_S, what="b.mov went up and was deleted")
        assert desk.names() == ["a.mov", "b.mov"]
        wait_until(lambda: folders.status()[0].sent == 2, timeout_s=DEADLINE_S, what="two were counted")
    finally:
        folders.stop()
        desk.ledger = Ledger(desk.state / "ledger.db")
    assert [folder.profile.id for folder in desk.ledger.folders()] == [made.id]
