"""Browsers that are signed in with a key, and what keeps foreign pages from using them.

The cookie goes to this host alone and never along with another site's request (SameSite=Strict, RFC 6265bis). What
changes something needs a token besides, which only our own pages can read: cookies know no ports, so a page on
another port of this host would be the same site.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from appliance.catalog.sessions import LIFE_US
from appliance.domain.access import AccessKey
from appliance.domain.errors import Forbidden
from appliance.web.addresses import addresses
from appliance.web.context import context

CSRF_HEADER = "X-Media-Csrf"
CSRF_FIELD = "csrf"
TRIES_A_MINUTE = 10
_TRIES = "appliance.tries"
_RATE = RateLimitItemPerMinute(TRIES_A_MINUTE)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def install(app: Flask) -> None:
    """Count tries of keys and passwords by address, for each API process by itself."""
    app.extensions[_TRIES] = MovingWindowRateLimiter(MemoryStorage())


def may_try(what: str) -> bool:
    """Whether this address has a try of `what` left this minute: wrong ones alone are counted."""
    return bool(current_app.extensions[_TRIES].test(_RATE, what, request.remote_addr or ""))


def count_wrong(what: str) -> None:
    """A key or password was wrong."""
    current_app.extensions[_TRIES].hit(_RATE, what, request.remote_addr or "")


def signed_in() -> AccessKey | None:
    """Whose browser this is; None for everybody else."""
    if "session_key" not in g:
        token = _token()
        g.session_key = context().catalog.sessions.find(token, now=context().clock()) if token else None
    found: AccessKey | None = g.session_key
    return found


def signed_in_for_call() -> AccessKey | None:
    """The same for a call of the API; Forbidden where a change comes without our pages' token."""
    key = signed_in()
    if key is not None and request.method not in _SAFE:
        check_csrf(request.headers.get(CSRF_HEADER, ""))
    return key


def csrf_token() -> str:
    """What our pages send along with every change; it belongs to the session."""
    return hmac.digest(context().options.cursor_key, f"csrf:{_token()}".encode(), hashlib.sha256).hex()


def check_csrf(sent: str) -> None:
    """Forbidden for anything but the session's token."""
    if not hmac.compare_digest(sent.encode("utf-8", "replace"), csrf_token().encode()):
        raise Forbidden("This did not come from a page of this appliance; reload the page.")


def check_origin() -> None:
    """Forbidden for a form that another site's page sends (RFC 6454): it could sign somebody in as another."""
    origin = request.headers.get("Origin")
    ours = {request.host, urlsplit(addresses().api).netloc}
    if origin is not None and urlsplit(origin).netloc not in ours:
        raise Forbidden("This form was not sent by a page of this appliance.")


def open_session(response: Response, key: AccessKey) -> Response:
    """Set the cookie of a new session."""
    set_cookie(response, _name(), context().catalog.sessions.open(key.id, now=context().clock()), LIFE_US // 1_000_000)
    return response


def close_session(response: Response) -> Response:
    """Sign this browser out."""
    context().catalog.sessions.close(_token())
    response.delete_cookie(_name(), path="/", httponly=True, samesite="Strict")
    return response


def set_cookie(response: Response, name: str, value: str, seconds: int, path: str = "/") -> None:
    """A cookie that no script reads and no other site's page makes use of."""
    secure = context().options.api_url.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="Strict", secure=secure)


def _token() -> str:
    return request.cookies.get(_name(), "")


def _name() -> str:
    """Cookies are shared by all ports of a host, where another appliance may run."""
    return f"media_session_{context().options.api_port}"
