"""The change feed: what happened to a tenant's files, by long poll."""

import time
from collections.abc import Callable
from typing import Any, Literal

from flask import Flask, current_app, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import Field

from appliance.catalog.changes import Change, Changes
from appliance.web import cursors
from appliance.web.addresses import addresses
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import Query, View
from appliance.web.context import context
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.times import rfc3339
from appliance.web.views import FileView, FileViews
from appliance.web.waiters import Waiters

api = APIBlueprint("changes", __name__, abp_tags=[DocTag(name="changes")], abp_security=SECURITY)

WAITERS = "appliance.waiters"
MAX_WAIT_S = 30.0
_PAGE = 200
_RETRY_SECONDS = 2
_LOOK_S = 0.5  # how soon a waiter notices that the server stops or its client has left
_OTHERS_S = 0.05  # changes of other tenants wake us too; take a flood of them together

EventName = Literal[
    "created", "uploaded", "processing", "readyToStream", "ready", "errored", "updated", "cancelled", "timedOut",
    "trashed", "restored", "deleted",
]  # fmt: skip


class ChangesQuery(Query):
    """Where to go on, and for how long to wait for something new."""

    since: str = Field("", description="`next` of the answer before; without it the feed begins now")
    wait: float = Field(0, ge=0, le=MAX_WAIT_S, allow_inf_nan=False, description="seconds")


class ChangeView(View):
    """One change; `file` is the file as it is now, which may be further on."""

    file_id: str
    event: EventName
    at: str
    file: FileView


class ChangesView(View):
    """Keep `next` for the next call. `more`: there is more already, ask again at once."""

    changes: list[ChangeView]
    next: str
    more: bool
    retry_after: int | None = Field(description="seconds; all places to wait are taken, so come back then")


def install(app: Flask, max_waiters: int) -> None:
    """Give this application so many places to wait."""
    app.extensions[WAITERS] = Waiters(max_waiters)


@api.get("/changes", responses={200: ChangesView, **responses(*EVERYWHERE, 410)})
@require("read")
def list_changes(query: ChangesQuery) -> dict[str, Any]:
    """What happened since a cursor, oldest first; waits for up to 30 seconds where there is nothing yet.

    410 for a cursor that is too old: list the files again and begin anew without one.
    """
    tenant_id, feed = access_key().tenant_id, context().catalog.changes
    secret = context().options.cursor_key
    position = cursors.decode(secret, tenant_id, "since", query.since) if query.since else feed.newest()
    found, position = _look(feed, tenant_id, position)
    retry_after = None
    if not found and query.wait:
        waiters: Waiters = current_app.extensions[WAITERS]
        with waiters.seat() as seated:
            if seated:
                # waitress adds it; other servers keep a seat for who has left until his time is over.
                left = request.environ.get("waitress.client_disconnected", bool)
                found, position = _wait(feed, waiters, tenant_id, position, query.wait, left)
            else:
                retry_after = _RETRY_SECONDS
    files = FileViews(context(), addresses()).of_all([change.file for change in found[:_PAGE]])
    return {
        "changes": [
            {"fileId": change.file.file_id, "event": change.event, "at": rfc3339(change.at), "file": file}
            for change, file in zip(found[:_PAGE], files, strict=True)
        ],
        "next": cursors.encode(secret, tenant_id, "since", position),
        "more": len(found) > _PAGE,
        "retryAfter": retry_after,
    }


def _look(feed: Changes, tenant_id: str, position: int) -> tuple[list[Change], int]:
    """What came after `position`, one more than a page at most, and the position after that page.

    With nothing found that is the newest position of all tenants, so that a quiet tenant's cursor does not grow old.
    """
    newest = feed.newest()
    found = feed.since(tenant_id, position, limit=_PAGE + 1)
    if not found:
        return found, max(position, newest)
    return found, found[:_PAGE][-1].id


def _wait(
    feed: Changes, waiters: Waiters, tenant_id: str, position: int, seconds: float, left: Callable[[], bool]
) -> tuple[list[Change], int]:
    deadline = time.monotonic() + seconds
    found: list[Change] = []
    while not found and not waiters.closing and not left():
        rest = deadline - time.monotonic()
        if rest <= 0:
            break
        if feed.wait(position, min(rest, _LOOK_S)) <= position:
            continue
        found, position = _look(feed, tenant_id, position)
        if not found:
            waiters.pause(min(rest, _OTHERS_S))
    return found, position
