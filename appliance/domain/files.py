"""The life of a file: its states, which may follow which, and the record that the rooms pass around."""

from dataclasses import dataclass, field
from enum import StrEnum

from appliance.domain.kinds import Kind


class State(StrEnum):
    WAITING = "waiting"
    UPLOADED = "uploaded"
    PROCESSING = "processing"
    READY = "ready"
    ERRORED = "errored"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    TRASHED = "trashed"
    DELETED = "deleted"


#: Bytes are in the store and count as the tenant's.
STORED = frozenset({State.UPLOADED, State.PROCESSING, State.READY, State.ERRORED})
#: An object that shows up under a key in one of these states is deleted again.
DEAD = frozenset({State.CANCELLED, State.DELETED})

#: Which state may follow which. `timed_out → uploaded`: the bytes came after all, and nothing is lost.
#: `ready → uploaded`: the object was overwritten from outside and the services run again.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.UPLOADED, State.CANCELLED, State.TIMED_OUT, State.DELETED}),
    State.UPLOADED: frozenset(
        {State.UPLOADED, State.PROCESSING, State.READY, State.ERRORED, State.TRASHED, State.DELETED}
    ),
    State.PROCESSING: frozenset({State.UPLOADED, State.READY, State.ERRORED, State.TRASHED, State.DELETED}),
    State.READY: frozenset({State.UPLOADED, State.PROCESSING, State.ERRORED, State.TRASHED, State.DELETED}),
    State.ERRORED: frozenset({State.UPLOADED, State.PROCESSING, State.READY, State.TRASHED, State.DELETED}),
    State.TRASHED: frozenset({State.UPLOADED, State.PROCESSING, State.READY, State.ERRORED, State.DELETED}),
    State.TIMED_OUT: frozenset({State.UPLOADED, State.CANCELLED, State.DELETED}),
    State.CANCELLED: frozenset({State.DELETED}),
    State.DELETED: frozenset(),
}  # fmt: skip


class Visibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


class FileEvent(StrEnum):
    """What the change feed says happened to a file."""

    CREATED = "created"
    UPLOADED = "uploaded"
    PROCESSING = "processing"
    READY_TO_STREAM = "readyToStream"
    READY = "ready"
    ERRORED = "errored"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    TIMED_OUT = "timedOut"
    TRASHED = "trashed"
    RESTORED = "restored"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """All that the catalog knows of one file. Times are Unix microseconds, sizes bytes, durations seconds.

    generation: the current one of the ladder, stills: that of poster, thumbnails and storyboard; 0 for none yet.
    """

    file_id: str
    tenant_id: str
    object_key: str
    name: str
    path: str
    title: str
    ext: str
    kind: Kind
    content_type: str
    size: int
    state: State
    visibility: Visibility
    created_at: int
    updated_at: int
    uploaded_by: str
    tags: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    sequencer: str | None = None
    sha256: str | None = None
    sha256_verified: bool = False
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    ready_to_stream: bool = False
    error_type: str | None = None
    error_detail: str | None = None
    uploaded_at: int | None = None
    trashed_at: int | None = None
    deleted_at: int | None = None
    restore_state: State | None = None
    generation: int = 0
    stills: int = 0
    placeholder: str | None = None

    @property
    def stage(self) -> State:
        """How far work on the bytes is, which goes on in the trash."""
        return self.restore_state if self.state is State.TRASHED and self.restore_state else self.state


@dataclass(frozen=True, slots=True)
class UploadSession:
    """How the bytes of one file are to come: what `POST /upload` promised. request_id: by which request."""

    file_id: str
    protocol: str
    upload_id: str | None
    part_size: int
    part_count: int
    sha256: str | None
    expires_at: int
    request_id: str | None = None
