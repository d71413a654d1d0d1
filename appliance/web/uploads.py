"""Uploads: a client asks, gets signed URLs, sends the bytes to the store, and says when it is done."""

from typing import Annotated, Any, Literal

from flask import request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import ConfigDict, Field, WithJsonSchema, model_validator

from appliance.domain.errors import Conflict, InvalidRequest, NoSuchUpload, ObjectMissing
from appliance.domain.files import FileRecord, State, UploadSession, Visibility
from appliance.domain.uploads import MAX_SIZE, URLS_PER_CALL
from appliance.ports import tracing
from appliance.ports.object_store import Part
from appliance.web.addresses import addresses
from appliance.web.admission import Admission, Admitted, Promise
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import Body, View
from appliance.web.completion import Completion
from appliance.web.context import context
from appliance.web.fields import ContentType, FilePath, Metadata, Name, Path, Sha256, Tags, Title, distinct
from appliance.web.offers import Offers
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.times import rfc3339
from appliance.web.views import FileView, StateName, callers_views

api = APIBlueprint("uploads", __name__, abp_tags=[DocTag(name="uploads")], abp_security=SECURITY)
Protocol = Literal["put", "multipart", "resumable", "form"]


class UploadBody(Body):
    """What is to be uploaded. Fields that are not listed are refused, so that a typing error is noticed."""

    name: Name
    size: Annotated[int, Field(ge=0), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_SIZE})]
    content_type: ContentType | None = Field(None, description="media type; default by the extension")
    path: Path = ""
    title: Title | None = Field(None, description="default: the name without its extension")
    tags: Tags = Field([])
    metadata: Metadata = Field({})
    sha256: Sha256 | None = None
    visibility: Literal["public", "private"] = "public"

    def promise(self) -> Promise:
        """The fields in the form in which they are kept."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return Promise.of({**fields, "content_type": self.content_type or None, "title": self.title or "",
                           "tags": distinct(self.tags), "visibility": Visibility(self.visibility)})  # fmt: skip


class PartView(View):
    """One part to send: PUT exactly `size` bytes to `url` with these headers."""

    number: int
    url: str
    size: int
    headers: dict[str, str]


class UploadPlanView(View):
    """What the protocol needs. `headers` are to be sent as they are; content-length comes on top, by the client."""

    protocol: Protocol
    url: str | None
    method: str
    headers: dict[str, str]
    fields: dict[str, str]
    part_size: int
    part_count: int
    parts: list[PartView] = Field(description="the first 16 that are missing; POST …/parts signs the others")
    expires_at: str = Field(description="when the URLs stop to work; sending may go on beyond it")
    session_expires_at: str = Field(description="when the upload is given up")


class UploadView(View):
    """A file that waits for its bytes. `uploadUrl` and `headers` repeat `upload` where the protocol is `put`."""

    file_id: str
    object_key: str
    state: StateName
    upload_url: str | None
    headers: dict[str, str] | None
    video_url: str
    url: str | None
    page: str
    upload: UploadPlanView | None
    duplicate: bool


class DuplicateView(FileView):
    """A file whose bytes are there already: nothing is to be sent."""

    upload_url: None
    headers: None
    url: str | None
    page: str
    upload: None
    duplicate: bool


class StoredPartView(View):
    """One part that the store has."""

    number: int
    size: int
    etag: str


class SessionView(View):
    """How an upload stands. `missing` and `upload` are empty once nothing is to be sent."""

    file_id: str
    state: StateName
    protocol: Protocol | None
    size: int
    part_size: int | None
    part_count: int | None
    parts: list[StoredPartView]
    missing: list[int] = Field(description="numbers of the parts that the store does not have")
    expires_at: str | None
    upload: UploadPlanView | None = Field(description="fresh URLs for what is missing")


class PartsBody(Body):
    """Which parts to sign."""

    numbers: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=URLS_PER_CALL)]


class PartsView(View):
    """Fresh URLs, in the order asked for."""

    parts: list[PartView]
    expires_at: str


class DonePart(Body):
    """One part as the store confirmed it."""

    number: Annotated[int, Field(ge=1)]
    etag: Annotated[str, Field(min_length=1, max_length=128, pattern=r'^"?[A-Za-z0-9._:+/=-]+"?$')]


class CompleteBody(Body):
    """The parts, all of them in order; without them the appliance asks the store."""

    model_config = ConfigDict(openapi_extra={"required": False})  # type: ignore[typeddict-unknown-key]

    parts: Annotated[list[DonePart], Field(max_length=10_000)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _nothing_said(cls, sent: object) -> object:
        return {} if sent is None else sent


_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "a repeat with the same key answers with the same file; kept for a day",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}


@api.post(
    "/upload",
    responses={201: UploadView, 200: DuplicateView, **responses(*EVERYWHERE, 404, 409, 413, 415, 422, 502, 507)},
    openapi_extensions={"parameters": [_IDEMPOTENCY]},
)
@require("upload")
def create_upload(body: UploadBody) -> tuple[dict[str, Any], int]:
    """Ask for an upload.

    201: send the bytes as `upload` says. 200 with `duplicate: true`: a file of that name and folder with the same
    verified `sha256` is there, or this Idempotency-Key's file is; nothing is to be sent.
    """
    room, urls = context(), addresses()
    admitted = Admission(room, access_key()).admit(body.promise(), request.headers.get("Idempotency-Key"))
    record, session = admitted.record, admitted.session
    tracing.note(file_id=record.file_id)
    views = callers_views()
    links, _ = views.links(record)
    answer = {
        "fileId": record.file_id,
        "objectKey": record.object_key,
        "state": record.state,
        "videoUrl": links["videoUrl"],
        "url": links["url"],
        "page": links["page"],
    }
    if session is None:
        nothing = {"uploadUrl": None, "headers": None, "upload": None}
        return {**views.of(record), **answer, **nothing, "duplicate": True}, 200
    upload = Offers(room, urls, record, session).upload()
    headers = upload["headers"] if session.protocol == "put" else None
    return {**answer, "uploadUrl": upload["url"], "headers": headers, "upload": upload, "duplicate": False}, 201


@api.get("/upload/<fileId>", responses={200: SessionView, **responses(*EVERYWHERE, 404, 502)})
@require("upload")
def get_upload(path: FilePath) -> dict[str, Any]:
    """How an upload stands: which parts are stored, which are missing, and fresh URLs for those."""
    admitted = _find(path.file_id)
    record, session = admitted.record, admitted.session
    waiting = session if record.state is State.WAITING else None
    parts, missing = _parts(record, waiting) if waiting else ([], [])
    upload = Offers(context(), addresses(), record, waiting).upload(missing) if waiting and missing else None
    return {
        "fileId": record.file_id,
        "state": record.state,
        "protocol": session.protocol if session else None,
        "size": record.size,
        "partSize": session.part_size if session else None,
        "partCount": session.part_count if session else None,
        "parts": [{"number": part.number, "size": part.size, "etag": part.etag} for part in parts],
        "missing": missing,
        "expiresAt": rfc3339(session.expires_at) if session else None,
        "upload": upload,
    }


@api.post("/upload/<fileId>/parts", responses={200: PartsView, **responses(*EVERYWHERE, 404, 409, 413, 415)})
@require("upload")
def sign_parts(path: FilePath, body: PartsBody) -> dict[str, Any]:
    """Fresh URLs for parts of a multipart upload, up to 100 at a time."""
    admitted = _find(path.file_id)
    record, session = admitted.record, admitted.session
    if record.state is not State.WAITING or session is None:
        raise Conflict(f"The upload is {record.state}: no part is to be sent.")
    if session.upload_id is None:
        raise Conflict("This upload is one PUT without parts; GET /upload/{fileId} gives a fresh URL.")
    if max(body.numbers) > session.part_count:
        raise InvalidRequest(f"numbers must be 1 to {session.part_count}.", field="numbers")
    offers = Offers(context(), addresses(), record, session)
    return {"parts": offers.parts(body.numbers), "expiresAt": offers.expires_at()}


@api.post("/upload/<fileId>/complete", responses={200: FileView, **responses(*EVERYWHERE, 404, 409, 413, 415, 502)})
@require("upload")
def complete_upload(path: FilePath, body: CompleteBody) -> dict[str, Any]:
    """Say that all bytes are sent; idempotent.

    Joins the parts of a multipart upload. After one PUT it is only a hint: the store tells the appliance by itself.
    """
    admitted = _find(path.file_id)
    parts = None if body.parts is None else [(part.number, part.etag.strip('"')) for part in body.parts]
    record = Completion(context()).complete(admitted.record, admitted.session, parts)
    return callers_views().of(record)


@api.delete("/upload/<fileId>", responses={204: None, **responses(*EVERYWHERE, 404, 409)})
@require("upload", "delete")
def cancel_upload(path: FilePath) -> tuple[str, int]:
    """Give up an upload: its parts and its quota are freed. Idempotent; 409 once the bytes are there."""
    record = context().catalog.lifecycle.cancel(access_key().tenant_id, path.file_id, now=context().clock())
    session = context().catalog.files.session(record.file_id)
    if session is not None and session.upload_id is not None:
        context().store.abort_upload(record.object_key, session.upload_id)
    context().catalog.lifecycle.close_session(record.file_id)
    return "", 204


def _find(file_id: str) -> Admitted:
    record = context().catalog.files.get(access_key().tenant_id, file_id)
    return Admitted(record, context().catalog.files.session(record.file_id))


def _parts(record: FileRecord, session: UploadSession) -> tuple[list[Part], list[int]]:
    """The parts that the store has, and the numbers of those it lacks."""
    parts: list[Part] = []
    if session.upload_id is not None:
        try:
            parts = context().store.list_parts(record.object_key, session.upload_id)
        except NoSuchUpload:
            if _is_stored(record):
                return [], []
    stored = {part.number for part in parts}
    return parts, [number for number in range(1, session.part_count + 1) if number not in stored]


def _is_stored(record: FileRecord) -> bool:
    try:
        return context().store.head(record.object_key).size == record.size
    except ObjectMissing:
        return False
