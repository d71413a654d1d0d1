"""What a film can be had as besides the original: single files of its renditions, and captions over them."""

from typing import Annotated, Any, Literal

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models import RawModel
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import Field, WithJsonSchema, model_validator

from appliance.catalog.captions import CaptionRecord
from appliance.catalog.generations import Made
from appliance.domain.errors import Conflict, InvalidRequest
from appliance.domain.events import Event, EventType
from appliance.domain.files import STORED, FileRecord, State
from appliance.domain.kinds import Kind
from appliance.domain.renditions import download_name
from appliance.media.captions import language_tag, read_captions, write_webvtt
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import Body, Query, View
from appliance.web.context import context
from appliance.web.fields import FilePath
from appliance.web.film_views import CaptionView, RenditionView
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.views import Job, callers_views, job_view

api = APIBlueprint("renditions", __name__, abp_tags=[DocTag(name="renditions")], abp_security=SECURITY)
_SERVICE = "downloads"
_FILE_ID = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
_LABEL = r"^[^\x00-\x1f\x7f\"]*$"


class WantedRendition(Body):
    """One of the two."""

    height: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None, description="an MP4 of the rung of that name: 720 for `720p`"
    )
    audio: Literal[True] | None = Field(None, description="the sound alone")

    @model_validator(mode="after")
    def _one(self) -> "WantedRendition":
        if (self.height is None) == (self.audio is None):
            raise ValueError("give either height or audio")
        return self


class RenditionJob(View):
    """rendition: null until it is made. job: null once it is, where nobody had to wait."""

    rendition: RenditionView | None
    job: Job | None


class CaptionPath(Query):
    file_id: _FILE_ID
    language: str = Field(description="RFC 5646, `de` or `pt-BR` for instance")


class CaptionQuery(Query):
    label: str = Field(
        "", max_length=100, pattern=_LABEL, description="what viewers choose it by; default the language"
    )


class CaptionFile(RawModel):
    """WebVTT or SubRip."""

    mimetypes = ["text/vtt", "application/x-subrip", "text/plain"]  # noqa: RUF012 - as its base declares it


@api.post(
    "/get/<fileId>/renditions",
    responses={200: RenditionJob, 202: RenditionJob, **responses(*EVERYWHERE, 404, 409, 413, 415)},
)
@require("upload")
def make_rendition(path: FilePath, body: WantedRendition) -> tuple[dict[str, Any], int]:
    """Have one file made of a rendition, to be taken away; made once, then it is there. 202: it will be."""
    record = _film(path.file_id)
    given, now = context(), context().clock()
    there = given.catalog.generations.renditions(record.file_id)
    rung = _rung(there, body)
    name = download_name(rung.rendition)
    made = next((one for one in there if one.rendition.name == name), None)
    if made is not None:
        return {"rendition": callers_views().rendition(record, made), "job": None}, 200
    given.bus.publish(
        Event(0, EventType.DOWNLOAD_REQUESTED, record.object_key, record.file_id, now, etag=record.etag,
              detail=rung.rendition.name)
    )  # fmt: skip
    return {"rendition": None, "job": _job(record)}, 202


@api.put(
    "/get/<fileId>/captions/<language>", responses={200: CaptionView, **responses(*EVERYWHERE, 404, 409, 413)}
)  # fmt: skip
@require("upload")
def put_captions(path: CaptionPath, query: CaptionQuery, raw: CaptionFile) -> dict[str, Any]:
    """Give a film captions in a language, or replace them: WebVTT or SubRip of up to 1 MiB. Viewers soon have them."""
    record = _film(path.file_id, State.WAITING)
    language = language_tag(path.language)
    webvtt = write_webvtt(read_captions(request.get_data()))
    label = query.label.strip() or language
    context().catalog.captions.put(record.file_id, CaptionRecord(language, label, webvtt, context().clock()))
    _announce(record)
    return {"language": language, "label": label, "url": None}


@api.delete("/get/<fileId>/captions/<language>", responses={204: None, **responses(*EVERYWHERE, 404, 409)})
@require("upload")
def drop_captions(path: CaptionPath) -> Response:
    """Take a film's captions in one language away. Idempotent."""
    record = _film(path.file_id, State.WAITING)
    if context().catalog.captions.drop(record.file_id, path.language):
        _announce(record)
    return Response(status=204)


def _film(file_id: str, *states: State) -> FileRecord:
    """The caller's film or sound, whose bytes are there, or which is in one of these states."""
    record = context().catalog.files.get(access_key().tenant_id, file_id)
    if record.state not in STORED.union(states):
        raise Conflict(f"The file is {record.state}.")
    if record.kind not in (Kind.VIDEO, Kind.AUDIO):
        raise Conflict("The file is neither a film nor a sound.")
    return record


def _announce(record: FileRecord) -> None:
    catalog = context().catalog
    catalog.inbox.announce(
        EventType.CAPTIONS_CHANGED, file_id=record.file_id, key=record.object_key, etag=record.etag,
        detail=str(context().clock()), now=context().clock(),
    )  # fmt: skip


def _rung(there: list[Made], wanted: WantedRendition) -> Made:
    kind = "hls-audio" if wanted.audio else "hls-video"
    rungs = [made for made in there if made.rendition.kind == kind]
    if not rungs:
        raise Conflict("The film has no such renditions, or not yet.")
    if wanted.audio:
        return max(rungs, key=lambda made: (made.rendition.default, made.rendition.bitrate))
    names = [made.rendition.name for made in rungs]
    if f"{wanted.height}p" not in names:
        raise InvalidRequest(f"height: there are {', '.join(names)}.", field="height")
    return rungs[names.index(f"{wanted.height}p")]


def _job(record: FileRecord) -> dict[str, Any] | None:
    jobs = context().catalog.jobs.of_file(record.file_id)
    return next((job_view(job) for job in jobs if job.service == _SERVICE), None)
