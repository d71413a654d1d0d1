"""A file as every answer shows it."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from appliance.catalog.jobs import JobRecord
from appliance.domain.files import STORED, FileRecord, State, Visibility
from appliance.domain.keys import image_signature, playback_token
from appliance.domain.kinds import Kind
from appliance.domain.stills import CUES, PICTURES, POSTER, THUMBNAILS, stills_prefix
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
    poster: str | None = Field(description="JPEG, at most 1920 pixels a side")
    thumbnails: dict[str, str] = Field(description="by longest side in pixels and format, `320.webp` for instance")
    storyboard: str | None = Field(description="WebVTT whose cues name tiles of a sheet beside it, for scrubbing")
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
    placeholder: str | None = Field(description="ThumbHash in base64, to be painted until a picture is there")
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

    def links(self, record: FileRecord, *, until: int | None = None) -> tuple[dict[str, Any], str | None]:
        """The links that work now, and when they end (private files alone). until: Unix seconds, the latest end."""
        token, expires_at = self.token(record, until=until)
        key = record.object_key
        live = record.state in _LINKED
        stills = self._stills(record, token) if live else {}
        links: dict[str, Any] = {
            "url": self._addresses.reading(key, token) if live else None,
            "videoUrl": self._addresses.permanent(key),
            "hls": None,
            "poster": stills.get(POSTER),
            "thumbnails": {name: stills[name] for name in THUMBNAILS if name in stills},
            "storyboard": stills.get(CUES),
            "download": self._addresses.download(key, token) if live else None,
            "page": self._addresses.page(record.file_id),
        }
        return links, expires_at

    def picture(self, record: FileRecord, transformation: str) -> tuple[str, str | None]:
        """The link of the file as a picture, signed where it must be, and when it ends (private files alone).

        transformation: canonical.
        """
        token, expires_at = self.token(record)
        signed = ""
        if self._context.options.strict_images:
            secret = self._secret(record.tenant_id)
            signed = f"s--{image_signature(secret, record.file_id, transformation)}--/"
        return self._addresses.reading(f"image/{signed}{transformation}/{record.object_key}", token), expires_at

    def token(self, record: FileRecord, *, until: int | None = None) -> tuple[str | None, str | None]:
        """What opens a private file now, and when that ends, `until` at the latest; nothing for others."""
        if record.state not in _LINKED or record.visibility is not Visibility.PRIVATE:
            return None, None
        expires = self._context.clock() // 1_000_000 + playback_seconds(record.duration)
        expires = expires if until is None else min(expires, until)
        token = playback_token(self._secret(record.tenant_id), record.file_id, expires)
        return token, rfc3339(expires * 1_000_000)

    def _stills(self, record: FileRecord, token: str | None) -> dict[str, str]:
        """The links of what was made to be looked at, by name."""
        if not record.stills:
            return {}
        names = [*PICTURES, *((CUES,) if record.kind is Kind.VIDEO and record.duration else ())]
        prefix = stills_prefix(record.tenant_id, record.file_id, record.stills)
        return {name: self._addresses.reading(prefix + name, token) for name in names}

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
            "placeholder": record.placeholder,
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
