"""Each request has an id, which its answer and all that is logged of it carry; and a line when it is answered."""

import logging
import time

from flask import Flask, Response, g, request

from appliance.ports import tracing

HEADER = "X-Request-ID"
_QUIET = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger(__name__)


def install(app: Flask, *, told: bool = True) -> None:
    """A caller's X-Request-ID is kept where it is well-formed. told: whether requests that change things are logged
    as they are answered; all others are at level DEBUG.

    What is logged is the route, not the path: paths have the secrets of shares and links in them.
    """

    @app.before_request
    def begin() -> None:
        g.request_id = tracing.begin(request.environ.get("HTTP_X_REQUEST_ID"))
        g.asked_at = time.perf_counter()
        file_id = (request.view_args or {}).get("fileId")
        if file_id:
            tracing.note(file_id=file_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" not in g:
            return response
        response.headers[HEADER] = g.request_id
        level = logging.INFO if told and request.method not in _QUIET else logging.DEBUG
        if _log.isEnabledFor(level):
            _tell(level, response)
        return response


def _tell(level: int, response: Response) -> None:
    route = request.url_rule.rule if request.url_rule else "unknown"
    method = request.method if request.url_rule else "OTHER"
    facts: dict[str, object] = {
        "method": method,
        "route": route,
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.asked_at) * 1000, 1),
    }
    if "access_key" in g:
        facts |= {"tenant": g.access_key.tenant_id, "key_id": g.access_key.id}
    _log.log(level, "answered", extra=facts)
