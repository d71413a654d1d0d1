"""A file as every answer shows it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import Field
from pydantic.alias_generators import to_camel

from appliance.catalog.captions import ShownCaption
from appliance.catalog.generations import Made
from appliance.catalog.jobs import JobRecord
from appliance.domain.files import STORED, FileRecord, State, Visibility
from appliance.domain.keys import image_signature, playback_token
from appliance.domain.kinds import Kind
from appliance.domain.renditions import generation_prefix
from appliance.domain.stills import CUES, PICTURES, POSTER, THUMBNAILS, stills_prefix
from appliance.domain.uploads import playback_seconds
from appliance.media.ladder import MASTER
from appliance.web.addresses import Addresses, addresses
from appliance.web.auth import access_key
from appliance.web.bodies import View
from appliance.web.context import Context, context
from appliance.web.film_views import CaptionView, RenditionView
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

    id: int
    service: str
    state: str = Field(description="waiting, running, done, retrying, failed or cancelled")
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
    renditions: list[RenditionView]
    captions: list[CaptionView]
    jobs: list[Job]


@dataclass(frozen=True, slots=True)
class _Belongings:
    """What other tables have of a file."""

    jobs: Sequence[JobRecord]
    renditions: Sequence[Made]
    captions: Sequence[ShownCaption]


class FileViews:
    """Builds the views of one request: its addresses, and the tenant's signing secret where a link needs it.

    opens: whether the caller may read; only then links to private files carry a token.
    """

    def __init__(self, context: Context, addresses: Addresses, *, opens: bool = True) -> None:
        self._opens = opens
        self._context = context
        self._addresses = addresses
        self._secrets: dict[str, bytes] = {}

    def of(self, record: FileRecord) -> dict[str, Any]:
        """One file with all that belongs to it."""
        return self.of_all([record])[0]

    def of_all(self, records: Sequence[FileRecord]) -> list[dict[str, Any]]:
        """Several files, in their order."""
        ids, catalog = [record.file_id for record in records], self._context.catalog
        jobs = catalog.jobs.of_files(ids)
        films = [record.file_id for record in records if record.kind in (Kind.VIDEO, Kind.AUDIO)]
        renditions = catalog.generations.renditions_of(films)
        captions = catalog.captions.shown(films)
        return [
            self._view(
                record,
                _Belongings(
                    jobs.get(record.file_id, ()), renditions.get(record.file_id, ()), captions.get(record.file_id, ())
                ),
            )
            for record in records
        ]

    def rendition(self, record: FileRecord, made: Made) -> dict[str, Any]:
        """One rendition of a file."""
        fields = asdict(made.rendition)
        path = generation_prefix(record.tenant_id, record.file_id, made.generation) + fields.pop("path")
        del fields["default"]
        shown = {to_camel(name): value for name, value in fields.items()}
        return {"name": made.rendition.name, "kind": made.rendition.kind, "url": self._link(record, path), **shown}

    def _caption(self, record: FileRecord, one: ShownCaption) -> dict[str, Any]:
        url = None
        if one.generation is not None:
            prefix = generation_prefix(record.tenant_id, record.file_id, one.generation)
            url = self._link(record, f"{prefix}captions/{one.language}.vtt")
        return {"language": one.language, "label": one.label, "url": url}

    def _link(self, record: FileRecord, path: str) -> str:
        return self._addresses.reading(path, self.token(record)[0])

    def links(self, record: FileRecord, *, until: int | None = None) -> tuple[dict[str, Any], str | None]:
        """The links that work now, and when they end (private files alone). until: Unix seconds, the latest end."""
        token, expires_at = self.token(record, until=until)
        key = record.object_key
        live = record.state in _LINKED and (self._opens or record.visibility is Visibility.PUBLIC)
        stills = self._stills(record, token) if live else {}
        links: dict[str, Any] = {
            "url": self._addresses.reading(key, token) if live else None,
            "videoUrl": self._addresses.permanent(key),
            "hls": self._addresses.reading(_master(record), token) if live and record.generation else None,
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
        if record.state not in _LINKED or record.visibility is not Visibility.PRIVATE or not self._opens:
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

    def _view(self, record: FileRecord, of: _Belongings) -> dict[str, Any]:
        links, links_expire_at = self.links(record)
        live = record.state in _LINKED and (self._opens or record.visibility is Visibility.PUBLIC)
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
            "renditions": [self.rendition(record, made) for made in of.renditions] if live else [],
            "captions": [self._caption(record, one) for one in of.captions] if live else [],
            "jobs": [job_view(job) for job in of.jobs],
        }


def _master(record: FileRecord) -> str:
    return generation_prefix(record.tenant_id, record.file_id, record.generation) + MASTER


def job_view(job: JobRecord) -> dict[str, Any]:
    """One job of a file."""
    return {
        "id": job.id,
        "service": job.service,
        "state": job.state,
        "progress": job.progress,
        "eta": job.eta,
        "attempts": job.attempts,
        "error": job.error,
    }


def callers_views() -> FileViews:
    """The views as the key of this request may see them; only in API calls that `require` a scope."""
    return FileViews(context(), addresses(), opens=access_key().may("read"))
