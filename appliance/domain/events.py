"""Events: what storage says happened to an object, and what travels on the topic."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote_plus


class EventType(StrEnum):
    """What subscribers can be told. `object.*` come from storage, `file.*` from the appliance itself."""

    OBJECT_CREATED = "object.created"
    OBJECT_REMOVED = "object.removed"
    FILE_DELETED = "file.deleted"
    FILE_CANCELLED = "file.cancelled"
    FILE_PROBED = "file.probed"
    FILE_PLAYABLE = "file.playable"
    DOWNLOAD_REQUESTED = "download.requested"
    CAPTIONS_CHANGED = "captions.changed"


@dataclass(frozen=True, slots=True)
class Event:
    """One message of the topic. `id` is the inbox row; delivery is at least once, order is not promised.

    etag: of the bytes that the event speaks of. detail: what else the subscriber is told, by the event's type.
    request_id: of the request that it all began with, for the log alone.
    """

    id: int
    type: EventType
    key: str
    file_id: str | None
    occurred_at: int
    size: int | None = None
    etag: str | None = None
    sequencer: str | None = None
    detail: str | None = None
    request_id: str | None = None

    def to_json(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Event":
        fields = json.loads(text)
        return cls(**{**fields, "type": EventType(fields["type"])})


@dataclass(frozen=True, slots=True)
class StorageEvent:
    """One S3 event record, understood. `key` is decoded. Removals carry neither size nor etag.

    happened_at: Unix microseconds by the store's clock, None where it does not say so.
    """

    name: str
    bucket: str
    key: str
    size: int | None
    etag: str | None
    sequencer: str
    happened_at: int | None = None

    @property
    def created(self) -> bool:
        return self.name.startswith("ObjectCreated:")

    @property
    def dedupe_key(self) -> str:
        """Equal for the copies of one event that arrive by several targets."""
        return f"{self.bucket}\n{self.key}\n{self.name}\n{self.sequencer}"


class NotAnEvent(ValueError):
    """A body that no storage sends; the text says what is wrong with it."""


_NAMES = (
    "ObjectCreated:Put",
    "ObjectCreated:Post",
    "ObjectCreated:Copy",
    "ObjectCreated:CompleteMultipartUpload",
    "ObjectRemoved:Delete",
    "ObjectRemoved:DeleteMarkerCreated",
)


def parse_s3_event(body: bytes) -> list[StorageEvent]:
    """The records of an S3 event notification (Amazon S3 user guide, "Event message structure").

    MinIO sends one record with `s3:` before the event name; Amazon S3 sends several without.
    Raises NotAnEvent for anything else.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnEvent(f"not JSON: {error}") from None
    records = document.get("Records") if isinstance(document, dict) else None
    if not isinstance(records, list) or not records:
        raise NotAnEvent("no Records")
    return [_record(record) for record in records]


def _record(record: Any) -> StorageEvent:
    try:
        name = _text(record["eventName"]).removeprefix("s3:")
        s3 = record["s3"]
        item = s3["object"]
        size, etag = item.get("size"), item.get("eTag")
        event = StorageEvent(
            name=name,
            bucket=_text(s3["bucket"]["name"]),
            key=unquote_plus(_text(item["key"]), errors="strict"),
            size=size if isinstance(size, int) and 0 <= size < 2**62 else None,
            etag=etag.strip('"') if isinstance(etag, str) else None,
            sequencer=_text(item.get("sequencer", "")),
            happened_at=_moment(record.get("eventTime")),
        )
        event.dedupe_key.encode()
    except (KeyError, TypeError, AttributeError, UnicodeError) as error:
        raise NotAnEvent(f"a record lacks {error}") from None
    if event.name not in _NAMES:
        raise NotAnEvent(f"event {event.name!r} is not subscribed to")
    return event


def _moment(value: Any) -> int | None:
    try:
        return int(datetime.fromisoformat(value).timestamp() * 1_000_000)
    except (TypeError, ValueError, OverflowError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 4096 or "\x00" in value:
        raise TypeError("a text field")
    return value


def is_later(sequencer: str | None, than: str | None) -> bool:
    """Whether one sequencer is later than another of the same key.

    Amazon S3 user guide: compare as text after padding the shorter on the right with zeros. Unknown is never later.
    """
    if not sequencer:
        return False
    if not than:
        return True
    width = max(len(sequencer), len(than))
    return sequencer.ljust(width, "0") > than.ljust(width, "0")
