"""Files: reading, finding, editing, trashing and deleting."""

from typing import Annotated, Any, Literal

from flask import Response, redirect
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import ConfigDict, Field, WithJsonSchema

from appliance.catalog.listing import Filter
from appliance.domain import names
from appliance.domain.errors import Conflict, Gone, InvalidRequest
from appliance.domain.files import STORED, State, Visibility
from appliance.domain.kinds import Kind
from appliance.web import cursors
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import Body, Query, View
from appliance.web.context import context
from appliance.web.fields import MAX_LABELS, FilePath, Metadata, Path, Tags, Title, distinct
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.views import FileView, KindName, StateName, callers_views

api = APIBlueprint("files", __name__, abp_tags=[DocTag(name="files")], abp_security=SECURITY)
_METADATA = "metadata."
_REDIRECT = {"description": "the link is in Location", "headers": {"Location": {"schema": {"type": "string"}}}}


class ListQuery(Query):
    """What to list; `metadata.NAME=VALUE` narrows by metadata."""

    model_config = ConfigDict(extra="allow")

    q: str = Field(
        "", max_length=200, description="words of name, title, folder, tags and metadata; the last may be a beginning"
    )
    path: Annotated[str | None, WithJsonSchema({"type": "string", "maxLength": 1024})] = Field(
        None, description="list this folder alone, '' for the top, with its subfolders"
    )
    kind: Annotated[KindName | None, WithJsonSchema({"enum": ["video", "audio", "image", "file"]})] = None
    tag: list[str] = Field([], max_length=MAX_LABELS, description="all of these")
    state: list[StateName] = Field([], max_length=len(State), description="any of these; default: what is not gone")
    cursor: str = Field("", description="`next` of the page before")
    limit: int = Field(50, ge=1, le=200)

    def metadata(self) -> dict[str, str]:
        """What `metadata.NAME=VALUE` parameters ask for; InvalidRequest for any other name that is not ours."""
        asked = self.model_extra or {}
        for name in asked:
            if not name.startswith(_METADATA) or name == _METADATA:
                raise InvalidRequest(f"There is no parameter {name}.", field=name)
        if len(asked) > MAX_LABELS:
            raise InvalidRequest(f"At most {MAX_LABELS} metadata values can be asked for.", field="metadata")
        return {name.removeprefix(_METADATA): str(value) for name, value in asked.items()}


class FolderView(View):
    """One subfolder: what is in it and below."""

    name: str
    path: str
    files: int
    bytes: int


class PageView(View):
    """One page, newest first. `next` is null on the last; `folders` where `path` was asked for."""

    items: list[FileView]
    next: str | None
    folders: list[FolderView] | None


class EditBody(Body):
    """What to change. A field that is not sent stays; tags and metadata are replaced as a whole."""

    title: Title | None = Field(None, description="'' for the name without its extension")
    tags: Tags | None = None
    path: Path | None = None
    metadata: Metadata | None = None
    visibility: Literal["public", "private"] | None = None


class DeleteQuery(Query):
    """How to delete."""

    trash: bool = Field(False, description="into the trash, restorable for 30 days, instead of for good")


@api.get("/get/<fileId>", responses={200: FileView, **responses(*EVERYWHERE, 404)})
@require("read")
def get_file(path: FilePath) -> dict[str, Any]:
    """Everything about one file; deleted ones are known by their record."""
    record = context().catalog.files.get(access_key().tenant_id, path.file_id)
    return callers_views().of(record)


@api.get("/get/<fileId>/content", responses={302: _REDIRECT, **responses(*EVERYWHERE, 404, 409, 410)})
@require("read")
def get_content(path: FilePath) -> Response:
    """Go to the link that serves the bytes now."""
    record = context().catalog.files.get(access_key().tenant_id, path.file_id)
    if record.state is State.DELETED:
        raise Gone("The file was deleted.")
    if record.state not in STORED:
        raise Conflict(f"The file is {record.state}.")
    links, _ = callers_views().links(record)
    response: Response = redirect(links["url"], 302)  # type: ignore[assignment]
    response.headers["Cache-Control"] = "no-store"
    return response


@api.delete("/delete/<fileId>", responses={204: None, **responses(*EVERYWHERE, 404, 409)})
@require("delete", "purge")
def delete_file(path: FilePath, query: DeleteQuery) -> tuple[str, int]:
    """Delete a file; idempotent. Into the trash with the scope `delete`, for good with the scope `purge`.

    For good: object and cached copies go, and its links die within five seconds; the record stays as `deleted`.
    """
    key, lifecycle = access_key(), context().catalog.lifecycle
    key.require("delete" if query.trash else "purge")
    change = lifecycle.trash if query.trash else lifecycle.delete
    change(key.tenant_id, path.file_id, now=context().clock())
    return "", 204


@api.post("/files/<fileId>/restore", responses={200: FileView, **responses(*EVERYWHERE, 404, 409)})
@require("delete")
def restore_file(path: FilePath) -> dict[str, Any]:
    """Take a file out of the trash, as it was; idempotent."""
    record = context().catalog.lifecycle.restore(access_key().tenant_id, path.file_id, now=context().clock())
    return callers_views().of(record)


@api.get("/files", responses={200: PageView, **responses(*EVERYWHERE)})
@require("read")
def list_files(query: ListQuery) -> dict[str, Any]:
    """Find files, newest first.

    `metadata.NAME=VALUE`, as often as needed, keeps files whose metadata say so.
    """
    tenant_id, listing = access_key().tenant_id, context().catalog.listing
    secret = context().options.cursor_key
    path = None if query.path is None else names.folder_path(query.path)
    wanted = Filter(
        words=query.q,
        path=path,
        kind=Kind(query.kind) if query.kind else None,
        tags=tuple(query.tag),
        states=tuple(State(state) for state in query.state),
        metadata=query.metadata(),
    )
    before = cursors.decode(secret, tenant_id, "cursor", query.cursor) if query.cursor else None
    found = listing.page(tenant_id, wanted, before=before, limit=query.limit + 1)
    page = found[: query.limit]
    more = len(found) > query.limit
    return {
        "items": callers_views().of_all([record for _, record in page]),
        "next": cursors.encode(secret, tenant_id, "cursor", page[-1][0]) if more else None,
        "folders": None if path is None else _folders(tenant_id, path),
    }


@api.patch("/files/<fileId>", responses={200: FileView, **responses(*EVERYWHERE, 404, 409, 413, 415)})
@require("upload")
def edit_file(path: FilePath, body: EditBody) -> dict[str, Any]:
    """Change title, tags, folder, metadata or visibility (this needs the scope `read` too).

    Moving a file never changes its link.
    """
    tenant_id, files = access_key().tenant_id, context().catalog.files
    record = files.get(tenant_id, path.file_id)
    changes = _changes(body, record.name)
    if changes:
        record = files.edit(tenant_id, path.file_id, changes, now=context().clock())
    return callers_views().of(record)


def _changes(body: EditBody, name: str) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if body.title is not None:
        changes["title"] = body.title or names.title_of(name)
    if body.tags is not None:
        changes["tags"] = distinct(body.tags)
    if body.path is not None:
        changes["path"] = names.folder_path(body.path)
    if body.metadata is not None:
        changes["metadata"] = body.metadata
    if body.visibility is not None:
        access_key().require("read")  # who opens a file to others must be able to open it
        changes["visibility"] = Visibility(body.visibility)
    return changes


def _folders(tenant_id: str, path: str) -> list[dict[str, Any]]:
    below = f"{path}/" if path else ""
    return [
        {"name": folder.name, "path": below + folder.name, "files": folder.files, "bytes": folder.bytes}
        for folder in context().catalog.listing.folders(tenant_id, path)
    ]
