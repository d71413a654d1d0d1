"""The headers under which people's browsers get a page."""

from flask import Response

#: Nothing inline, nothing from elsewhere, no frame around it.
OWN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def secure(response: Response, policy: str = OWN_POLICY, *, cache: str = "no-store") -> Response:
    """The response with its Content-Security-Policy (W3C CSP 3) and Cache-Control; it tells nobody where it links."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = cache
    return response
