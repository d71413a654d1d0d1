"""Listing and searching files, newest first, and the folders that their paths make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.catalog.accounting import LISTED
from appliance.catalog.connection import Database
from appliance.catalog.rows import COLUMNS, record_of
from appliance.catalog.search import match
from appliance.domain.files import STORED, FileRecord, State
from appliance.domain.kinds import Kind

_SHOWN = tuple(sorted(LISTED))


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list. path None: all folders; '' the top folder alone. states empty: all but the gone ones."""

    words: str = ""
    path: str | None = None
    kind: Kind | None = None
    tags: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Folder:
    """One subfolder: its own name, and what is in it and below, in files and bytes."""

    name: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What the catalog says that the store holds under one key; etag None where nothing has come yet."""

    object_key: str
    file_id: str
    state: State
    etag: str | None


class Listing:
    """Pages by position: a file that comes or goes between two pages moves no other."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def page(self, tenant_id: str, wanted: Filter, *, before: int | None, limit: int) -> list[tuple[int, FileRecord]]:
        """Up to `limit` (position, record) pairs below position `before`, newest first."""
        where = ["file.tenant_id = ?"]
        params: list[Any] = [tenant_id]
        source = "file"
        position = "file.seq"
        expression = match(tenant_id, wanted.words, kind=wanted.kind, tags=wanted.tags, metadata=wanted.metadata)
        if expression is not None:
            # In order of rowid: ranking a common word would read every hit.
            source = "file_search CROSS JOIN file ON file.seq = file_search.rowid"
            position = "file_search.rowid"
            where.append("file_search MATCH ?")
            params.append(expression)
        self._narrow(where, params, wanted)
        if before is not None:
            where.append(f"{position} < ?")
            params.append(before)
        rows = self._db.query(
            f"SELECT file.seq, {COLUMNS} FROM {source} WHERE {' AND '.join(where)} ORDER BY {position} DESC LIMIT ?",
            (*params, limit),
        )
        return [(row[0], record_of(row[1:])) for row in rows]

    def folders(self, tenant_id: str, path: str) -> list[Folder]:
        """The subfolders of one folder by name, empty ones left out."""
        prefix = f"{path}/" if path else ""
        rows = self._db.query(
            "SELECT SUBSTR(path, ?), files, bytes FROM folder WHERE tenant_id = ? AND path >= ? AND path < ?"
            " AND files > 0 AND path <> ''",
            (len(prefix) + 1, tenant_id, prefix, f"{prefix[:-1]}0" if prefix else "\U0010ffff"),
        )
        totals: dict[str, tuple[int, int]] = {}
        for below, files, size in rows:
            name = below.partition("/")[0]
            had = totals.get(name, (0, 0))
            totals[name] = (had[0] + files, had[1] + size)
        return [Folder(name, *totals[name]) for name in sorted(totals)]

    def holdings(self, prefix: str, *, after: str, limit: int) -> list[Holding]:
        """Every tenant's records under a key prefix, by key, up to `limit` past the key `after`."""
        rows = self._db.query(
            "SELECT object_key, file_id, state, etag FROM file WHERE object_key > ? AND object_key < ?"
            " ORDER BY object_key LIMIT ?",
            (max(prefix, after), f"{prefix}\U0010ffff", limit),
        )
        return [Holding(key, file_id, State(state), etag) for key, file_id, state, etag in rows]

    def has_stored(self) -> bool:
        """Whether any tenant has a file whose bytes are in the store."""
        states = tuple(sorted(STORED | {State.TRASHED}))
        marks = ",".join("?" * len(states))
        return self._db.query_one(f"SELECT 1 FROM file WHERE state IN ({marks}) LIMIT 1", states) is not None

    def _narrow(self, where: list[str], params: list[Any], wanted: Filter) -> None:
        states = wanted.states or _SHOWN
        # The plus keeps SQLite from gathering several states by index and sorting them all.
        column = "file.state" if len(states) == 1 else "+file.state"
        where.append(f"{column} IN ({','.join('?' * len(states))})")
        params += states
        if wanted.path is not None:
            where.append("file.path = ?")
            params.append(wanted.path)
        if wanted.kind is not None:
            where.append("file.kind = ?" if wanted.path is None else "+file.kind = ?")
            params.append(wanted.kind)
