"""The end of an upload: the parts become the object, and the record learns what the store holds."""

import hashlib
import re
from collections.abc import Sequence

from appliance.catalog.lifecycle import Arrived
from appliance.domain.errors import (
    Conflict,
    InvalidRequest,
    NoSuchUpload,
    ObjectMissing,
    PreconditionFailed,
    StoreRejected,
)
from appliance.domain.files import STORED, FileRecord, State, UploadSession
from appliance.ports.object_store import ObjectInfo
from appliance.web.context import Context

_MD5 = re.compile(r"[0-9a-f]{32}\Z")
Parts = Sequence[tuple[int, str]]


class Completion:
    """Idempotent: a repeat after a lost answer finds the object there, compares, and says the same."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store

    def complete(self, record: FileRecord, session: UploadSession | None, parts: Parts | None) -> FileRecord:
        """The record once its bytes are there.

        parts: (number, etag) of all parts; None: as the store has them. Raises Conflict where bytes are missing or
        others than promised, or the upload was given up; InvalidRequest where `parts` are not those of the upload.
        """
        if record.state in STORED or record.state is State.TRASHED:
            return record
        if record.state not in (State.WAITING, State.TIMED_OUT):
            raise Conflict(f"The upload is {record.state}.")
        if session is not None and session.upload_id is not None:
            info = self._join(record, session, session.upload_id, parts)
        else:
            info = self._look(record)
        return self._arrive(record, info)

    def _join(self, record: FileRecord, session: UploadSession, upload_id: str, parts: Parts | None) -> ObjectInfo:
        if parts is not None:
            _check_numbers(parts, session.part_count)
        try:
            known = parts if parts is not None else self._stored_parts(record, session, upload_id)
            self._store.complete_upload(record.object_key, upload_id, known)
        except StoreRejected as error:
            raise InvalidRequest(f"The store does not accept these parts: {error}", field="parts") from error
        except (NoSuchUpload, PreconditionFailed):
            info = self._look(record)
            expected = _joined_etag(parts) if parts is not None else None
            if info.size != record.size or (expected is not None and info.etag != expected):
                raise Conflict("The store holds other bytes under this key than were promised.") from None
            return info
        return self._look(record)

    def _stored_parts(self, record: FileRecord, session: UploadSession, upload_id: str) -> Parts:
        stored = {part.number: part.etag for part in self._store.list_parts(record.object_key, upload_id)}
        missing = [number for number in range(1, session.part_count + 1) if number not in stored]
        if missing:
            shown = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
            raise Conflict(f"{len(missing)} of {session.part_count} parts are missing: {shown}.")
        return sorted(stored.items())

    def _look(self, record: FileRecord) -> ObjectInfo:
        try:
            return self._store.head(record.object_key)
        except ObjectMissing:
            raise Conflict("The store has no bytes of this file yet.") from None

    def _arrive(self, record: FileRecord, info: ObjectInfo) -> FileRecord:
        catalog, now = self._context.catalog, self._context.clock()

        def work() -> Arrived:
            meaning = catalog.lifecycle.arrived(record.file_id, info, sequencer=None, now=now)
            if meaning in (Arrived.NEW, Arrived.OVERWRITTEN):
                # The store's own event comes as well, or is lost: the services must run either way.
                catalog.inbox.announce_objects([info], now=now)
            return meaning

        if catalog.db.write(work) is Arrived.UNWANTED:
            raise Conflict("The upload was given up meanwhile.")
        return catalog.files.get(record.tenant_id, record.file_id)


def _check_numbers(parts: Parts, count: int) -> None:
    numbers = [number for number, _ in parts]
    if numbers != list(range(1, count + 1)):
        raise InvalidRequest(f"parts must be all of 1 to {count}, in order.", field="parts")


def _joined_etag(parts: Parts) -> str | None:
    """The etag of an object made of parts whose etags are MD5 sums, None where they are something else."""
    if not all(_MD5.match(etag) for _, etag in parts):
        return None
    joined = hashlib.md5(b"".join(bytes.fromhex(etag) for _, etag in parts), usedforsecurity=False)
    return f"{joined.hexdigest()}-{len(parts)}"
