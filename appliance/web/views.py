"""A file as every answer shows it."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from appliance.catalog.jobs import JobRecord
from appliance.domain.files import STORED, FileRecord, State, Visibility
from appliance.domain.keys import playback_token
from appliance.domain.uploads import playback_seconds
from appliance.web.addresses import Addresses
from appliance.web.bodies import View
from appliance.web.context import Context
from appliance.web.times import rfc3339, rfc3339_or_none

StateName = Literal[
    "waiting", "uploaded", "processing", "ready", "errored", "cancelled", "timed_out", "trashed", "deleted"
]
KindName = Literal["video", "audio", "image", "file"]
_LINKED = STORED | {State.WAITING}


class Codecs(View):
    """RFC 6381 names."""

    video: str | None
    audio: str | None


class FileError(View):
    """Why processing gave up; the original stays."""

    type: str
    detail: str | None


class Links(View):
    """Where to read the file. null: there is no such thing for this file, or not yet."""

    url: str | None = Field(description="works now; carries a token where the file is private")
    video_url: str = Field(description="the permanent link, of every kind of file")
    hls: str | None
    poster: str | None
    thumbnails: dict[str, str]
    storyboard: str | None
    download: str | None = Field(description="the same bytes as an attachment, under the file's name")
    page: str


class Job(View):
    """What one service did or does for the file."""

    service: str
    state: str
    progress: float | None = Field(description="0 to 1")
    eta: float | None = Field(description="seconds")
    attempts: int
    error: str | None


class FileView(View):
    """All there is to know of a file. Fields that are not known (yet) are null."""

    file_id: str
    object_key: str
    tenant_id: str
    video_url: str = Field(description="the permanent link")
    title: str
    duration: float | None = Field(description="seconds")
    type: str = Field(description="the extension")
    state: StateName
    ready_to_stream: bool
    kind: KindName
    content_type: str
    name: str
    path: str
    tags: list[str]
    metadata: dict[str, str]
    visibility: Literal["public", "private"]
    uploaded_by: str
    size: int
    width: int | None
    height: int | None
    codecs: Codecs
    etag: str | None
    sha256: str | None
    sha256_verified: bool = Field(description="the store, or a job that read the bytes, compared the hash")
    created_at: str
    updated_at: str
    uploaded_at: str | None
    trashed_at: str | None
    deleted_at: str | None
    error: FileError | None
    links: Links
    links_expire_at: str | None = Field(description="when the token in the links of a private file ends")
    renditions: list[dict[str, Any]]
    jobs: list[Job]


class FileViews:
    """Builds the views of one request: its addresses, and the tenant's signing secret where a link needs it."""

    def __init__(self, context: Context, addresses: Addresses) -> None:
        self._context = context
        self._addresses = addresses
        self._secrets: dict[str, bytes] = {}

    def of(self, record: FileRecord) -> dict[str, Any]:
        """One file with its jobs."""
        return self._view(record, self._context.catalog.jobs.of_file(record.file_id))

    def of_all(self, records: Sequence[FileRecord]) -> list[dict[str, Any]]:
        """Several files, in their order."""
        jobs = self._context.catalog.jobs.of_files([record.file_id for record in records])
        return [self._view(record, jobs.get(record.file_id, [])) for record in records]

    def links(self, record: FileRecord) -> tuple[dict[str, Any], str | None]:
        """The links that work now, and when they end (private files alone)."""
        token: str | None = None
        expires_at: str | None = None
        key = record.object_key
        live = record.state in _LINKED
        if live and record.visibility is Visibility.PRIVATE:
            expires = self._context.clock() // 1_000_000 + playback_seconds(record.duration)
            token = playback_token(self._secret(record.tenant_id), record.file_id, expires)
            expires_at = rfc3339(expires * 1_000_000)
        permanent = self._addresses.permanent(key)
        url = self._addresses.tokened(key, token) if token else permanent
        links: dict[str, Any] = {
            "url": url if live else None,
            "videoUrl": permanent,
            "hls": None,
            "poster": None,
            "thumbnails": {},
            "storyboard": None,
            "download": self._addresses.download(key, token) if live else None,
            "page": self._addresses.page(record.file_id),
        }
        return links, expires_at

    def _secret(self, tenant_id: str) -> bytes:
        if tenant_id not in self._secrets:
            self._secrets[tenant_id] = self._context.catalog.tenants.get(tenant_id).signing_secret
        return self._secrets[tenant_id]

    def _view(self, record: FileRecord, jobs: Sequence[JobRecord]) -> dict[str, Any]:
        links, links_expire_at = self.links(record)
        error = {"type": record.error_type, "detail": record.error_detail} if record.error_type else None
        return {
            "fileId": record.file_id,
            "objectKey": record.object_key,
            "tenantId": record.tenant_id,
            "videoUrl": links["videoUrl"],
            "title": record.title,
            "duration": record.duration,
            "type": record.ext,
            "state": record.state,
            "readyToStream": record.ready_to_stream,
            "kind": record.kind,
            "contentType": record.content_type,
            "name": record.name,
            "path": record.path,
            "tags": list(record.tags),
            "metadata": record.metadata,
            "visibility": record.visibility,
            "uploadedBy": record.uploaded_by,
            "size": record.size,
            "width": record.width,
            "height": record.height,
            "codecs": {"video": record.video_codec, "audio": record.audio_codec},
            "etag": record.etag,
            "sha256": record.sha256,
            "sha256Verified": record.sha256_verified,
            "createdAt": rfc3339(record.created_at),
            "updatedAt": rfc3339(record.updated_at),
            "uploadedAt": rfc3339_or_none(record.uploaded_at),
            "trashedAt": rfc3339_or_none(record.trashed_at),
            "deletedAt": rfc3339_or_none(record.deleted_at),
            "error": error,
            "links": links,
            "linksExpireAt": links_expire_at,
            "renditions": [],
            "jobs": [job_view(job) for job in jobs],
        }


def job_view(job: JobRecord) -> dict[str, Any]:
    """One job of a file."""
    return {
        "service": job.service,
        "state": job.state,
        "progress": job.progress,
        "eta": job.eta,
        "attempts": job.attempts,
        "error": job.error,
    }
