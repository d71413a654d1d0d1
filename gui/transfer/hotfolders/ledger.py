"""The hot folders' memory: which folders there are, and which version of which file went up."""

import json
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import peewee

from gui.transfer.errors import JournalInUse
from gui.transfer.hotfolders.disk import Version
from gui.transfer.hotfolders.profiles import Profile

_VERSION = 1
_PRAGMAS = {"locking_mode": "exclusive", "journal_mode": "wal", "synchronous": "full", "busy_timeout": 2000}
_TABLES = (
    "CREATE TABLE folder (id INTEGER PRIMARY KEY AUTOINCREMENT, profile TEXT NOT NULL, mount TEXT NOT NULL DEFAULT '', "
    "sent INTEGER NOT NULL DEFAULT 0, last TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, folder INTEGER NOT NULL, path BLOB NOT NULL, "
    "size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode TEXT NOT NULL, state TEXT NOT NULL, transfer INTEGER, "
    "reason TEXT NOT NULL DEFAULT '', changed_at INTEGER NOT NULL, UNIQUE (folder, path, size, mtime_ns))",
)


class LedgerBusy(JournalInUse):
    """Another program of this user has the ledger; `str(error)` says so."""


class Progress(StrEnum):
    """Where one version of one file stands.

    handed: the engine was told of it, or is being told. failed: the engine gave it up; it is tried again later.
    cancelled: a person did not want it. sent: the appliance has it, and the local file is still to be dealt with.
    done: nothing more is to happen.
    """

    HANDED = "handed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SENT = "sent"
    DONE = "done"


@dataclass(slots=True)
class Entry:
    """One version of one file. transfer: the engine's id, None while unknown. changed_at: Unix microseconds."""

    id: int
    path: str
    version: Version
    progress: Progress
    transfer: int | None
    reason: str
    changed_at: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The last file of a folder that arrived. at: Unix microseconds."""

    path: str
    link: str
    at: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A hot folder as it was last known. mount: see `check_root`. sent: files in all."""

    profile: Profile
    mount: str
    sent: int
    last: Sent | None


class Ledger:
    """One SQLite file. What a method wrote is on disk when it returns; threads may share it.

    Only one process may have it, or two would send the same files. LedgerBusy where another has. A ledger that is
    damaged or that a newer version wrote is put aside, and `note` says so: files then go up again, which the appliance
    answers with the file it has.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.note = ""
        self._lock = threading.Lock()
        try:
            self._database = self._open(path)
        except peewee.OperationalError as error:
            if "locked" in str(error):
                raise LedgerBusy("The hot folders are watched by another program of this user already.") from error
            raise
        except (peewee.DatabaseError, _Foreign) as error:
            aside = _free_name(path)
            path.rename(aside)
            self.note = f"The memory of the hot folders could not be used ({error}) and lies in {aside} now."
            self._database = self._open(path)

    def _open(self, path: Path) -> peewee.SqliteDatabase:
        database = peewee.SqliteDatabase(
            str(path), pragmas=_PRAGMAS, lock_type="IMMEDIATE", thread_safe=False, check_same_thread=False
        )
        try:
            with database.atomic():
                version = _execute(database, "PRAGMA user_version").fetchone()[0]
                if version > _VERSION:
                    raise _Foreign("a newer version wrote it")
                for table in _TABLES if version == 0 else ():
                    _execute(database, table)
                _execute(database, "DELETE FROM entry WHERE folder NOT IN (SELECT id FROM folder)")
                _execute(database, f"PRAGMA user_version = {_VERSION}")
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            if not self._database.is_closed():
                self._database.close()

    def folders(self) -> list[Folder]:
        rows = self._all("SELECT id, profile, mount, sent, last FROM folder ORDER BY id")
        return [
            Folder(Profile.from_json(id_, text), mount, sent, Sent(**json.loads(last)) if last else None)
            for id_, text, mount, sent, last in rows
        ]

    def add_folder(self, profile: Profile) -> int:
        """The folder's id."""
        with self._lock, self._database.atomic():
            cursor = _execute(self._database, "INSERT INTO folder (profile) VALUES (?)", (profile.as_json(),))
            return int(cursor.lastrowid)

    def change_folder(self, profile: Profile, *, moved: bool) -> None:
        """moved: it lies elsewhere now, perhaps on another drive."""
        forget = ", mount = ''" if moved else ""
        self._run([(f"UPDATE folder SET profile = ?{forget} WHERE id = ?", (profile.as_json(), profile.id))])

    def remove_folder(self, folder_id: int) -> None:
        """And all that is known of its files."""
        self._run([(f"DELETE FROM {t} = ?", (folder_id,)) for t in ("entry WHERE folder", "folder WHERE id")])

    def set_mount(self, folder_id: int, mount: str) -> None:
        self._run([("UPDATE folder SET mount = ? WHERE id = ?", (mount, folder_id))])

    def count_sent(self, folder_id: int, files: int, last: Sent) -> None:
        text = json.dumps({"path": last.path, "link": last.link, "at": last.at})
        self._run([("UPDATE folder SET sent = sent + ?, last = ? WHERE id = ?", (files, text, folder_id))])

    def entries(self, folder_id: int) -> list[Entry]:
        columns = "id, path, size, mtime_ns, inode, state, transfer, reason, changed_at"
        rows = self._all(f"SELECT {columns} FROM entry WHERE folder = ? ORDER BY id", (folder_id,))
        return [
            Entry(id_, os.fsdecode(path), Version(size, mtime, int(inode)), Progress(state), transfer, reason, at)
            for id_, path, size, mtime, inode, state, transfer, reason, at in rows
        ]

    def hand_over(self, folder_id: int, files: Iterable[tuple[str, Version]], now: int) -> list[Entry]:
        """Note, before the engine is told, that these versions go up. now: Unix microseconds."""
        made = []
        with self._lock, self._database.atomic():
            for path, version in files:
                cursor = _execute(
                    self._database,
                    "INSERT INTO entry (folder, path, size, mtime_ns, inode, state, changed_at) VALUES (?,?,?,?,?,?,?)",
                    (folder_id, *_key(path, version), str(version.inode), Progress.HANDED, now),
                )
                made.append(Entry(int(cursor.lastrowid), path, version, Progress.HANDED, None, "", now))
        return made

    def save(self, entries: Sequence[Entry]) -> None:
        """Write these as they are now. Another row of the same version, if there is one, gives way."""
        statement = (
            "UPDATE OR REPLACE entry SET path = ?, size = ?, mtime_ns = ?, inode = ?, state = ?, transfer = ?, "
            "reason = ?, changed_at = ? WHERE id = ?"
        )
        self._run([
            (statement, (*_key(e.path, e.version), str(e.version.inode), e.progress, e.transfer, e.reason, e.changed_at,
                         e.id))
            for e in entries
        ])  # fmt: skip

    def drop(self, entries: Sequence[Entry]) -> None:
        """Forget that these ever went up."""
        self._run([("DELETE FROM entry WHERE id = ?", (entry.id,)) for entry in entries])

    def _run(self, statements: Sequence[tuple[str, tuple[Any, ...]]]) -> None:
        if statements:
            with self._lock, self._database.atomic():
                for sql, values in statements:
                    _execute(self._database, sql, values)

    def _all(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return list(_execute(self._database, sql, values).fetchall())


class _Foreign(Exception):
    pass


def _execute(database: peewee.SqliteDatabase, sql: str, values: tuple[Any, ...] = ()) -> Any:
    return database.execute_sql(sql, values)  # type: ignore[no-untyped-call]


def _key(path: str, version: Version) -> tuple[bytes, int, int]:
    return os.fsencode(path), version.size, version.mtime_ns


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
        number += 1
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()
    return aside
