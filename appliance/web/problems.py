"""Errors as clients see them: RFC 9457 problem details, one shape for everything that goes wrong."""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from appliance.domain import errors
from appliance.domain.errors import ApplianceError, InvalidRequest
from appliance.web.context import context

MEDIA_TYPE = "application/problem+json"
#: A URN, not a URL: the same on every appliance, and no promise of a page behind it.
TYPE_PREFIX = "urn:media-appliance:problem:"
RETRY_SECONDS = 2
#: What every operation with a key can answer.
EVERYWHERE = (400, 401, 403, 429, 500, 503)

_STATUS: dict[type[ApplianceError], int] = {
    errors.InvalidRequest: 400,
    errors.HostNotAccepted: 400,
    errors.RequestError: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    # Not 507: that would read as the appliance's fault and be tried again; only the tenant or an admin can help.
    errors.QuotaExceeded: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.IdempotencyMismatch: 422,
    errors.StorageFull: 507,
    errors.StoreUnavailable: 503,
    errors.CatalogBusy: 503,
    errors.StoreError: 502,
    errors.ProbeUnavailable: 503,
    errors.ProcessingError: 422,
    errors.ApplianceError: 500,
}
_TITLES = {
    "bad_request": "The request cannot be understood",
    "invalid": "A field is malformed",
    "host_not_accepted": "This host name is not the appliance's",
    "unauthorized": "A valid key is needed",
    "forbidden": "The key does not allow this",
    "not_found": "There is no such thing",
    "method_not_allowed": "This address does not take that method",
    "conflict": "The state of the thing does not allow this",
    "gone": "It was there and will not come back",
    "too_large": "Over a limit of the appliance",
    "unsupported_media_type": "The body must be JSON",
    "idempotency_mismatch": "The Idempotency-Key was used for another request",
    "rate_limited": "Too many requests",
    "quota_exceeded": "Over the tenant's quota",
    "storage_full": "The appliance's disk is full",
    "store_unavailable": "The object store is away",
    "malformed": "The file is not what its name says, or damaged",
    "resource_limit": "The file takes more time or memory than a file may",
    "probe_unavailable": "The file cannot be read at the moment",
    "store_error": "The object store failed",
    "store_rejected": "The object store refused",
    "object_missing": "The object store has no such object",
    "no_such_upload": "The object store has no such upload",
    "precondition_failed": "The object store holds something else",
    "catalog_busy": "The catalog is busy",
    "overloaded": "The appliance has more to do than it can",
    "internal": "The appliance failed",
}
_HTTP_SLUGS = {413: "too_large", 415: "unsupported_media_type", 429: "rate_limited"}
_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """RFC 9457 problem details. `field` names what in the request is at fault, by its JSON name."""

    model_config = ConfigDict(
        json_schema_extra={"example": {
            "type": TYPE_PREFIX + "invalid", "title": _TITLES["invalid"], "status": 400,
            "detail": "name must not be empty.", "field": "name",
        }},
    )  # fmt: skip

    type: str = Field(description="stable; what programs compare")
    title: str
    status: int
    detail: str = Field(description="one sentence for a person")
    field: str | None = Field(None, description="the field at fault, by its JSON name, dotted where nested")
    retryAfter: int | None = Field(None, description="seconds after which trying again makes sense")


def responses(*statuses: int) -> ResponseDict:
    """What an operation's documentation says of these error statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        str(status): {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def problem_body(
    slug: str, status: int, detail: str, *, field: str | None = None, retry_after: int | None = None
) -> dict[str, object]:
    """The members of one problem; `retry_after` in seconds."""
    body: dict[str, object] = {
        "type": TYPE_PREFIX + slug,
        "title": _TITLES.get(slug) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if field is not None:
        body["field"] = field
    if retry_after is not None:
        body["retryAfter"] = retry_after
    return body


def problem(
    slug: str, status: int, detail: str, *, field: str | None = None, retry_after: int | None = None
) -> Response:
    """The answer for one problem; `retry_after` in seconds goes into body and header."""
    body = problem_body(slug, status, detail, field=field, retry_after=retry_after)
    response = Response(json.dumps(body), status, mimetype=MEDIA_TYPE)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="media-appliance"'
    return response


def install(app: Flask) -> None:
    """Answer every error of this application with a problem."""
    app.register_error_handler(ApplianceError, _appliance_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def invalid(error: ValidationError) -> Response:
    """Raises InvalidRequest for the first thing that validation found.

    400 rather than 422: a client treats a field of the wrong type and a body that is no JSON alike.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        raise InvalidRequest(f"There is no field {field}.", field=field)
    if first["type"] == "model_type" and not field:
        raise InvalidRequest("The body must be a JSON object, sent with 'Content-Type: application/json'.")
    message = first["msg"].removeprefix("Value error, ")
    raise InvalidRequest(f"{field or 'The body'}: {message}.", field=field or None)


def _appliance_error(error: ApplianceError) -> Response:
    context().figures.failed(error)
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("%s: %s", error.type, error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(error)
    retry_after = None if error.permanent else RETRY_SECONDS
    return problem(error.type, status, str(error), field=getattr(error, "field", None), retry_after=retry_after)


def _http_error(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    slug = _HTTP_SLUGS.get(status, HTTPStatus(status).name.lower())
    retry_after = RETRY_SECONDS if status == HTTPStatus.TOO_MANY_REQUESTS else None
    detail = f"Over the limit of {error.description} for this key." if slug == "rate_limited" else error.description
    response = problem(slug, status, detail or HTTPStatus(status).phrase, retry_after=retry_after)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    _log.error("unexpected", exc_info=error)
    return problem("internal", 500, "Something went wrong here; the appliance's log has the details.")
