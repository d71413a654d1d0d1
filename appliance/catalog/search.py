"""The search index: words of names, titles, folders, tags and metadata, beside exact terms that narrow a search.

An exact term (tenant, kind, tag, metadata) is one made-up word in a column of its own. So a search that combines a
common word with a rare tag intersects two lists inside the index instead of reading every hit.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping

from appliance.catalog.connection import Database
from appliance.domain.files import FileRecord, State
from appliance.domain.kinds import Kind

_WORD = re.compile(r"\w+")


class SearchIndex:
    """Written inside the writes of the files' tables, in the same transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def write(self, record: FileRecord) -> None:
        """(Re)write what the file is found by; a deleted one is found by nothing."""
        seq = self._db.query_value("SELECT seq FROM file WHERE file_id = ?", (record.file_id,))
        self._db.execute("DELETE FROM file_search WHERE rowid = ?", (seq,))
        if record.state is not State.DELETED:
            self.add(seq, record)

    def add(self, seq: int, record: FileRecord) -> None:
        """Write what a file is found by that is not in the index yet."""
        terms = _terms(record.tenant_id, record.kind, record.tags, record.metadata)
        words = "\n".join((record.name, record.title, record.path, *record.tags, *record.metadata.values()))
        self._db.execute(
            "INSERT INTO file_search (rowid, terms, words) VALUES (?, ?, ?)", (seq, " ".join(terms), words)
        )


def match(
    tenant_id: str, text: str, *, kind: Kind | None, tags: Iterable[str], metadata: Mapping[str, str]
) -> str | None:
    """The FTS5 expression for a search, or None where nothing needs the index.

    Every word must occur; the last may be the beginning of one, as somebody types it.
    """
    words = _WORD.findall(text)
    if not words and not tags and not metadata:
        return None
    expression = f"terms:({' AND '.join(_terms(tenant_id, kind, tags, metadata))})"
    if words:
        quoted = " ".join(f'"{word}"' for word in words)
        expression += f" AND words:({quoted}*)"
    return expression


def _terms(tenant_id: str, kind: Kind | None, tags: Iterable[str], metadata: Mapping[str, str]) -> list[str]:
    terms = [_term("tenant", tenant_id)]
    if kind is not None:
        terms.append(_term("kind", kind))
    terms += [_term("tag", tag) for tag in tags]
    terms += [_term("metadata", f"{name}\n{value}") for name, value in metadata.items()]
    return terms


def _term(sort: str, value: str) -> str:
    digest = hashlib.blake2b(f"{sort}\n{value}".encode(), digest_size=12)
    return f"x{digest.hexdigest()}"
