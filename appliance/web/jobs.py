"""Jobs: what people may do about the work on a file."""

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag

from appliance.catalog.jobs import JobRecord
from appliance.domain.errors import ChecksumMismatch, Conflict, NotFound
from appliance.domain.events import Event
from appliance.domain.files import STORED, FileRecord, State
from appliance.domain.jobs import AGAIN, AWAITED, CANCELLABLE, STOPPED, UNFINISHED
from appliance.web.auth import SECURITY, access_key, require
from appliance.web.bodies import Query
from appliance.web.context import context
from appliance.web.problems import EVERYWHERE, responses
from appliance.web.views import Job, job_view

api = APIBlueprint("jobs", __name__, abp_tags=[DocTag(name="jobs")], abp_security=SECURITY)
_DEAD_LETTERS = 1000


class JobPath(Query):
    """`id` of one of a file's `jobs`."""

    job_id: str


@api.post("/jobs/<jobId>/retry", responses={202: Job, **responses(*EVERYWHERE, 404, 409)})
@require("upload")
def retry_job(path: JobPath) -> tuple[dict[str, Any], int]:
    """Do again what failed or was cancelled; the file is `processing` until then, where others wait for it."""
    job, record = _job(path.job_id)
    if job.state not in STOPPED and record.stage is not State.ERRORED:
        raise Conflict(f"The job is {job.state}.")
    if record.state not in STORED or record.error_type == ChecksumMismatch.type:
        raise Conflict("The file has no bytes that work can be done on.")
    catalog, now = context().catalog, context().clock()
    event = _event(job, record, now)
    catalog.queue.withdraw(job.service, record.file_id)
    if job.service in AWAITED or record.stage is State.ERRORED:
        catalog.production.reopened(record.file_id, record.etag or "", now=now)
    catalog.jobs.note(record.file_id, job.service, "waiting", attempts=0, now=now)
    catalog.queue.enqueue_for(job.service, event, now=now)
    return _shown(job.id), 202


@api.post("/jobs/<jobId>/cancel", responses={200: Job, **responses(*EVERYWHERE, 404, 409)})
@require("upload")
def cancel_job(path: JobPath) -> dict[str, Any]:
    """Stop a job within seconds; idempotent. A film stays as it is by then, playable or not, and counts as ready."""
    job, record = _job(path.job_id)
    if job.state == "cancelled":
        return job_view(job)
    if job.service not in CANCELLABLE:
        raise Conflict(f"Work of the service {job.service} is not cancelled: the file would stay half known.")
    if job.state not in UNFINISHED:
        raise Conflict(f"The job is {job.state}.")
    catalog, now = context().catalog, context().clock()
    catalog.jobs.cancel(record.file_id, job.service, now=now)
    catalog.queue.withdraw(job.service, record.file_id)
    if job.service in AWAITED:
        catalog.production.finished(record.file_id, record.etag or "", now=now)
    return _shown(job.id)


def _job(text: str) -> tuple[JobRecord, FileRecord]:
    """A job of the caller's tenant, and its file; NotFound for any other."""
    known = text.isascii() and text.isdigit() and len(text) <= 18
    job = context().catalog.jobs.find(int(text)) if known else None
    record = context().catalog.files.find(job.file_id) if job is not None else None
    if job is None or record is None or record.tenant_id != access_key().tenant_id:
        raise NotFound(f"There is no job {text}.", field="jobId")
    return job, record


def _event(job: JobRecord, record: FileRecord, now: int) -> Event:
    """What the service is told. Conflict where nobody knows any more what was asked of it."""
    if job.service in AGAIN:
        return Event(0, AGAIN[job.service], record.object_key, record.file_id, now, etag=record.etag)
    letters = context().bus.dead_letters(job.service, limit=_DEAD_LETTERS)
    event = next((letter.event for letter in letters if letter.event.file_id == record.file_id), None)
    if event is None:
        raise Conflict("What was asked for is not known any more: ask for it again.")
    return event


def _shown(job_id: int) -> dict[str, Any]:
    # Notes are written in the background, in the order in which they are made.
    catalog = context().catalog
    catalog.db.write(lambda: None)
    job = catalog.jobs.find(job_id)
    if job is None:
        raise NotFound("The job is gone.", field="jobId")
    return job_view(job)
