"""What an admin key may do about work that failed: jobs, dead letters, the quarantine."""

from typing import Annotated, Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from pydantic import Field

from appliance.catalog.quarantine import QuarantineRecord
from appliance.domain.errors import NotFound
from appliance.domain.keys import ObjectKey
from appliance.ports.event_bus import DeadLetter
from appliance.web.auth import SECURITY, require
from appliance.web.bodies import Body, Query, View
from appliance.web.context import context
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.times import rfc3339
from appliance.web.views import Job, job_view

api = APIBlueprint(
    "admin_queues",
    __name__,
    url_prefix="/admin",
    abp_tags=[DocTag(name="admin", description="for admin keys; sees every tenant")],
    abp_security=SECURITY,
)

Count = Annotated[int, Field(ge=1, le=1000)]
Number = Annotated[int, Field(ge=0, le=2**62)]


class JobQuery(Query):
    tenant: str | None = None
    state: str | None = Field(None, description="running, done, retrying, failed or cancelled")
    limit: Count = 100


class DeadLetterQuery(Query):
    tenant: str | None = None
    service: str | None = None
    limit: Count = 100


class QuarantineQuery(Query):
    limit: Count = 100


class QuarantinePath(Query):
    quarantine_id: str


class Replay(Body):
    """Neither field: all dead letters."""

    service: str | None = None
    ids: Annotated[list[Number], Field(max_length=1000)] | None = None


class Replayed(View):
    replayed: int


class AdminJob(Job):
    id: int
    file_id: str
    updated_at: str


class JobList(View):
    items: list[AdminJob]


class AdminDeadLetter(View):
    id: int
    service: str
    type: str
    key: str
    file_id: str | None
    attempts: int
    error: str
    died_at: str


class DeadLetterList(View):
    items: list[AdminDeadLetter]


class Quarantined(View):
    id: int
    source: str
    reason: str
    object_key: str | None
    received_at: str
    count: int = Field(description="how often the same came")
    body: str


class QuarantineList(View):
    items: list[Quarantined]


@api.get("/jobs", responses={200: JobList, **responses(*EVERYWHERE)})
@require("admin")
def list_jobs(query: JobQuery) -> dict[str, Any]:
    """What services did last, newest first."""
    jobs = context().catalog.jobs.list(tenant_id=query.tenant, state=query.state, limit=query.limit)
    return {
        "items": [
            {"id": job.id, "fileId": job.file_id, **job_view(job), "updatedAt": rfc3339(job.updated_at)} for job in jobs
        ]
    }


@api.get("/dead-letters", responses={200: DeadLetterList, **responses(*EVERYWHERE)})
@require("admin")
def list_dead_letters(query: DeadLetterQuery) -> dict[str, Any]:
    """Events that a service gave up on, newest first; `replay` gives them another chance."""
    letters = context().bus.dead_letters(query.service, limit=query.limit)
    return {"items": [_dead_letter(letter) for letter in letters if _belongs(letter, query.tenant)]}


@api.post("/replay", responses={200: Replayed, **responses(*EVERYWHERE, 413, 415)})
@require("admin")
def replay(body: Replay) -> dict[str, Any]:
    """Put dead letters back into their queues; how many."""
    return {"replayed": context().bus.replay(service=body.service, ids=body.ids, now=context().clock())}


@api.get("/quarantine", responses={200: QuarantineList, **responses(*EVERYWHERE)})
@require("admin")
def list_quarantine(query: QuarantineQuery) -> dict[str, Any]:
    """What storage told of that has no place here, newest first."""
    return {"items": [_quarantined(record) for record in context().catalog.quarantine.list(limit=query.limit)]}


@api.get("/quarantine/<quarantineId>", responses={200: Quarantined, **responses(*EVERYWHERE, 404)})
@require("admin")
def show_quarantine(path: QuarantinePath) -> dict[str, Any]:
    """One of them."""
    found = context().catalog.quarantine.find(_row_id(path.quarantine_id))
    if found is None:
        raise NotFound(f"There is nothing in quarantine under {path.quarantine_id}.", field="quarantineId")
    return _quarantined(found)


@api.delete("/quarantine/<quarantineId>", responses={204: None, **responses(*EVERYWHERE)})
@require("admin")
def drop_quarantine(path: QuarantinePath) -> Response:
    """Forget one; the object itself stays where it is. Idempotent."""
    context().catalog.quarantine.drop(_row_id(path.quarantine_id))
    return Response(status=204)


def _row_id(text: str) -> int:
    """0, which no row has, for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _belongs(letter: DeadLetter, tenant_id: str | None) -> bool:
    key = ObjectKey.parse(letter.event.key)
    return tenant_id is None or (key is not None and key.tenant_id == tenant_id)


def _dead_letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "service": letter.service,
        "type": letter.event.type,
        "key": letter.event.key,
        "fileId": letter.event.file_id,
        "attempts": letter.attempts,
        "error": letter.error,
        "diedAt": rfc3339(letter.died_at),
    }


def _quarantined(record: QuarantineRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "source": record.source,
        "reason": record.reason,
        "objectKey": record.object_key,
        "receivedAt": rfc3339(record.received_at),
        "count": record.count,
        "body": record.body,
    }
