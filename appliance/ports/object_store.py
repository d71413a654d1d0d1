"""The object store, as the appliance needs it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store says of one object. etag without quotes, modified_at in Unix microseconds.

    sha256 (lower-case hex) only where the store itself checked the whole object against it.
    """

    key: str
    size: int
    etag: str
    content_type: str | None
    modified_at: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One stored part of a multipart upload, numbered from 1; etag without quotes, size in bytes."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that a client can send as it is until it expires: method, URL and the headers it must carry."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the store can do, so that callers choose a way instead of trying one."""

    protocols: frozenset[str]
    enforces_length: bool
    enforces_no_overwrite: bool
    checks_sha256: bool


class ObjectStore(Protocol):
    """One bucket of originals and renditions.

    Signing is arithmetic: it never talks to the store and cannot fail for a well-formed key.
    `base_url` is the scheme and host that the *client* will use (the host is part of a signature);
    None means the internal address. Every other method talks to the store and raises only

    - ObjectMissing, NoSuchUpload, PreconditionFailed, StoreRejected: permanent, trying again is useless;
    - StoreUnavailable: anything that may go away by itself (refused connection, 5xx, time-out, throttling).
      The adapter has already tried again a few times before it raises.

    All methods are safe to call from several threads.
    """

    @property
    def capabilities(self) -> Capabilities:
        """Constant for the life of the adapter."""
        ...

    def sign_put(
        self,
        key: str,
        *,
        content_type: str,
        size: int,
        sha256: str | None,
        expires_s: int,
        base_url: str | None,
    ) -> SignedRequest:
        """A PUT that stores exactly `size` bytes of that type, only where no object is yet.

        sha256: lower-case hex; where given, the store refuses other bytes. `headers` has all the client must send
        but content-length, which every HTTP client sets (and browsers set alone).
        """
        ...

    def sign_part(
        self, key: str, upload_id: str, number: int, *, size: int, expires_s: int, base_url: str | None
    ) -> SignedRequest:
        """A PUT of one part of exactly `size` bytes; sending a part again replaces it."""
        ...

    def sign_get(
        self, key: str, *, expires_s: int, base_url: str | None, attachment: str | None = None
    ) -> SignedRequest:
        """A GET of the object; with `attachment`, answered as a download under that file name."""
        ...

    def create_upload(self, key: str, *, content_type: str) -> str:
        """Begin a multipart upload; its upload id. Two calls make two uploads."""
        ...

    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        """The parts stored so far, by number. NoSuchUpload once it was completed or aborted."""
        ...

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> str:
        """Make the object of (number, etag) pairs; its etag. Never overwrites an object.

        A repeat after a lost answer raises PreconditionFailed or NoSuchUpload: HEAD and compare.
        StoreRejected where a part is unknown, of another etag or too small.
        """
        ...

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Forget a multipart upload and its parts. Idempotent."""
        ...

    def head(self, key: str) -> ObjectInfo:
        """What is stored under `key` now. ObjectMissing where nothing is."""
        ...

    def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """A range of an object, whole by default: for small objects and checks only. ObjectMissing where nothing is."""
        ...

    def put(self, key: str, data: bytes, *, content_type: str) -> str:
        """Store a small object of our own making, replacing what is there; its etag."""
        ...

    def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        """Store a file of our own making, of any size, replacing what is there; it is never in memory as a whole."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object. Idempotent: a missing one is fine."""
        ...

    def delete_prefix(self, prefix: str) -> int:
        """Remove all objects under a prefix; how many there were. Idempotent."""
        ...

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        """Objects under a prefix by key, a page at a time; content_type and sha256 are None here."""
        ...

    def check(self) -> None:
        """Return where the store answers and the bucket is there; else StoreUnavailable or StoreRejected."""
        ...
