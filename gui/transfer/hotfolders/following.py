"""Turns the engine's news of transfers into what a hot folder knows of its files."""

from collections.abc import Iterable
from pathlib import Path

from gui.transfer.hotfolders.book import Book
from gui.transfer.hotfolders.disk import Version
from gui.transfer.hotfolders.ledger import Entry, Progress, Sent
from gui.transfer.hotfolders.profiles import After, Profile
from gui.transfer.transfers import State, Transfer

_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 1800.0
UNPROVEN = "The file stays here: it could not be proven that the appliance has exactly its bytes."


class Following:
    """For one folder and one thread. Which rows are the folder's is told by their batch, after a restart by source."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._batches: set[str] = set()
        self._tries: dict[int, tuple[int, float]] = {}

    def handed_over(self, batch_id: str) -> None:
        """Rows of this batch are the folder's."""
        self._batches.add(batch_id)

    def recover(self, profile: Profile, transfers: Iterable[Transfer], now: float, at: int) -> list[Sent]:
        """After a restart: `transfers` are all rows of the engine. What was noted and has none was not taken over by it
        before the end; it is forgotten here and goes up anew. Answers as `take`."""
        rows = list(transfers)
        known = {row.id: row for row in rows}
        by_source: dict[Path, list[Transfer]] = {}
        for row in rows:
            by_source.setdefault(row.source, []).append(row)
        for entry in self._book.at(*Progress):
            linked = known.get(entry.transfer) if entry.transfer is not None else None
            # A journal that had to be made anew counts from one again.
            if entry.transfer is not None and (linked is None or linked.source != profile.root / entry.path):
                self._book.link(entry, None)
        for entry in self._book.at(Progress.HANDED, Progress.FAILED):
            same_place = by_source.get(profile.root / entry.path, [])
            found = next((row for row in same_place if self._is_of(row, entry, profile)), None)
            if entry.transfer is None and found is not None:
                self._book.link(entry, found.id)
            elif entry.transfer is None:
                self._book.drop([entry])
        return self.take(profile, rows, now, at)

    def take(self, profile: Profile, transfers: Iterable[Transfer], now: float, at: int) -> list[Sent]:
        """Note what became of rows; the files that arrived. now: seconds of a clock that never goes backwards."""
        arrived = []
        for row in transfers:
            entry = self._book.of_transfer(row.id) or self._new(row, profile)
            if entry is None:
                continue
            if row.state is State.DONE:
                if entry.progress not in (Progress.SENT, Progress.DONE):
                    arrived.append(Sent(entry.path, row.links.video_url if row.links else "", row.finished_at or at))
                self._done(entry, row, profile, at)
            elif row.state is State.FAILED:
                self._failed(entry, row, now, at)
            elif row.state is State.CANCELLED and entry.progress is not Progress.CANCELLED:
                self._book.change(entry, at, Progress.CANCELLED, reason=row.reason)
            elif row.state is not State.CANCELLED and entry.progress is not Progress.HANDED:
                self._book.change(entry, at, Progress.HANDED)
        self._book.flush()
        return arrived

    def due(self, now: float) -> list[Entry]:
        """Failed entries whose time for another try has come."""
        return [entry for entry in self._book.at(Progress.FAILED) if self._tries.get(entry.id, (0, now))[1] <= now]

    def next_due(self) -> float | None:
        """When the next one comes; None where nothing failed."""
        return min((self._tries[e.id][1] for e in self._book.at(Progress.FAILED) if e.id in self._tries), default=None)

    def _new(self, row: Transfer, profile: Profile) -> Entry | None:
        """The entry of a row that was not seen before."""
        if row.batch_id not in self._batches:
            return None
        entry = self._book.without_transfer(_relative(row.source, profile.root))
        if entry is not None:
            self._book.link(entry, row.id)
        return entry

    def _is_of(self, row: Transfer, entry: Entry, profile: Profile) -> bool:
        taken = self._book.of_transfer(row.id)
        same_bytes = (row.size, row.mtime_ns) == (entry.version.size, entry.version.mtime_ns)
        return (
            row.connection == profile.connection
            and taken is None
            and (same_bytes or row.created_at >= entry.changed_at)
        )

    def _done(self, entry: Entry, row: Transfer, profile: Profile, at: int) -> None:
        proven_now = entry.reason == UNPROVEN and row.verified
        if entry.progress in (Progress.SENT, Progress.DONE) and not proven_now:
            return
        self._tries.pop(entry.id, None)
        version = Version(row.size, row.mtime_ns or entry.version.mtime_ns, entry.version.inode)
        if profile.after is After.LEAVE:
            self._book.change(entry, at, Progress.DONE, version=version)
            self._book.link(entry, None)
        elif row.verified:
            self._book.change(entry, at, Progress.SENT, version=version)
        else:
            self._book.change(entry, at, Progress.DONE, version=version, reason=UNPROVEN)

    def _failed(self, entry: Entry, row: Transfer, now: float, at: int) -> None:
        if entry.progress is Progress.FAILED:
            return
        tries = self._tries.get(entry.id, (0, 0.0))[0]
        self._tries[entry.id] = (tries + 1, now + min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 4**tries))
        self._book.change(entry, at, Progress.FAILED, reason=row.reason)


def _relative(source: Path, root: Path) -> str:
    return source.relative_to(root).as_posix() if source.is_relative_to(root) else ""
