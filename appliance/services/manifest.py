"""The one small object of a file that changes: it names what is current, for players that know nothing else of us.

`renditions/{tenant}/{uuid}/manifest.json`, never cached:

    {"hls": "3/master.m3u8", "poster": "2/poster.jpg", "storyboard": "2/storyboard.vtt"}

All are relative to the manifest itself, and null where there is none.
"""

import json

from appliance.domain.files import STORED, FileRecord, State
from appliance.domain.kinds import Kind
from appliance.domain.renditions import file_prefix
from appliance.domain.stills import CUES, POSTER
from appliance.media.ladder import MASTER
from appliance.services.parts import Parts

NAME = "manifest.json"


def write_manifest(parts: Parts, file_id: str) -> None:
    """Bring the manifest in line with the catalog. Idempotent; writers at the same time end with the same text."""
    record = parts.catalog.files.find(file_id)
    while record is not None:
        _write(parts, record)
        after = parts.catalog.files.find(file_id)
        # Somebody else may have read the newer state and written it before us.
        record = after if after is not None and _state(after) != _state(record) else None


def _write(parts: Parts, record: FileRecord) -> None:
    key = f"{file_prefix(record.tenant_id, record.file_id)}{NAME}"
    if record.state in STORED | {State.TRASHED}:
        parts.store.put(key, _text(record).encode(), content_type="application/json")
    else:
        parts.store.delete(key)


def _state(record: FileRecord) -> tuple[bool, int, int]:
    return record.state in STORED | {State.TRASHED}, record.generation, record.stills


def _text(record: FileRecord) -> str:
    hls = f"{record.generation}/{MASTER}" if record.generation else None
    poster = f"{record.stills}/{POSTER}" if record.stills else None
    scrubbed = record.stills and record.kind is Kind.VIDEO and record.duration
    return json.dumps({"hls": hls, "poster": poster, "storyboard": f"{record.stills}/{CUES}" if scrubbed else None})
