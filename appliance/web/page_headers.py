"""The headers under which people's browsers get a page."""

from flask import Response

from appliance.web.addresses import Addresses

#: Nothing inline, nothing from elsewhere, no frame around it.
OWN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def secure(
    response: Response, policy: str = OWN_POLICY, *, cache: str = "no-store", referrer: str = "no-referrer"
) -> Response:
    """The response with its Content-Security-Policy (W3C CSP 3) and Cache-Control; it tells nobody where it links."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = referrer
    response.headers["Cache-Control"] = cache
    return response


def viewing_policy(here: Addresses, ancestors: str = "'none'", *, forms: bool = False) -> str:
    """For pages that show media: from the edge alone, played out of memory (`blob:`, captions `data:`).

    ancestors: who may frame the page. Styles may be inline because the player's controls carry theirs in shadow
    trees; scripts may not.
    """
    edge = _source(here.cdn)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' {edge} data: blob:; media-src {edge} blob: data:; connect-src 'self' {edge}; "
        f"base-uri 'none'; form-action {_own(forms)}; frame-ancestors {ancestors}"
    )


def working_policy(here: Addresses) -> str:
    """For the page where people also send files, straight to the store."""
    edge, store = _source(here.cdn), _source(here.s3)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src 'self' {edge} data: blob:; connect-src 'self' {edge} {store}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _own(allowed: bool) -> str:
    return "'self'" if allowed else "'none'"


def _source(url: str) -> str:
    """A policy cannot name an IPv6 address (W3C CSP 3, host-source)."""
    return f"{url.partition(':')[0]}:" if "[" in url else url
