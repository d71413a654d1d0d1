"""Captions of films, as clean WebVTT, one track for each language."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.catalog.connection import Database


@dataclass(frozen=True, slots=True)
class CaptionRecord:
    """language: RFC 5646. label: what people choose it by. updated_at: Unix microseconds."""

    language: str
    label: str
    webvtt: str
    updated_at: int


@dataclass(frozen=True, slots=True)
class ShownCaption:
    """generation: the one in which viewers get this track, None until there is one."""

    language: str
    label: str
    generation: int | None


class Captions:
    """They belong to the film, not to one set of renditions: every generation that is made later has them too."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, file_id: str, record: CaptionRecord) -> None:
        """Add a track, or replace the one in its language."""
        self._db.write(
            lambda: self._db.execute(
                "INSERT INTO caption (file_id, language, label, webvtt, updated_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (file_id, language) DO UPDATE SET label = excluded.label, webvtt = excluded.webvtt,"
                " updated_at = excluded.updated_at",
                (file_id, record.language, record.label, record.webvtt, record.updated_at),
            )
        )

    def drop(self, file_id: str, language: str) -> bool:
        """Remove a track; False where there was none."""
        sql = "DELETE FROM caption WHERE file_id = ? AND language = ?"
        return self._db.write(lambda: bool(self._db.execute(sql, (file_id, language)).rowcount))

    def of_file(self, file_id: str) -> list[CaptionRecord]:
        """All tracks, by language."""
        rows = self._db.query(
            "SELECT language, label, webvtt, updated_at FROM caption WHERE file_id = ? ORDER BY language", (file_id,)
        )
        return [CaptionRecord(*row) for row in rows]

    def shown(self, file_ids: Sequence[str]) -> dict[str, list[ShownCaption]]:
        """The tracks of several files, by file id and language; files without any are left out."""
        marks = ",".join("?" * len(file_ids))
        rows = self._db.query(
            "SELECT caption.file_id, language, label, number FROM caption JOIN file USING (file_id)"
            " LEFT JOIN generation ON generation.file_id = caption.file_id AND number = file.generation"
            f" AND purpose = 'captions' AND published_at >= caption.updated_at WHERE caption.file_id IN ({marks})"
            " ORDER BY language",
            file_ids,
        )
        found: dict[str, list[ShownCaption]] = {}
        for file_id, language, label, generation in rows:
            found.setdefault(file_id, []).append(ShownCaption(language, label, generation))
        return found

    def stamp(self, file_id: str) -> str:
        """Differs whenever the tracks do."""
        sql = "SELECT language, updated_at FROM caption WHERE file_id = ? ORDER BY language"
        return ",".join(f"{row[0]}={row[1]}" for row in self._db.query(sql, (file_id,)))
