"""Who calls: the key of a request, as a bearer or by a browser's session, and the scope that its operation needs."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, g, request

from appliance.catalog.access import AccessKeys
from appliance.domain.access import AccessKey
from appliance.domain.errors import Unauthorized
from appliance.ports.clock import Clock
from appliance.web import sessions

View = TypeVar("View", bound=Callable[..., object])

#: How the documentation names the scheme.
SCHEME = "key"
SECURITY: list[dict[str, list[str]]] = [{SCHEME: []}]

_SCOPES = "required_scopes"
_KEPT_SECONDS = 2.0
_KEPT_KEYS = 1024


def require(*scopes: str) -> Callable[[View], View]:
    """Mark a view: it runs only for a key with one of the scopes. Checked before the request's fields are."""

    def mark(view: View) -> View:
        setattr(view, _SCOPES, scopes)
        return view

    return mark


class CheckedKeys:
    """Keys that were good a moment ago: a revoked one opens nothing after two seconds."""

    def __init__(self, keys: AccessKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._known: dict[str, tuple[float, AccessKey]] = {}
        self._lock = threading.Lock()

    def check(self, text: str) -> AccessKey:
        """Whose key that is; Unauthorized as AccessKeys.check says."""
        now = time.monotonic()
        known = self._known.get(text)
        if known is not None and now - known[0] <= _KEPT_SECONDS:
            return known[1]
        with self._lock:
            self._known.pop(text, None)
        key = self._keys.check(text, now=self._clock())
        with self._lock:
            if len(self._known) >= _KEPT_KEYS:
                self._known.clear()
            self._known[text] = (now, key)
        return key


def install(app: Flask, keys: AccessKeys, clock: Clock) -> None:
    """Check the key and scope of every request to a view that is marked with `require`."""
    checked = CheckedKeys(keys, clock)

    @app.before_request
    def authenticate() -> None:
        if request.method == "OPTIONS" or request.endpoint is None:
            return
        scopes = getattr(app.view_functions[request.endpoint], _SCOPES, None)
        if scopes is None:
            return
        sent = request.environ.get("HTTP_AUTHORIZATION")
        scheme, _, text = (sent or "").partition(" ")
        key = checked.check(text.strip()) if scheme.lower() == "bearer" and text else None
        if sent is None:
            key = sessions.signed_in_for_call()
        if key is None:
            raise Unauthorized("Send an API key: 'Authorization: Bearer mk_…'.")
        g.access_key = key
        if key.scopes.isdisjoint(scopes):
            key.require(scopes[0])


def access_key() -> AccessKey:
    """The key of this request; only in views that `require` a scope."""
    found: AccessKey = g.access_key
    return found
