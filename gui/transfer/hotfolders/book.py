"""The entries of one hot folder, found by what a scan or the engine knows of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from gui.transfer.hotfolders.disk import Version
from gui.transfer.hotfolders.ledger import Entry, Ledger, Progress

_Key = TypeVar("_Key", str, int)


class Book:
    """A folder's part of the ledger, kept in memory. For one thread."""

    def __init__(self, ledger: Ledger, folder_id: int) -> None:
        self._ledger = ledger
        self._folder_id = folder_id
        self._by_path: dict[str, list[Entry]] = {}
        self._by_transfer: dict[int, Entry] = {}
        self._by_inode: dict[int, list[Entry]] = {}
        self._by_progress: dict[Progress, dict[int, Entry]] = {progress: {} for progress in Progress}
        self._changed: dict[int, Entry] = {}
        for entry in ledger.entries(folder_id):
            self._index(entry)

    def at(self, *progress: Progress) -> list[Entry]:
        """All that stand there."""
        return [entry for one in progress for entry in self._by_progress[one].values()]

    def count(self, progress: Progress) -> int:
        return len(self._by_progress[progress])

    def of_path(self, path: str) -> Sequence[Entry]:
        return self._by_path.get(path, ())

    def of_transfer(self, transfer_id: int) -> Entry | None:
        return self._by_transfer.get(transfer_id)

    def find(self, path: str, version: Version) -> Entry | None:
        """What is known of this version of this file."""
        return next((entry for entry in self.of_path(path) if entry.version.same_bytes(version)), None)

    def without_transfer(self, path: str) -> Entry | None:
        """The entry that was handed over and whose row in the engine is not known yet."""
        return next((e for e in self.of_path(path) if e.progress is Progress.HANDED and e.transfer is None), None)

    def known_as(self, version: Version, files: Mapping[str, Version]) -> Entry | None:
        """The entry of a file that now has another name: the same inode, size and time, and its old place holds
        something else or nothing. files: what lies in the folder now."""
        for entry in self._by_inode.get(version.inode, ()) if version.inode else ():
            there = files.get(entry.path)
            if entry.version.same_bytes(version) and (there is None or there.inode != version.inode):
                return entry
        return None

    def hand_over(self, files: Iterable[tuple[str, Version]], at: int) -> list[Entry]:
        """New entries, on disk before the engine is told. at: Unix microseconds."""
        made = self._ledger.hand_over(self._folder_id, files, at)
        for entry in made:
            self._index(entry)
        return made

    def change(
        self,
        entry: Entry,
        at: int,
        progress: Progress,
        *,
        reason: str = "",
        path: str | None = None,
        version: Version | None = None,
    ) -> None:
        """What is now true of the entry; path and version stay where they are not given. `flush` writes it."""
        self._unindex(entry)
        entry.path, entry.version = path or entry.path, version or entry.version
        twin = self.find(entry.path, entry.version)
        if twin is not None:
            self._unindex(twin)
        entry.progress, entry.reason, entry.changed_at = progress, reason, at
        self._index(entry)
        self._changed[entry.id] = entry

    def link(self, entry: Entry, transfer_id: int | None) -> None:
        """The entry's row in the engine is known, or is of no interest any more. `flush` writes it."""
        self._unindex(entry)
        entry.transfer = transfer_id
        self._index(entry)
        self._changed[entry.id] = entry

    def flush(self) -> None:
        """Write what changed, in one transaction."""
        self._ledger.save(list(self._changed.values()))
        self._changed.clear()

    def drop(self, entries: Collection[Entry]) -> None:
        """Forget them: these files may go up again."""
        for entry in entries:
            self._unindex(entry)
        self._ledger.drop(list(entries))

    def _index(self, entry: Entry) -> None:
        self._by_path.setdefault(entry.path, []).append(entry)
        self._by_inode.setdefault(entry.version.inode, []).append(entry)
        self._by_progress[entry.progress][entry.id] = entry
        if entry.transfer is not None:
            self._by_transfer[entry.transfer] = entry

    def _unindex(self, entry: Entry) -> None:
        _remove(self._by_path, entry.path, entry)
        _remove(self._by_inode, entry.version.inode, entry)
        self._by_progress[entry.progress].pop(entry.id, None)
        self._changed.pop(entry.id, None)
        if entry.transfer is not None:
            self._by_transfer.pop(entry.transfer, None)


def _remove(index: dict[_Key, list[Entry]], key: _Key, entry: Entry) -> None:
    rest = [other for other in index[key] if other.id != entry.id]
    if rest:
        index[key] = rest
    else:
        del index[key]
