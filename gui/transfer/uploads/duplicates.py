"""Bytes that the appliance has already: looked for by name and size, so that a file is read only where it may be."""

import math
from collections.abc import Mapping
from typing import Any

from gui.transfer.client import ApplianceClient
from gui.transfer.fingerprint import etag_of, sha256_of
from gui.transfer.halting import Halt
from gui.transfer.names import kept_folder, kept_name, words_of
from gui.transfer.offers import Record
from gui.transfer.protocols.sending import is_md5
from gui.transfer.uploads.rows import Row

_STORED = frozenset({"uploaded", "processing", "ready", "errored"})
_LOOKED_AT = 100
_READ = 3
_MIB = 1024 * 1024
_LEAST_PART = 16 * _MIB
_PLANNED_PARTS = 9000


def find(client: ApplianceClient, row: Row, halt: Halt) -> Record | None:
    """The record of a file of this name, folder, size and visibility whose bytes are the same, None where none is.

    The same by the SHA-256 that the appliance verified, or by the store's etag, computed from the local file.
    """
    words = words_of(row.name)
    if not words:
        return None
    name, folder = kept_name(row.name), kept_folder(row.folder)
    visibility = "private" if row.private else "public"
    page = client.files(q=words, path=folder, limit=_LOOKED_AT)
    likely = [
        record for record in page.items
        if (record["name"], record["path"], record["size"], record["visibility"])
        == (name, folder, row.size, visibility) and record["state"] in _STORED
    ]  # fmt: skip
    sha256: str | None = None
    for record in likely[:_READ]:
        if record["sha256"] and record["sha256Verified"]:
            sha256 = sha256 or sha256_of(row.source, halt)
            if sha256 == record["sha256"]:
                return record
        elif _same_etag(record, row, halt):
            return record
    return None


def _same_etag(record: Mapping[str, Any], row: Row, halt: Halt) -> bool:
    etag, _, count = str(record["etag"] or "").partition("-")
    if not is_md5(etag):
        return False
    part_size = planned_part(row.size) if count else None
    if part_size is not None and count != str(-(-row.size // part_size)):
        return False
    return etag_of(row.source, row.size, part_size, halt) == str(record["etag"])


def planned_part(size: int) -> int:
    """The size of parts in which the appliance has a file of this size sent."""
    return max(_LEAST_PART, math.ceil(math.ceil(size / _PLANNED_PARTS) / _MIB) * _MIB)
