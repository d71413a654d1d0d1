"""Generations: what was made of a file, in immutable sets of objects. A row stands before the first object does."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from appliance.catalog.connection import Database
from appliance.domain.files import STORED, State
from appliance.domain.renditions import Rendition

LADDER, CAPTIONS, STILLS, DOWNLOAD = "ladder", "captions", "stills", "download"
#: What a new generation puts out of use: captions are a layer over one ladder. Downloads stay beside each other.
_SUPERSEDES = {LADDER: (LADDER, CAPTIONS), CAPTIONS: (CAPTIONS,), STILLS: (STILLS,), DOWNLOAD: ()}
_LIVE = tuple(sorted(STORED | {State.TRASHED}))


@dataclass(frozen=True, slots=True)
class Made:
    """One published rendition and the generation that it lies in."""

    generation: int
    rendition: Rendition


@dataclass(frozen=True, slots=True)
class Leftover:
    """A generation whose objects nobody needs any more."""

    file_id: str
    tenant_id: str
    number: int


class Generations:
    """Numbers are never used twice for a file, whatever becomes of them: caches keep what they have seen."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, file_id: str, etag: str, purpose: str, *, now: int) -> int | None:
        """Commit that a generation is being made of these bytes; its number, or None where the file moved on."""

        def work() -> int | None:
            row = self._db.execute(
                "UPDATE file SET last_generation = last_generation + 1 WHERE file_id = ? AND etag = ?"
                f" AND state IN ({','.join('?' * len(_LIVE))}) RETURNING last_generation",
                (file_id, etag, *_LIVE),
            ).fetchone()
            if row is None:
                return None
            self._db.execute(
                "INSERT INTO generation (file_id, number, purpose, etag, created_at) VALUES (?, ?, ?, ?, ?)",
                (file_id, row[0], purpose, etag, now),
            )
            return int(row[0])

        return self._db.write(work)

    def unfinished(self, file_id: str, purpose: str) -> list[int]:
        """Generations that a worker began and did not publish: it died, or lost to another."""
        rows = self._db.query(
            "SELECT number FROM generation WHERE file_id = ? AND purpose = ? AND published_at IS NULL ORDER BY number",
            (file_id, purpose),
        )
        return [row[0] for row in rows]

    def numbers(self, file_id: str) -> list[int]:
        """Of all generations that there are of a file, finished or not."""
        return [row[0] for row in self._db.query("SELECT number FROM generation WHERE file_id = ?", (file_id,))]

    def current(self, file_id: str, purpose: str) -> int | None:
        """The newest finished generation for one purpose, None for none."""
        number: int | None = self._db.query_value(
            "SELECT MAX(number) FROM generation WHERE file_id = ? AND purpose = ? AND published_at IS NOT NULL"
            " AND superseded_at IS NULL",
            (file_id, purpose),
        )
        return number

    def superseded(self, *, before: int, limit: int) -> list[Leftover]:
        """Generations that were replaced before that time, which viewers have moved on from, or given up before it."""
        rows = self._db.query(
            "SELECT file_id, tenant_id, number FROM generation JOIN file USING (file_id)"
            " WHERE superseded_at < ? OR (published_at IS NULL AND generation.created_at < ?) LIMIT ?",
            (before, before, limit),
        )
        return [Leftover(*row) for row in rows]

    def forget(self, file_id: str, number: int) -> None:
        """The objects of a generation are gone: so is its row. Idempotent."""

        def work() -> None:
            row = self._db.execute(
                "DELETE FROM generation WHERE file_id = ? AND number = ? RETURNING bytes", (file_id, number)
            ).fetchone()
            self._db.execute("DELETE FROM rendition WHERE file_id = ? AND generation = ?", (file_id, number))
            if row is not None:
                self.book(file_id, -row[0])

        self._db.write(work)

    def renditions(self, file_id: str) -> list[Made]:
        """What there is of a file now: the current ladder's rungs and all downloads."""
        return self.renditions_of([file_id]).get(file_id, [])

    def renditions_of(self, file_ids: Sequence[str]) -> dict[str, list[Made]]:
        """The same of several files, by file id; files without any are left out."""
        rows = self._db.query(
            "SELECT rendition.file_id, generation, facts FROM rendition JOIN generation"
            " ON generation.file_id = rendition.file_id AND number = generation"
            f" WHERE rendition.file_id IN ({','.join('?' * len(file_ids))}) AND superseded_at IS NULL"
            " ORDER BY generation, name",
            file_ids,
        )
        found: dict[str, list[Made]] = {}
        for file_id, generation, facts in rows:
            found.setdefault(file_id, []).append(Made(generation, Rendition(**json.loads(facts))))
        return found

    def publish(self, file_id: str, number: int, renditions: Sequence[Rendition], size: int, *, now: int) -> bool:
        """Mark a generation as finished, inside a write; those it replaces are superseded.

        False: it is gone, or a newer one for its purpose is there already.
        """
        row = self._db.execute(
            "UPDATE generation SET published_at = ?, bytes = ? WHERE file_id = ? AND number = ?"
            " AND published_at IS NULL AND (purpose = ? OR NOT EXISTS (SELECT 1 FROM generation AS newer"
            " WHERE newer.file_id = generation.file_id AND newer.purpose = generation.purpose"
            " AND newer.number > generation.number AND newer.published_at IS NOT NULL)) RETURNING purpose",
            (now, size, file_id, number, DOWNLOAD),
        ).fetchone()
        if row is None:
            return False
        for purpose in _SUPERSEDES[row[0]]:
            self._db.execute(
                "UPDATE generation SET superseded_at = ? WHERE file_id = ? AND purpose = ? AND number <> ?"
                " AND published_at IS NOT NULL AND superseded_at IS NULL",
                (now, file_id, purpose, number),
            )
        for one in renditions:
            self._db.execute(
                "INSERT INTO rendition (file_id, generation, name, facts) VALUES (?, ?, ?, ?)",
                (file_id, number, one.name, json.dumps(asdict(one), separators=(",", ":"))),
            )
        self.book(file_id, size)
        return True

    def void(self, file_id: str) -> None:
        """Forget all generations of a file inside a write: its bytes are others now, or gone."""
        total = self._db.query_value("SELECT SUM(bytes) FROM generation WHERE file_id = ?", (file_id,)) or 0
        self._db.execute("DELETE FROM rendition WHERE file_id = ?", (file_id,))
        self._db.execute("DELETE FROM generation WHERE file_id = ?", (file_id,))
        self.book(file_id, -total)

    def book(self, file_id: str, size: int) -> None:
        """Count bytes of renditions to the file's tenant, inside a write."""
        self._db.execute(
            "UPDATE tenant SET rendition_bytes = rendition_bytes + ?"
            " WHERE id = (SELECT tenant_id FROM file WHERE file_id = ?)",
            (size, file_id),
        )
