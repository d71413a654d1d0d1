"""Pairing: a device trades a short-lived code for a named key of its own."""

from typing import Annotated, Any

from flask import Flask, Response, current_app, render_template, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag as DocTag
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import Field

from appliance.web.addresses import addresses
from appliance.web.bodies import Body, View
from appliance.web.context import context
from appliance.web.page_headers import secure
from appliance.web.problems import problem, responses

TRIES_A_MINUTE = 10
_LIMITER = "appliance.pairing"
_RATE = RateLimitItemPerMinute(TRIES_A_MINUTE)

api = APIBlueprint("pairing", __name__, abp_tags=[DocTag(name="account")])


class PairBody(Body):
    code: Annotated[str, Field(min_length=1, max_length=64, description="as `media-appliance pair` prints it")]
    device_name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        "", description="what the key will be called; default: the name that the code was made for"
    )


class Paired(View):
    """What the device keeps: addresses on the host by which it came, and its key, shown this once."""

    tenant_id: str
    key_id: str
    name: str
    scopes: list[str]
    api_key: str
    api_url: str
    cdn_url: str
    s3_url: str


def install(app: Flask) -> None:
    """Count tries by address, for each API process by itself."""
    app.extensions[_LIMITER] = MovingWindowRateLimiter(MemoryStorage())


@api.post("/pair", responses={201: Paired, **responses(400, 401, 413, 415, 429, 500, 503)})
def pair(body: PairBody) -> tuple[dict[str, Any], int] | Response:
    """Trade a pairing code for a key. Needs no key; a code works once, for ten minutes, and stands five wrong tries."""
    if not current_app.extensions[_LIMITER].hit(_RATE, request.remote_addr or ""):
        return problem(
            "rate_limited", 429, f"A device may try {TRIES_A_MINUTE} codes a minute; wait a moment.", retry_after=60
        )
    key, text = context().catalog.pairings.redeem(body.code, body.device_name.strip(), now=context().clock())
    here = addresses()
    answer = {
        "tenantId": key.tenant_id,
        "keyId": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "apiKey": text,
        "apiUrl": here.api,
        "cdnUrl": here.cdn,
        "s3Url": here.s3,
    }
    return answer, 201


_PAGE = {"description": "the page, for people", "content": {"text/html": {"schema": {"type": "string"}}}}


@api.get("/pair", responses={200: _PAGE, **responses(400, 500)})
def page() -> Response:
    """The page behind the link and the QR code. The code is in the fragment, which no server and no log ever sees."""
    options = context().options
    text = render_template("pair.html", name=options.name, command=options.command, api=addresses().api)
    return secure(Response(text))
