"""Where the object store tells what happened: each event is on disk, in the inbox and every queue, before the answer.

A store sends one event at a time and repeats the same one, with all others behind it, until the answer is 2xx.
So whoever has the token gets 2xx for whatever it sends; what cannot be understood or placed is quarantined.
Only a catalog that does not answer is worth a repeat (503).
"""

import hmac
import logging
import sys
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request

from appliance.catalog.inbox import Arrival
from appliance.domain.errors import NotFound, Unauthorized
from appliance.domain.events import NotAnEvent, StorageEvent, parse_s3_event
from appliance.domain.keys import ObjectKey
from appliance.ports import tracing
from appliance.web.bodies import MAX_BODY
from appliance.web.context import context

bp = Blueprint("intake", __name__)
_log = logging.getLogger(__name__)

#: Bytes of a body that the listener lets through, so that the answer is ours: a refusal would block the sender.
LET_THROUGH = 64 * 1024 * 1024

#: Who sends events, by the last part of the address, and how its bodies are read.
SOURCES: Mapping[str, Callable[[bytes], list[StorageEvent]]] = {"minio": parse_s3_event}


@bp.post("/events/<source>")
def receive(source: str) -> Response:
    """Take one notification; 200 once it is kept.

    Delivery guarantee: at least once to every service, for what was answered 200. A copy of an event changes nothing.
    """
    parse = SOURCES.get(source)
    if parse is None:
        raise NotFound(f"There is no source of events {source}.")
    _check_token()
    request.max_content_length = sys.maxsize  # how much of it is read is our own affair
    body = request.stream.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        _quarantine(source, "the body is over 1 MiB", body)
        return Response(status=200)
    try:
        events = parse(body)
    except NotAnEvent as error:
        _quarantine(source, str(error), body)
        return Response(status=200)
    _keep(source, events, body)
    return Response(status=200)


def _check_token() -> None:
    sent = request.headers.get("Authorization", "")
    expected = f"Bearer {context().options.intake_token}"
    if not hmac.compare_digest(sent.encode("latin-1", "replace"), expected.encode()):
        raise Unauthorized("The events' token is missing or wrong.")


def _keep(source: str, events: list[StorageEvent], body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    arrivals = []
    for event in events:
        key = ObjectKey.parse(event.key)
        if key is None:
            _quarantine(source, "the key has no shape of ours", body, event.key)
        else:
            arrivals.append(Arrival(event, key.file_id, text))
    if arrivals:
        kept_events = context().catalog.inbox.receive(source, arrivals, now=context().clock())
        if kept_events:
            _time(arrivals)
        for kept in kept_events:
            with tracing.noted(request_id=kept.request_id, event_id=kept.id, file_id=kept.file_id):
                _log.info("%s tells: %s", source, kept.type, extra={"size": kept.size})


def _time(arrivals: list[Arrival]) -> None:
    now = context().clock()
    for arrival in arrivals:
        if arrival.event.happened_at is not None:
            context().figures.arrived((now - arrival.event.happened_at) / 1_000_000)


def _quarantine(source: str, reason: str, body: bytes, key: str | None = None) -> None:
    context().catalog.quarantine.put(
        source, reason, body=body.decode("utf-8", "replace"), object_key=key, now=context().clock()
    )  # fmt: skip
