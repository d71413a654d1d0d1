"""Cross-origin calls from browsers: with keys in headers, never with cookies."""

from flask import Flask, Response, request

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Request-ID"
_EXPOSED = "Retry-After, Location, X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
_PREFLIGHT_SECONDS = 600


def install(app: Flask, origins: tuple[str, ...]) -> None:
    """Answer preflights and mark answers for the origins allowed (WHATWG Fetch); `*` is all of them."""
    anyone = "*" in origins

    @app.before_request
    def answer_preflight() -> Response | None:
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return None
        return Response(status=204)

    @app.after_request
    def allow_origin(response: Response) -> Response:
        origin = request.environ.get("HTTP_ORIGIN")
        if not anyone:
            response.vary.add("Origin")
        if origin is None or not (anyone or origin in origins):
            return response
        response.headers["Access-Control-Allow-Origin"] = "*" if anyone else origin
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = _METHODS
            response.headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
            response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
        return response
