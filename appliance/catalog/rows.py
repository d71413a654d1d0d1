"""Between rows of the table `file` and FileRecord."""

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from appliance.domain.files import FileRecord, State, Visibility
from appliance.domain.kinds import Kind

NAMES = (
    "file_id", "tenant_id", "object_key", "name", "path", "title", "ext", "kind", "content_type", "size", "state",
    "visibility", "created_at", "updated_at", "uploaded_by", "tags", "metadata", "etag", "sequencer", "sha256",
    "sha256_verified", "width", "height", "duration", "video_codec", "audio_codec", "ready_to_stream", "error_type",
    "error_detail", "uploaded_at", "trashed_at", "deleted_at", "restore_state", "generation", "stills", "placeholder",
)  # fmt: skip
_PLAIN = frozenset({str, int, float, type(None)})
_values = attrgetter(*NAMES)
COLUMNS = ", ".join(f"file.{name}" for name in NAMES)


def record_of(row: Sequence[Any]) -> FileRecord:
    """The record of a row selected with COLUMNS."""
    fields = dict(zip(NAMES, row, strict=True))
    fields["kind"] = Kind(fields["kind"])
    fields["state"] = State(fields["state"])
    fields["visibility"] = Visibility(fields["visibility"])
    fields["tags"] = tuple(json.loads(fields["tags"]))
    fields["metadata"] = json.loads(fields["metadata"])
    fields["sha256_verified"] = bool(fields["sha256_verified"])
    fields["ready_to_stream"] = bool(fields["ready_to_stream"])
    fields["restore_state"] = State(fields["restore_state"]) if fields["restore_state"] else None
    return FileRecord(**fields)


def row_of(record: FileRecord) -> list[Any]:
    """The values of a record in the order of NAMES."""
    return [value if type(value) in _PLAIN else to_column(value) for value in _values(record)]


def to_column(value: Any) -> Any:
    """One field's value as the table keeps it."""
    if isinstance(value, tuple | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return int(value) if isinstance(value, bool) else value
