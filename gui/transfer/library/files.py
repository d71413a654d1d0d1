"""One file of a library, as much of its record as lists need: a hundred thousand of them fit into memory."""

import sys
from dataclasses import dataclass
from typing import Any

#: States whose bytes are there.
STORED = frozenset({"uploaded", "processing", "ready", "errored"})
_THUMBNAILS = ("320.jpg", "320.webp", "640.jpg", "640.webp")


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """Names as in the appliance's records. Sizes in bytes, durations in seconds, times RFC 3339 in UTC.

    folder: the record's path, '' for the top. thumbnail: a small picture's link, '' where there is none (yet); of a
    private file it ends after a while. link: the permanent one. sha256: only where the appliance has verified it.
    """

    file_id: str
    name: str
    title: str
    folder: str
    kind: str
    type: str
    state: str
    size: int
    created_at: str
    updated_at: str
    tags: tuple[str, ...]
    private: bool
    playable: bool
    duration: float | None
    width: int | None
    height: int | None
    etag: str | None
    sha256: str | None
    link: str
    page: str
    thumbnail: str
    trashed_at: str | None
    uploaded_by: str
    trouble: str

    @classmethod
    def of(cls, record: dict[str, Any]) -> "LibraryFile":
        """From a file's record."""
        links, error = record["links"], record["error"]
        pictures = links["thumbnails"]
        return cls(
            file_id=record["fileId"],
            name=record["name"],
            title=record["title"],
            folder=sys.intern(record["path"]),
            kind=sys.intern(record["kind"]),
            type=sys.intern(record["type"]),
            state=sys.intern(record["state"]),
            size=record["size"],
            created_at=record["createdAt"],
            updated_at=record["updatedAt"],
            tags=tuple(sys.intern(tag) for tag in record["tags"]),
            private=record["visibility"] == "private",
            playable=record["readyToStream"],
            duration=record["duration"],
            width=record["width"],
            height=record["height"],
            etag=record["etag"],
            sha256=record["sha256"] if record["sha256Verified"] else None,
            link=links["videoUrl"],
            page=links["page"],
            thumbnail=next((pictures[name] for name in _THUMBNAILS if name in pictures), links["poster"] or ""),
            trashed_at=record["trashedAt"],
            uploaded_by=sys.intern(record["uploadedBy"]),
            trouble=(error["detail"] or error["type"]) if error else "",
        )

    @property
    def stored(self) -> bool:
        """Whether its bytes can be fetched."""
        return self.state in STORED

    @property
    def trashed(self) -> bool:
        return self.state == "trashed"
