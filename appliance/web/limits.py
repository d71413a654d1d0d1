"""How often one key may ask, counted by each API process for itself."""

import logging
import time

from flask import Flask, Response, g
from flask_limiter import Limiter, RateLimitExceeded

from appliance.web.problems import problem


def install(app: Flask, rate: str) -> None:
    """Hold every key to `rate` ("6000/minute"); an empty one is no limit. Install after authentication."""
    if not rate:
        return
    limiter = Limiter(
        key_func=lambda: str(g.access_key.id),
        application_limits=[rate],
        application_limits_exempt_when=lambda: "access_key" not in g,
        storage_uri="memory://",
    )
    limiter.init_app(app)
    # It writes a line for each request over the limit: whoever asks fast enough would fill the disk.
    limiter.logger.setLevel(logging.WARNING)

    def exceeded(error: RateLimitExceeded) -> Response:
        current = limiter.current_limit
        seconds = max(1, round(current.reset_at - time.time())) if current else 1
        detail = f"This key may make {error.description}."
        return problem("rate_limited", 429, detail, retry_after=seconds)

    # Our own, not the library's: that puts Retry-After on answers that went well.
    def add_headers(response: Response) -> Response:
        current = limiter.current_limit
        if current is not None:
            response.headers["X-RateLimit-Limit"] = str(current.limit.amount)
            response.headers["X-RateLimit-Remaining"] = str(current.remaining)
            response.headers["X-RateLimit-Reset"] = str(current.reset_at)
        return response

    app.register_error_handler(RateLimitExceeded, exceeded)
    app.after_request(add_headers)
