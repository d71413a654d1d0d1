"""What the appliance answers, as values. Sizes in bytes; records of files stay dicts as the API gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gui.transfer.transfers import Links

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """Where one part, or the whole, is to be sent."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the bytes are to be sent. protocol: `put`, `multipart`, `resumable` or `form`.

    parts: by number, the targets that are signed already. expires_at: RFC 3339, when their URLs stop to work.
    """

    protocol: str
    target: Target | None
    method: str
    fields: Mapping[str, str]
    part_size: int
    part_count: int
    parts: Mapping[int, Target]
    expires_at: str

    @classmethod
    def of(cls, upload: Mapping[str, Any]) -> "Plan":
        url, headers = upload.get("url"), upload.get("headers") or {}
        return cls(
            protocol=upload["protocol"],
            target=Target(url, headers) if url else None,
            method=upload.get("method") or "PUT",
            fields=upload.get("fields") or {},
            part_size=upload.get("partSize") or 0,
            part_count=upload.get("partCount") or 1,
            parts=targets(upload.get("parts") or ()),
            expires_at=upload.get("expiresAt") or "",
        )


def targets(parts: Any) -> dict[int, Target]:
    """Signed parts by number."""
    return {part["number"]: Target(part["url"], part.get("headers") or {}) for part in parts}


@dataclass(frozen=True, slots=True)
class Offer:
    """The answer to a wish to upload. plan: None where nothing is to be sent: the appliance has the bytes.

    record: all of the answer; a file's record where plan is None.
    """

    file_id: str
    links: Links
    plan: Plan | None
    record: Record

    @classmethod
    def of(cls, answer: Record) -> "Offer":
        upload = answer.get("upload")
        return cls(answer["fileId"], Links.of(answer), Plan.of(upload) if upload else None, answer)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part that the store has."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Session:
    """How an upload stands. plan: fresh URLs for what is missing; None where nothing is, or nothing may be sent."""

    file_id: str
    state: str
    parts: tuple[StoredPart, ...]
    missing: tuple[int, ...]
    part_size: int | None
    plan: Plan | None

    @classmethod
    def of(cls, answer: Record) -> "Session":
        upload = answer.get("upload")
        parts = (StoredPart(part["number"], part["size"], part["etag"]) for part in answer.get("parts") or ())
        return cls(
            answer["fileId"],
            answer["state"],
            tuple(parts),
            tuple(answer.get("missing") or ()),
            answer.get("partSize"),
            Plan.of(upload) if upload else None,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """The key, its tenant and the appliance. quota_bytes, quota_files: None for no limit; used: what counts of them."""

    tenant_id: str
    key_name: str
    scopes: frozenset[str]
    quota_bytes: int | None
    quota_files: int | None
    used_bytes: int
    used_files: int
    free_bytes: int
    largest_file: int
    url_seconds: int
    name: str
    version: str
    protocols: frozenset[str]

    @classmethod
    def of(cls, answer: Record) -> "Account":
        quota, used, limits = answer["quota"], answer["used"], answer["limits"]
        return cls(
            tenant_id=answer["tenantId"],
            key_name=answer["keyName"],
            scopes=frozenset(answer["scopes"]),
            quota_bytes=quota["bytes"],
            quota_files=quota["files"],
            used_bytes=used["bytes"],
            used_files=used["files"],
            free_bytes=answer["disk"]["freeBytes"],
            largest_file=limits["maxFileBytes"],
            url_seconds=limits["urlSeconds"],
            name=answer["name"],
            version=answer["version"],
            protocols=frozenset(answer["capabilities"]["protocols"]),
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """A subfolder: what is in it and below."""

    name: str
    path: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of files, newest first. next: the cursor of the following one, None on the last."""

    items: tuple[Record, ...]
    next: str | None
    folders: tuple[Folder, ...]

    @classmethod
    def of(cls, answer: Record) -> "Page":
        folders = (Folder(one["name"], one["path"], one["files"], one["bytes"]) for one in answer.get("folders") or ())
        return cls(tuple(answer["items"]), answer["next"], tuple(folders))


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a file; `file` is its record as it is now, which may be further on. at: RFC 3339."""

    file_id: str
    event: str
    at: str
    file: Record


@dataclass(frozen=True, slots=True)
class Changes:
    """Keep `next` for the next call. more: there is more already. retry_after: seconds; come back then."""

    changes: tuple[Change, ...]
    next: str
    more: bool
    retry_after: float | None

    @classmethod
    def of(cls, answer: Record) -> "Changes":
        found = (Change(one["fileId"], one["event"], one["at"], one["file"]) for one in answer["changes"])
        return cls(tuple(found), answer["next"], answer["more"], answer["retryAfter"])


@dataclass(frozen=True, slots=True)
class Share:
    """A page for people without a key."""

    id: str
    url: str
    title: str
    record: Record

    @classmethod
    def of(cls, answer: Record) -> "Share":
        return cls(answer["id"], answer["url"], answer["title"], answer)
