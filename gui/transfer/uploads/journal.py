"""What must outlive the process, in one SQLite file: rows, stored parts, folders to be read, what to give up."""

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peewee import DatabaseError, SqliteDatabase

from gui.transfer.errors import JournalInUse, NotConfigured, shown
from gui.transfer.uploads.rows import KEPT, Row, restored

#: Each step makes one version out of the one before; `PRAGMA user_version` counts them.
_STEPS = (
    """
    CREATE TABLE transfer (
        id INTEGER PRIMARY KEY, batch_id TEXT NOT NULL, connection TEXT NOT NULL, source BLOB NOT NULL,
        name TEXT NOT NULL, folder TEXT NOT NULL, size INTEGER NOT NULL, created_at INTEGER NOT NULL,
        position REAL NOT NULL, priority INTEGER NOT NULL, tags TEXT NOT NULL, private INTEGER NOT NULL,
        metadata TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, problem TEXT NOT NULL,
        mtime_ns INTEGER NOT NULL, ends TEXT NOT NULL, key TEXT NOT NULL, file_id TEXT, file_state TEXT, links TEXT,
        duplicate INTEGER NOT NULL, etag TEXT, etag_sent TEXT, verified INTEGER NOT NULL, finished_at INTEGER,
        attempts INTEGER NOT NULL
    );
    CREATE TABLE part (
        transfer_id INTEGER NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, PRIMARY KEY (transfer_id, number)
    ) WITHOUT ROWID;
    CREATE TABLE intake (batch_id TEXT PRIMARY KEY, wish TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE abandoned (file_id TEXT PRIMARY KEY, connection TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
)
_KEEP = f"INSERT OR REPLACE INTO transfer ({', '.join(KEPT)}) VALUES ({', '.join('?' * len(KEPT))})"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an `add` asked for, kept until all of its rows are."""

    batch_id: str
    sources: tuple[Path, ...]
    connection: str
    folder: str
    tags: tuple[str, ...]
    private: bool
    metadata: dict[str, str]
    priority: int


@dataclass(slots=True)
class Notes:
    """What is to be written at the next opportunity.

    rows: as `kept` makes them. fresh: rows whose parts are void. parts: (row, number, etag). abandoned: (connection,
    fileId) of uploads that the appliance is to be told to give up. forgotten: rows to be taken out.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    fresh: list[int] = field(default_factory=list)
    parts: list[tuple[int, int, str]] = field(default_factory=list)
    abandoned: list[tuple[str, str]] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.fresh or self.parts or self.abandoned or self.forgotten)


class Journal:
    """Safe to use from several threads, by one process at a time.

    Each call is one transaction. It survives a kill of the process; a power cut may take the last moments (WAL with
    synchronous NORMAL), which are found out anew: a repeated wish has the same key, and the store knows its parts.
    """

    def __init__(self, path: Path) -> None:
        """Opens or makes it; one that is damaged or newer is put aside, and `note` says so.

        Raises JournalInUse where another process has it open, NotConfigured where the place cannot be written to.
        """
        self.note = ""
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotConfigured(f"{shown(path.parent)} cannot be made: {error.strerror}.") from error
        try:
            self._open()
        except (DatabaseError, sqlite3.DatabaseError, _Unusable) as error:
            self._put_aside(error)
            self._open()

    def rows(self) -> list[Row]:
        """All rows; what cannot be understood of them is left out, and `note` says so."""
        found = []
        with self._lock:
            values = list(self._run(f"SELECT {', '.join(KEPT)} FROM transfer ORDER BY id"))
        for one in values:
            try:
                found.append(restored(dict(zip(KEPT, one, strict=True))))
            except (ValueError, KeyError, TypeError):
                self.note = self.note or "Some lines of the list of transfers could not be read and were left out."
        return found

    def parts(self, transfer_id: int) -> dict[int, str]:
        """Etags of the parts that were stored, by number."""
        with self._lock:
            found = self._run("SELECT number, etag FROM part WHERE transfer_id = ?", transfer_id)
            return dict(found)

    def write(self, notes: Notes) -> None:
        with self._lock, self._db.atomic():
            for transfer_id in notes.fresh:
                self._run("DELETE FROM part WHERE transfer_id = ?", transfer_id)
            cursor = self._db.cursor()  # type: ignore[no-untyped-call]
            cursor.executemany(_KEEP, [tuple(row[name] for name in KEPT) for row in notes.rows])
            cursor.executemany("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", notes.parts)
            for connection, file_id in notes.abandoned:
                self._run("INSERT OR REPLACE INTO abandoned VALUES (?, ?)", file_id, connection)
            for transfer_id in notes.forgotten:
                self._run("DELETE FROM transfer WHERE id = ?", transfer_id)
                self._run("DELETE FROM part WHERE transfer_id = ?", transfer_id)

    def wish(self, wish: Wish) -> None:
        """Keep it until `granted`."""
        text = json.dumps(
            {
                "sources": [os.fsencode(source).hex() for source in wish.sources],
                "connection": wish.connection, "folder": wish.folder, "tags": wish.tags, "private": wish.private,
                "metadata": wish.metadata, "priority": wish.priority,
            }
        )  # fmt: skip
        with self._lock:
            self._run("INSERT OR REPLACE INTO intake VALUES (?, ?)", wish.batch_id, text)

    def granted(self, batch_id: str) -> None:
        with self._lock:
            self._run("DELETE FROM intake WHERE batch_id = ?", batch_id)

    def wishes(self) -> list[Wish]:
        """What was asked for and is not granted."""
        with self._lock:
            found = list(self._run("SELECT batch_id, wish FROM intake"))
        return [_wish(batch_id, json.loads(text)) for batch_id, text in found]

    def abandoned(self) -> list[tuple[str, str]]:
        """(connection, fileId) of uploads that the appliance is to be told to give up."""
        with self._lock:
            return [(connection, file_id) for file_id, connection in self._run("SELECT * FROM abandoned")]

    def released(self, file_id: str) -> None:
        """The appliance knows that this one is given up."""
        with self._lock:
            self._run("DELETE FROM abandoned WHERE file_id = ?", file_id)

    def setting(self, name: str) -> str:
        with self._lock:
            found = list(self._run("SELECT value FROM setting WHERE name = ?", name))
        return str(found[0][0]) if found else ""

    def set(self, name: str, value: str) -> None:
        with self._lock:
            self._run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _open(self) -> None:
        options: dict[str, Any] = {"thread_safe": False, "check_same_thread": False, "lock_type": "IMMEDIATE"}
        pragmas = {"locking_mode": "EXCLUSIVE", "journal_mode": "wal", "synchronous": "NORMAL"}
        self._db = SqliteDatabase(str(self._path), pragmas=pragmas, timeout=1, **options)
        try:
            self._db.connect()
            if list(self._run("PRAGMA quick_check(1)")) != [("ok",)]:
                raise _Unusable("It is damaged.", "damaged")
            self._migrate()
        except BaseException as error:
            self._db.close()
            if "locked" in str(error):
                raise JournalInUse(
                    "Another program is sending with this list of transfers; end that one first."
                ) from None
            if "unable to open" in str(error) or "readonly" in str(error):
                raise NotConfigured(f"{shown(self._path)} cannot be written to.") from None
            raise

    def _migrate(self) -> None:
        version = next(iter(self._run("PRAGMA user_version")))[0]
        if version > len(_STEPS):
            raise _Unusable("A newer version of this program wrote it.", "newer")
        for number in range(version, len(_STEPS)):
            with self._db.atomic():
                for statement in filter(str.strip, _STEPS[number].split(";")):
                    self._run(statement)
                self._run(f"PRAGMA user_version = {number + 1}")

    def _put_aside(self, error: Exception) -> None:
        word = error.word if isinstance(error, _Unusable) else "damaged"
        aside = self._path.with_name(f"{self._path.name}.{word}-{time.strftime('%Y%m%d-%H%M%S')}")
        try:
            self._path.replace(aside)
            for suffix in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    Path(f"{self._path}{suffix}").replace(f"{aside}{suffix}")
        except OSError as trouble:
            raise NotConfigured(f"{shown(self._path)} cannot be used or put aside: {trouble.strerror}.") from error
        why = "was written by a newer version of this program" if word == "newer" else "was damaged"
        self.note = f"The list of transfers {why}; it was put aside as {shown(aside)}, and a new one begun."

    def _run(self, sql: str, *values: Any) -> Iterable[tuple[Any, ...]]:
        found: Iterable[tuple[Any, ...]] = self._db.execute_sql(sql, values)  # type: ignore[no-untyped-call]
        return found


class _Unusable(Exception):
    def __init__(self, message: str, word: str) -> None:
        super().__init__(message)
        self.word = word


def _wish(batch_id: str, known: dict[str, Any]) -> Wish:
    sources = tuple(Path(os.fsdecode(bytes.fromhex(source))) for source in known["sources"])
    return Wish(
        batch_id, sources, known["connection"], known["folder"], tuple(known["tags"]), known["private"],
        known["metadata"], known["priority"],
    )  # fmt: skip
