"""`media-upload --watch DIR`: a hot folder in the foreground."""

import contextlib
import hashlib
import json
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from gui.commands.access import first_contact
from gui.commands.texts import UNUSABLE, tell
from gui.transfer.client import ApplianceClient
from gui.transfer.engine import Engine
from gui.transfer.errors import Unreachable
from gui.transfer.hotfolders.hot_folders import HotFolders
from gui.transfer.hotfolders.ledger import LedgerBusy
from gui.transfer.hotfolders.patterns import DEFAULT_IGNORE
from gui.transfer.hotfolders.profiles import After, Profile, ProfileRefused
from gui.transfer.hotfolders.statuses import FolderState, FolderStatus
from gui.transfer.places import state_folder
from gui.transfer.transfers import Options, State, Transfer

_CONNECTION = "watch"
_FIRST_ANSWER_S = 3.0
_TIDY_EVERY_S = 60.0
_TIDY_AFTER_US = 60_000_000


@dataclass(frozen=True, slots=True)
class WatchWishes:
    """The folder and its rules, as the options give them."""

    root: Path
    folder: str
    tags: tuple[str, ...]
    private: bool
    settle_s: float
    after: After
    move_to: str
    include: tuple[str, ...]
    ignore: tuple[str, ...]
    polling: bool

    def profile(self) -> Profile:
        root = Path(os.path.abspath(self.root))  # noqa: PTH100 - links keep their names
        return Profile(
            root, _CONNECTION, folder=self.folder, tags=self.tags, private=self.private, settle_s=self.settle_s,
            after=self.after, move_to=self.move_to, include=self.include, ignore=(*DEFAULT_IGNORE, *self.ignore),
            polling=self.polling,
        )  # fmt: skip


def watch(client: ApplianceClient, wishes: WatchWishes, limit: int | None, *, as_json: bool) -> int:
    """Until SIGINT or SIGTERM; the exit code. An appliance that is away is waited for, a folder that is away too.

    What went up is remembered for each folder and appliance in the user's state folder. Raises TransferError.
    """
    try:
        first_contact(client, _FIRST_ANSWER_S)
    except Unreachable as error:
        tell(f"{error} It is waited for.")
    profile = wishes.profile()
    place = hashlib.sha256(os.fsencode(profile.root) + b"\n" + client.api_url.encode()).hexdigest()[:16]
    state = state_folder() / "watched" / place
    with _end_signals() as ended:
        engine = Engine(state / "journal.db", lambda name: client, Options(limit=limit))
        try:
            folders = HotFolders(state / "ledger.db", engine)
            try:
                unsubscribe = engine.subscribe(_Teller(as_json).take)
                folders.subscribe(_StatusTeller().take)
                engine.start()
                folders.start()
                _put(folders, profile)
                while not ended.wait(_TIDY_EVERY_S):
                    _tidy(engine)
                unsubscribe()
            finally:
                folders.stop()
        except (LedgerBusy, ProfileRefused) as error:
            tell(str(error))
            return UNUSABLE
        finally:
            engine.stop()
    tell("Ended; what was not sent goes on with the same command.")
    return 0


def _put(folders: HotFolders, profile: Profile) -> None:
    """The one folder of this ledger, by the rules of this call."""
    known = [status.profile for status in folders.status()]
    if known:
        folders.change(profile.with_id(known[0].id))
    else:
        folders.add(profile)


def _tidy(engine: Engine) -> None:
    """Rows that are done for a while are in the ledger."""
    rows = engine.transfers()
    newest = max((row.finished_at or 0 for row in rows), default=0)
    done = [row for row in rows if row.state is State.DONE and (row.finished_at or 0) < newest - _TIDY_AFTER_US]
    engine.forget([row.id for row in done])


@contextlib.contextmanager
def _end_signals() -> Iterator[threading.Event]:
    """An event that is set by SIGINT and SIGTERM, which do nothing else meanwhile."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


class _Teller:
    """Links on stdout as files arrive, trouble once on stderr."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._told: dict[int, State] = {}
        self._trouble = ""

    def take(self, rows: Sequence[Transfer]) -> None:
        for row in rows:
            if row.gone:
                self._told.pop(row.id, None)
            elif row.finished and self._told.get(row.id) is not row.state:
                self._told[row.id] = row.state
                self._tell(row)
            elif not row.finished:
                self._told.pop(row.id, None)
        suspended = next((row.reason for row in rows if row.state is State.SUSPENDED and not row.gone), "")
        if suspended and not self._trouble:
            tell(f"Waiting: {suspended}")
            self._trouble = suspended
        elif self._trouble and any(row.state is State.DONE for row in rows):
            self._trouble = ""

    def _tell(self, row: Transfer) -> None:
        if row.state is State.DONE and row.links is not None:
            tell(f"{row.name}: {'was there already; nothing was sent' if row.duplicate else 'sent'}.")
            answer = {"file": str(row.source), "fileId": row.file_id, "videoUrl": row.links.video_url,
                      "page": row.links.page, "duplicate": row.duplicate}  # fmt: skip
            click.echo(json.dumps(answer) if self._as_json else row.links.video_url)
        elif row.state is State.FAILED:
            tell(row.reason if str(row.source) in row.reason else f"{row.name}: {row.reason}")


class _StatusTeller:
    def __init__(self) -> None:
        self._told: tuple[FolderState | None, str, tuple[str, ...]] = (None, "", ())

    def take(self, status: FolderStatus) -> None:
        now = (status.state, status.reason, status.notes)
        if now == self._told:
            return
        if (status.state, status.reason) != self._told[:2]:
            watching = status.state is FolderState.WATCHING
            tell(f"Watching {status.profile.root}." if watching else status.reason)
        for note in status.notes:
            if note not in self._told[2]:
                tell(note)
        self._told = now
