"""The first service: brings a file's record in line with what the store holds, and finds out what the bytes are."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from appliance.catalog.lifecycle import Arrived
from appliance.domain.errors import ChecksumMismatch, Malformed, ObjectMissing, ProcessingError, ResourceLimit
from appliance.domain.events import Event, EventType
from appliance.domain.files import DEAD, FileRecord, State, Visibility
from appliance.domain.keys import ObjectKey
from appliance.domain.kinds import Kind, content_type_of, kind_of
from appliance.domain.media import MediaFacts
from appliance.domain.names import title_of
from appliance.domain.playback import plays_as_is
from appliance.domain.renditions import TranscodeChoice, file_prefix
from appliance.media import raw_previews
from appliance.ports.object_store import ObjectInfo
from appliance.services.leftovers import sweep_unknown
from appliance.services.parts import Parts
from appliance.services.worker import Interrupted

_URL_SECONDS = 600
_CHUNK = 8 * 1024 * 1024
#: Pictures that the probe's decoders do not open; those who draw them and look for previews do.
_DRAWING = "svg"
_UNPROBED = frozenset([_DRAWING, *raw_previews.EXTENSIONS])


class Metadata:
    """Handles every event. Each step may be repeated after a crash: what is done already does nothing.

    An event only says where to look; the truth is HEAD on the object, so events may be late, twice or out of order.
    That the bytes are there is committed before anybody looks into them.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._files = parts.catalog.files
        self._lifecycle = parts.catalog.lifecycle
        self._production = parts.catalog.production
        self._clock = parts.clock

    def __call__(self, event: Event, wanted: Callable[[], bool]) -> None:
        key = ObjectKey.parse(event.key)
        if key is None:
            self._quarantine(event, "the key has no shape of ours")
        elif event.type in (EventType.OBJECT_CREATED, EventType.OBJECT_REMOVED):
            self._look(event, key, wanted)
        else:
            self._clear(key)

    def _look(self, event: Event, key: ObjectKey, wanted: Callable[[], bool]) -> None:
        record = self._files.find(key.file_id)
        if record is not None and record.object_key != event.key:
            self._quarantine(event, "another object has this file id")
            return
        try:
            info = self._store.head(event.key)
        except ObjectMissing:
            self._lifecycle.vanished(key.file_id, now=self._clock())
            return
        if record is None:
            if not self._adopt(event, key, info):
                return
        elif not self._accept(event, record, info):
            return
        self._finish(key.file_id, wanted)

    def _accept(self, event: Event, record: FileRecord, info: ObjectInfo) -> bool:
        if record.etag is not None and record.etag != info.etag:
            # Before the record forgets the old size: a crash in between repeats both.
            self._parts.purge(info.key, max(record.size, info.size))
        arrived = self._lifecycle.arrived(
            record.file_id, info, sequencer=event.sequencer, now=self._clock()
        )  # fmt: skip
        if arrived is Arrived.OVERWRITTEN:
            sweep_unknown(self._parts, record.tenant_id, record.file_id)
        if arrived is Arrived.UNWANTED:
            self._store.delete(info.key)
            self._parts.purge(info.key, max(record.size, info.size))
        return arrived in (Arrived.NEW, Arrived.SAME, Arrived.OVERWRITTEN)

    def _adopt(self, event: Event, key: ObjectKey, info: ObjectInfo) -> bool:
        tenant = self._parts.catalog.tenants.find(key.tenant_id)
        if tenant is None or tenant.disabled_at is not None:
            self._quarantine(event, "no such tenant" if tenant is None else "the tenant is disabled")
            return False
        self._lifecycle.adopt(_adopted(event, key, info, self._clock()))
        return True

    def _finish(self, file_id: str, wanted: Callable[[], bool]) -> None:
        record = self._files.find(file_id)
        if record is not None and record.stage in (State.UPLOADED, State.PROCESSING) and not _is_examined(record):
            self._examine(record)
            record = self._files.find(file_id)
        if record is None or record.sha256 is None or record.sha256_verified:
            return
        if record.stage is State.READY or _is_examined(record):
            self._verify(record, record.sha256, wanted)

    def _examine(self, record: FileRecord) -> None:
        etag = record.etag or ""
        try:
            facts = self._facts(record, etag)
        except ProcessingError as error:
            if not error.permanent:
                raise
            self._production.errored(record.file_id, etag, error.type, str(error), now=self._clock())
        else:
            final = not self._makes_more(record, facts)
            self._production.probed(record.file_id, etag, facts, final=final, now=self._clock())

    def _makes_more(self, record: FileRecord, facts: MediaFacts) -> bool:
        """Whether other services have to make something of it before it counts as ready."""
        choice = self._parts.catalog.tenants.get(record.tenant_id).transcode
        return facts.decodable and facts.kind in (Kind.VIDEO, Kind.AUDIO) and choice != TranscodeChoice.NONE

    def _facts(self, record: FileRecord, etag: str) -> MediaFacts:
        if record.kind is Kind.FILE:
            return MediaFacts(Kind.FILE, decodable=False)
        if record.size == 0:
            raise Malformed("The file is empty.")
        if record.ext in _UNPROBED:
            return self._drawn(record)
        if record.stage is not State.PROCESSING:
            self._production.started(record.file_id, etag, now=self._clock())
        url = self._store.sign_get(record.object_key, expires_s=_URL_SECONDS, base_url=None).url
        facts = self._parts.prober.probe(url, kind=record.kind, ext=record.ext)
        if facts.kind is Kind.IMAGE and facts.width is None:
            return self._drawn(record)
        if facts.plays_as_is and facts.duration and facts.kind is Kind.VIDEO:
            # Browsers would play it, but the networks between them and us may not carry it.
            bitrate = record.size * 8 / facts.duration
            facts = replace(facts, plays_as_is=bitrate <= self._parts.encoder.direct_bitrate)
        return facts

    def _drawn(self, record: FileRecord) -> MediaFacts:
        """The size of a picture by those who make pictures of it.

        What they do not know either is no worse than any other file that no decoder knows. Raises Malformed for a
        drawing that is none, or that would read another file.
        """
        width: int | None
        height: int | None
        try:
            width, height = self._parts.studio.images.size(self._parts.studio.original(record))
        except (Malformed, ResourceLimit) as error:
            if isinstance(error, Malformed) and record.ext == _DRAWING:
                raise
            width = height = None
        plays = plays_as_is(record.kind, record.ext, None, None)
        return MediaFacts(record.kind, width, height, plays_as_is=plays, decodable=width is not None)

    def _verify(self, record: FileRecord, declared: str, wanted: Callable[[], bool]) -> None:
        """Hash an object that the store could not check: the parts of a multipart upload have only their own sums."""
        digest = hashlib.sha256()
        for offset in range(0, record.size, _CHUNK):
            if not wanted():
                raise Interrupted
            try:
                digest.update(self._store.read(record.object_key, offset, _CHUNK))
            except ObjectMissing:
                return  # the event of its removal is on its way
        now, etag = self._clock(), record.etag or ""
        if digest.hexdigest() == declared:
            self._production.verified(record.file_id, etag, declared, now=now)
        else:
            detail = f"The stored bytes have the SHA-256 {digest.hexdigest()}, not the declared one."
            self._production.errored(record.file_id, etag, ChecksumMismatch.type, detail, now=now)

    def _clear(self, key: ObjectKey) -> None:
        """Remove what a deleted, cancelled or timed-out file left in the store and at the edge."""
        record = self._files.find(key.file_id)
        if record is None or record.state not in DEAD | {State.TIMED_OUT}:
            return
        session = self._files.session(record.file_id)
        if session is not None and session.upload_id is not None:
            self._store.abort_upload(record.object_key, session.upload_id)
        # After a time-out the bytes may still come, by a URL or from elsewhere: then they are welcome.
        if record.state in DEAD:
            self._store.delete(record.object_key)
            self._store.delete_prefix(file_prefix(record.tenant_id, record.file_id))
            self._parts.purge(record.object_key, record.size)
        self._lifecycle.close_session(record.file_id)

    def _quarantine(self, event: Event, reason: str) -> None:
        self._parts.catalog.quarantine.put(
            "metadata", reason, body=event.to_json(), object_key=event.key, now=self._clock()
        )  # fmt: skip


def _is_examined(record: FileRecord) -> bool:
    """Whether the probe's work is in the record already: every film and sound has a codec."""
    return record.stage is State.PROCESSING and bool(record.video_codec or record.audio_codec)


def _adopted(event: Event, key: ObjectKey, info: ObjectInfo, now: int) -> FileRecord:
    # The extension says what it is, wherever it lies: what no decoder knows is a plain file.
    name = f"{key.file_id}.{key.ext}"
    return FileRecord(
        file_id=key.file_id,
        tenant_id=key.tenant_id,
        object_key=info.key,
        name=name,
        path="",
        title=title_of(name),
        ext=key.ext,
        kind=kind_of(key.ext),
        content_type=info.content_type or content_type_of(key.ext),
        size=info.size,
        state=State.UPLOADED,
        visibility=Visibility.PUBLIC,
        created_at=now,
        updated_at=now,
        uploaded_by="storage",
        etag=info.etag,
        sequencer=event.sequencer,
        sha256=info.sha256,
        sha256_verified=info.sha256 is not None,
        uploaded_at=now,
    )
