"""Taking in the promise of a file: what is checked, reserved and committed before a URL is signed."""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from appliance.catalog.files import Idempotency
from appliance.domain import names
from appliance.domain.access import AccessKey
from appliance.domain.errors import (
    Conflict,
    IdempotencyMismatch,
    InvalidRequest,
    StorageFull,
    StoreError,
    TooLarge,
)
from appliance.domain.files import STORED, FileRecord, State, UploadSession, Visibility
from appliance.domain.keys import ObjectKey
from appliance.domain.kinds import content_type_of
from appliance.domain.room import Watermarks
from appliance.domain.uploads import MAX_SIZE, UploadPlan, plan_upload
from appliance.ports import tracing
from appliance.web.context import Context
from appliance.web.disk import free_bytes

_MAX_IDEMPOTENCY_KEY = 255


@dataclass(frozen=True, slots=True)
class Promise:
    """What a client wants to send, its fields checked and in the form in which they are kept."""

    name: str
    size: int
    content_type: str | None
    path: str
    title: str
    tags: tuple[str, ...]
    metadata: dict[str, str]
    sha256: str | None
    visibility: Visibility

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Promise":
        """InvalidRequest where the name or folder is none; TooLarge over the largest object there is."""
        name = names.file_name(fields["name"])
        if fields["size"] > MAX_SIZE:
            raise TooLarge(f"A file may have up to {MAX_SIZE} bytes.", field="size")
        return cls(**{**fields, "name": name, "path": names.folder_path(fields["path"]),
                      "title": fields["title"] or names.title_of(name)})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Admitted:
    """The file that a request stands for. session None: its bytes are there already, none are to be sent."""

    record: FileRecord
    session: UploadSession | None


class Admission:
    """Admits files of one key's tenant."""

    def __init__(self, context: Context, key: AccessKey) -> None:
        self._context = context
        self._catalog = context.catalog
        self._key = key

    def admit(self, promise: Promise, idempotency_key: str | None) -> Admitted:
        """The file for a request, new or known.

        Raises QuotaExceeded, StorageFull, IdempotencyMismatch, Conflict (a repeat of a request whose file is gone).
        """
        idempotency = self._idempotency(idempotency_key, promise)
        known = self._replay(idempotency) if idempotency else None
        if known is None and promise.sha256 is not None:
            known = self._duplicate(promise, promise.sha256)
        if known is not None:
            return known
        self._check_disk(promise.size)
        try:
            return self._create(promise, idempotency)
        except Conflict:
            # The same request came twice at once, and the other one was committed first.
            known = self._replay(idempotency) if idempotency else None
            if known is None:
                raise
            return known

    def _idempotency(self, key: str | None, promise: Promise) -> Idempotency | None:
        if key is None:
            return None
        if not 0 < len(key) <= _MAX_IDEMPOTENCY_KEY or not (key.isascii() and key.isprintable()):
            raise InvalidRequest(
                f"Idempotency-Key must be 1 to {_MAX_IDEMPOTENCY_KEY} printable ASCII characters.",
                field="Idempotency-Key",
            )
        fields = [getattr(promise, name) for name in Promise.__slots__]
        digest = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
        return Idempotency(self._key.id, key, digest)

    def _replay(self, idempotency: Idempotency) -> Admitted | None:
        known = self._catalog.files.recall(idempotency.key_id, idempotency.idempotency_key)
        if known is None:
            return None
        request_hash, file_id = known
        if request_hash != idempotency.request_hash:
            raise IdempotencyMismatch(
                "This Idempotency-Key came with another request before; take a new one.", field="Idempotency-Key"
            )
        record = self._catalog.files.get(self._key.tenant_id, file_id)
        if record.state in STORED:
            return Admitted(record, None)
        session = self._catalog.files.session(file_id)
        if record.state is not State.WAITING or session is None:
            raise Conflict(f"The file {file_id} of this Idempotency-Key is {record.state}.", field="Idempotency-Key")
        return Admitted(record, session)

    def _duplicate(self, promise: Promise, sha256: str) -> Admitted | None:
        record = self._catalog.files.find_duplicate(
            self._key.tenant_id, sha256, promise.name, promise.path, promise.visibility
        )
        return Admitted(record, None) if record else None

    def _check_disk(self, size: int) -> None:
        options = self._context.options
        if not options.min_free_bytes:
            return
        free = free_bytes(options.storage_dir)
        marks = Watermarks(options.min_free_bytes, options.warn_free_percent)
        refusal = marks.refusal(free=free, promised=self._catalog.tenants.promised_bytes(), size=size)
        if refusal is not None:
            raise StorageFull(refusal, field="size")

    def _create(self, promise: Promise, idempotency: Idempotency | None) -> Admitted:
        plan = plan_upload(promise.size)
        record = self._record(promise)
        upload_id = None
        if plan.protocol == "multipart":
            upload_id = self._context.store.create_upload(record.object_key, content_type=record.content_type)
        session = _session(record, plan, upload_id, promise.sha256)
        try:
            self._catalog.files.create(record, session, idempotency)
        except Exception:
            # Where the abort fails too, the store forgets unfinished uploads by itself after some days.
            if upload_id is not None:
                with contextlib.suppress(StoreError):
                    self._context.store.abort_upload(record.object_key, upload_id)
            raise
        return Admitted(record, session)

    def _record(self, promise: Promise) -> FileRecord:
        key = ObjectKey.for_upload(self._key.tenant_id, promise.name)
        now = self._context.clock()
        return FileRecord(
            file_id=key.file_id,
            tenant_id=key.tenant_id,
            object_key=str(key),
            name=promise.name,
            path=promise.path,
            title=promise.title,
            ext=key.ext,
            kind=key.kind,
            content_type=promise.content_type or content_type_of(key.ext),
            size=promise.size,
            state=State.WAITING,
            visibility=promise.visibility,
            created_at=now,
            updated_at=now,
            uploaded_by=self._key.name,
            tags=promise.tags,
            metadata=promise.metadata,
            sha256=promise.sha256,
        )


def _session(record: FileRecord, plan: UploadPlan, upload_id: str | None, sha256: str | None) -> UploadSession:
    expires_at = record.created_at + plan.session_seconds * 1_000_000
    return UploadSession(
        record.file_id, plan.protocol, upload_id, plan.part_size, plan.part_count, sha256, expires_at,
        tracing.request_id(),
    )  # fmt: skip
