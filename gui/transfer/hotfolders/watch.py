"""One hot folder: look, let files settle, hand them to the engine, and take away what has arrived."""

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from gui.transfer.engine import Engine
from gui.transfer.hotfolders.book import Book
from gui.transfer.hotfolders.disk import RootAway, Scan, Version, check_root, scan
from gui.transfer.hotfolders.disposal import Outcome, take_away
from gui.transfer.hotfolders.following import Following
from gui.transfer.hotfolders.ledger import Entry, Folder, Ledger, Progress
from gui.transfer.hotfolders.patterns import Patterns
from gui.transfer.hotfolders.profiles import Profile
from gui.transfer.hotfolders.settling import Settling
from gui.transfer.hotfolders.statuses import FolderState, FolderStatus
from gui.transfer.names import text_of
from gui.transfer.transfers import Transfer

LOOK_EVERY_S = 60.0
POLL_EVERY_S = 10.0
_AWAY_EVERY_S = 3.0
_RETRY_EVERY_S = 5.0
#: A folder is looked at for at most a tenth of the time, however fast it changes.
_SHARE = 10.0
_LEAST_PAUSE_S = 0.2


class FolderWatch:
    """`step` is all that happens, in one thread; `tell`, `hint` and `change` may be called from any.

    Delivery: every version of a file that rests is in the catalog once. The ledger is written before the engine is
    told; after a crash the engine's journal says which of those it had taken over (`Following.recover`), and what it
    had not goes up anew. Where both are lost, the appliance finds the bytes that it has by their hash.
    """

    def __init__(self, folder: Folder, ledger: Ledger, engine: Engine) -> None:
        self._ledger, self._engine = ledger, engine
        self._profile = self._next_profile = folder.profile
        self._mount, self._sent, self._last = folder.mount, folder.sent, folder.last
        self._book = Book(ledger, folder.profile.id)
        self._following = Following(self._book)
        self._settling = Settling(folder.profile.settle_s)
        self._news: deque[Transfer] = deque()
        self._recovered = False
        self._barrier = ""
        self._hinted = False
        self._look_at = self._full_at = 0.0
        self._looked_at = float("-inf")
        self._pause_s = _LEAST_PAUSE_S
        self._notes: tuple[str, ...] = ()
        self._away = ""
        self._identity: tuple[int, int] | None = None
        self.status = self._status()

    @property
    def identity(self) -> tuple[int, int] | None:
        """Device and inode of the folder when it was last seen, None where it cannot be looked into."""
        return self._identity

    def tell(self, transfers: Sequence[Transfer]) -> None:
        """News of the engine."""
        self._news.extend(transfers)

    def hint(self) -> None:
        """Something may have changed: look soon."""
        self._hinted = True

    def change(self, profile: Profile) -> None:
        """Takes effect at the next step."""
        self._next_profile = profile

    def step(self, now: float, at: int) -> float:
        """Do what is due; when the next step is. now: seconds, never backwards. at: Unix microseconds."""
        try:
            return self._step(now, at)
        finally:
            self.status = self._status()

    def _step(self, now: float, at: int) -> float:
        self._adopt_profile()
        if not self._recovered and not self._engine_has_read():
            return now + _LEAST_PAUSE_S
        self._take_news(now, at)
        if self._profile.paused:
            return now + LOOK_EVERY_S
        try:
            if now >= self._due(now):
                self._look(now, at)
            elif self._identity and (fresh := [e for e in self._book.at(Progress.SENT) if not e.reason]):
                self._see_root()
                self._take_away(fresh, at)
        except RootAway as error:
            self._away, self._identity = str(error), None
            self._settling.forget()
            self._looked_at = now
            self._look_at = self._full_at = now + _AWAY_EVERY_S
        return self._due(now)

    def _due(self, now: float) -> float:
        """When the folder is to be looked at: as planned, or sooner where something failed or may have changed."""
        due, fails = self._look_at, self._following.next_due()
        if fails is not None:
            due = min(due, max(fails, self._looked_at + _RETRY_EVERY_S))
        if self._hinted:
            due = min(due, max(now, self._looked_at + self._pause_s))
        return due

    def _status(self) -> FolderStatus:
        profile = self._profile
        state, reason = FolderState.WATCHING, ""
        if profile.paused:
            state, reason = FolderState.PAUSED, "Paused; new files are not taken."
        elif self._away:
            state, reason = FolderState.AWAY, self._away
        troubled = self._book.at(Progress.FAILED, Progress.SENT)
        kept = next((entry.reason for entry in troubled if entry.reason), "")
        return FolderStatus(
            profile,
            state,
            reason,
            notes=(*self._notes, *([kept] if kept else [])),
            settling=len(self._settling),
            waiting=self._book.count(Progress.HANDED),
            failed=self._book.count(Progress.FAILED),
            sent=self._sent,
            last=self._last,
        )

    def _adopt_profile(self) -> None:
        new, old = self._next_profile, self._profile
        if new == old:
            return
        self._profile = new
        self._settling = Settling(new.settle_s)
        self._look_at = 0.0
        if new.root != old.root:
            self._mount, self._away, self._identity = "", "", None

    def _engine_has_read(self) -> bool:
        """Whether the engine has made rows of all that was handed over before a crash: it reads in the order of `add`,
        so an empty one that was read comes after them."""
        if not self._book.count(Progress.HANDED):
            return True
        self._barrier = self._barrier or self._engine.add([], connection=self._profile.connection)
        return not self._engine.batch(self._barrier).scanning

    def _take_news(self, now: float, at: int) -> None:
        if not self._recovered:
            self._recovered = True
            self._news.clear()
            arrived = self._following.recover(self._profile, self._engine.transfers(), now, at)
        else:
            news = [self._news.popleft() for _ in range(len(self._news))]
            arrived = self._following.take(self._profile, news, now, at)
        if arrived:
            self._sent += len(arrived)
            self._last = arrived[-1]
            self._ledger.count_sent(self._profile.id, len(arrived), self._last)

    def _see_root(self) -> None:
        """RootAway where the folder is not what it was."""
        mount, self._identity = check_root(self._profile.root, self._mount)
        if mount != self._mount:
            self._ledger.set_mount(self._profile.id, mount)
            self._mount = mount

    def _look(self, now: float, at: int) -> None:
        self._hinted = False
        started = time.monotonic()
        self._see_root()
        found = scan(self._profile.root, Patterns(self._profile.include, self._profile.ignore), self._profile.target)
        # What was read while a drive went away is not what lies on it.
        self._see_root()
        self._away, self._looked_at = "", now
        self._notes = tuple(found.notes)
        if now >= self._full_at:
            self._following.take(self._profile, self._engine.transfers(), now, at)
            self._full_at = now + (POLL_EVERY_S if self._profile.polling else LOOK_EVERY_S)
        self._retry(found, now, at)
        self._hand_over(self._settled(found, now, at), found, at)
        self._take_away(self._book.at(Progress.SENT), at)
        self._pause_s = max(_LEAST_PAUSE_S, _SHARE * (time.monotonic() - started))
        settles = self._settling.next_look()
        self._look_at = self._full_at if settles is None else min(self._full_at, max(settles, now + self._pause_s))

    def _settled(self, found: Scan, now: float, at: int) -> list[str]:
        """Files that are to go up now."""
        candidates: dict[str, Version] = {}
        for path, version in found.files.items():
            if self._book.find(path, version) is not None:
                continue
            if any(entry.progress is Progress.HANDED for entry in self._book.of_path(path)):
                continue
            former = self._book.known_as(version, found.files)
            if former is None or former.progress is Progress.FAILED:
                candidates[path] = version
            elif former.progress is not Progress.HANDED:
                self._book.change(former, at, former.progress, reason=former.reason, path=path)
        self._book.flush()
        return self._settling.look(candidates, now)

    def _hand_over(self, paths: Sequence[str], found: Scan, at: int) -> None:
        # What failed in an older version goes up in this one, by a row of its own.
        stale = [e for path in paths for e in self._book.of_path(path) if e.progress is Progress.FAILED]
        self._give_up(stale)
        self._book.hand_over([(path, found.files[path]) for path in paths], at)
        by_folder: dict[str, list[Path]] = {}
        for path in paths:
            by_folder.setdefault(path.rpartition("/")[0], []).append(self._profile.root / path)
        for folder, sources in by_folder.items():
            batch = self._engine.add(
                sources,
                connection=self._profile.connection,
                folder=_joined(self._profile.folder, folder),
                tags=self._profile.tags,
                private=self._profile.private,
                priority=self._profile.priority,
            )
            self._following.handed_over(batch)

    def _retry(self, found: Scan, now: float, at: int) -> None:
        """Failed files, where they still are as they were; a newer version settles first, one that went is let go."""
        again, gone = [], []
        for entry in self._following.due(now):
            there = found.files.get(entry.path)
            if there is None:
                gone.append(entry)
            elif there.same_bytes(entry.version):
                again.append(entry)
        self._give_up(gone)
        for entry in again:
            if entry.transfer is not None and self._has(entry.transfer):
                self._book.change(entry, at, Progress.HANDED)
                self._engine.retry([entry.transfer])
            else:
                self._book.drop([entry])
        self._book.flush()

    def _give_up(self, entries: Sequence[Entry]) -> None:
        self._engine.cancel([e.transfer for e in entries if e.transfer is not None and self._has(e.transfer)])
        self._book.drop(entries)

    def _has(self, transfer_id: int) -> bool:
        try:
            self._engine.transfer(transfer_id)
        except KeyError:
            return False
        return True

    def _take_away(self, entries: Sequence[Entry], at: int) -> None:
        for entry in entries:
            target = self._profile.target
            try:
                outcome = take_away(
                    self._profile.root / entry.path, entry.version, target / entry.path if target else None, entry.id
                )
            except OSError as error:
                reason = f"{entry.path} has arrived but cannot be taken away: {error.strerror or error}."
                self._book.change(entry, at, Progress.SENT, reason=reason)
                continue
            if outcome is Outcome.TAKEN_AWAY:
                self._book.drop([entry])
            else:
                self._book.change(entry, at, Progress.DONE)
        self._book.flush()


def _joined(folder: str, relative: str) -> str:
    """The folder on the appliance; a folder's name stays one name, whatever is in it."""
    return "/".join(part for part in (folder.strip("/"), text_of(relative).replace("\\", "_")) if part)
