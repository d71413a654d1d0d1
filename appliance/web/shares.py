"""Shares: links by which people without a key see some files, or a folder."""

from datetime import UTC, datetime
from typing import Annotated, Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import Field, WithJsonSchema
from werkzeug.security import generate_password_hash

from appliance.catalog.shares import Share
from appliance.domain import names
from appliance.domain.errors import InvalidRequest
from appliance.web.addresses import addresses
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import Body, Query, View
from appliance.web.context import context
from appliance.web.fields import Instant, Title
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.times import rfc3339, rfc3339_or_none

api = APIBlueprint("shares", __name__, abp_tags=[DocTag(name="shares")], abp_security=SECURITY)

_MOST_FILES = 1000
_LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


class ShareBody(Body):
    """Either `fileIds`, or `path`: a folder with all that is in it and below, now and later."""

    file_ids: Annotated[list[str], Field(min_length=1, max_length=_MOST_FILES)] | None = None
    path: Annotated[str | None, WithJsonSchema({"type": "string", "maxLength": 1024})] = Field(
        None, description="'' for everything"
    )
    title: Title | None = Field(None, description="default: the folder's name, or that of the only file")
    expires_at: Instant | None = None
    password: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    download: bool = Field(True, description="whether the page offers originals to be saved")


class ShareView(View):
    """One share. Its password is never shown again."""

    id: str
    url: str = Field(description="for people without a key")
    title: str
    path: str | None
    file_ids: list[str]
    has_password: bool
    download: bool
    created_by: str
    created_at: str
    expires_at: str | None
    expired: bool


class ShareList(View):
    items: list[ShareView]


class SharePath(Query):
    share_id: str


@api.post("/shares", responses={201: ShareView, **responses(*EVERYWHERE, 404, 413, 415)})
@require("upload")
def create_share(body: ShareBody) -> tuple[dict[str, Any], int]:
    """Make a link for people without a key. Private files play there as well, as long as the share lives."""
    key, catalog, now = access_key(), context().catalog, context().clock()
    # Whoever makes a share can open it: it must not show a key what that may only send.
    key.require("read")
    if (body.file_ids is None) == (body.path is None):
        raise InvalidRequest("Send either fileIds or path.", field="fileIds")
    path = None if body.path is None else names.folder_path(body.path)
    ids = tuple(dict.fromkeys(body.file_ids or ()))
    titles = [catalog.files.get(key.tenant_id, file_id).title for file_id in ids]
    share = catalog.shares.add(
        key.tenant_id,
        title=body.title or _title(path, titles),
        path=path,
        file_ids=ids,
        password_hash=generate_password_hash(body.password) if body.password else None,
        download=body.download,
        created_by=key.name,
        expires_at=_expiry(body.expires_at, now),
        now=now,
    )
    return _view(share, now), 201


@api.get("/shares", responses={200: ShareList, **responses(*EVERYWHERE)})
@require("read")
def list_shares() -> dict[str, Any]:
    """All shares, newest first, expired ones included."""
    now = context().clock()
    return {"items": [_view(share, now) for share in context().catalog.shares.list(access_key().tenant_id)]}


@api.delete("/shares/<shareId>", responses={204: None, **responses(*EVERYWHERE, 404)})
@require("upload")
def delete_share(path: SharePath) -> tuple[str, int]:
    """End a share: its page is gone at once. Links of private files that it gave out end within their own time."""
    context().catalog.shares.delete(access_key().tenant_id, path.share_id)
    return "", 204


def _title(path: str | None, titles: list[str]) -> str:
    if path is not None:
        return path.rpartition("/")[2] or "All files"
    return titles[0] if len(titles) == 1 else f"{len(titles)} files"


def _expiry(moment: datetime | None, now: int) -> int | None:
    if moment is None:
        return None
    seconds = moment.timestamp()
    if not now / 1_000_000 < seconds <= _LAST_SECOND:
        raise InvalidRequest("expiresAt must lie in the future, before the year 10000.", field="expiresAt")
    return int(seconds * 1_000_000)


def _view(share: Share, now: int) -> dict[str, Any]:
    return {
        "id": share.id,
        "url": f"{addresses().api}/s/{share.slug}",
        "title": share.title,
        "path": share.path,
        "fileIds": list(share.file_ids),
        "hasPassword": share.password_hash is not None,
        "download": share.download,
        "createdBy": share.created_by,
        "createdAt": rfc3339(share.created_at),
        "expiresAt": rfc3339_or_none(share.expires_at),
        "expired": share.expires_at is not None and share.expires_at <= now,
    }
