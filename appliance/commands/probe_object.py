"""A small object that goes the way of every upload, and is watched on it."""

import contextlib
import secrets
import time

import httpx

from appliance.bootstrap import Assembly
from appliance.commands.trouble import Trouble
from appliance.domain.errors import ApplianceError
from appliance.ports.object_store import SignedRequest
from appliance.storage.minio_targets import TARGETS

#: One copy of an event from each target, for storing and for removing the probe.
_COPIES = 2 * len(TARGETS)
_AT_ONCE_S = 1.0
_LONGEST_S = 8.0
_POLL_S = 0.05
_ORIGIN = "http://doctor.test"


class ProbeObject:
    """Its key has no good shape, so it never becomes a file: its events end in the quarantine, where they are counted.

    s3_url: where clients reach the store.
    """

    def __init__(self, assembly: Assembly, s3_url: str, http: httpx.Client) -> None:
        self._parts = assembly
        self._s3_url = s3_url
        self._http = http
        self._origin = next((one for one in assembly.settings.cors_origins if one != "*"), _ORIGIN)
        self._bytes = secrets.token_bytes(1024)
        self._key = f"files/doctor-probe/{secrets.token_hex(8)}.bin"
        self._stored: httpx.Response | None = None
        self._stored_at = 0.0

    def check_signatures(self) -> str:
        """A signed PUT and a signed GET through the public address bring the same bytes back."""
        advice = "Does a proxy before the store change Host or the path? It must pass both on as they are."
        self._stored_at = time.monotonic()
        answer = self._send(self._sign_put(), advice, content=self._bytes)
        if not answer.is_success:
            raise Trouble(f"PUT: HTTP {answer.status_code} {_code(answer)}", advice)
        self._stored = answer
        back = self._send(self._parts.store.sign_get(self._key, expires_s=60, base_url=self._s3_url), advice)
        if back.content != self._bytes:
            raise Trouble(f"GET: HTTP {back.status_code} {_code(back)}", advice)
        return "a signed PUT and GET through the public address"

    def check_cors(self) -> str:
        """A browser of another origin may send, and may read the ETag."""
        advice = "Set MEDIA_CORS_ORIGINS; a store that is not ours needs CORS rules with ETag exposed."
        stored = self._need_stored()
        asks = {"Origin": self._origin, "Access-Control-Request-Method": "PUT"}
        preflight = self._http.options(self._sign_put().url, headers=asks)
        if preflight.headers.get("access-control-allow-origin") not in ("*", self._origin):
            raise Trouble(f"a browser page of {self._origin} may not upload", advice)
        exposed = stored.headers.get("access-control-expose-headers", "").lower().replace(" ", "").split(",")
        if "etag" not in exposed and "*" not in exposed:
            raise Trouble("the ETag is not exposed to browsers", advice)
        return f"open to {self._origin if self._origin != _ORIGIN else 'every origin'}, ETag exposed"

    def check_policy(self) -> str:
        """The edge reads by its secret; nobody reads without."""
        self._need_stored()
        url = self._parts.store.sign_get(self._key, expires_s=60, base_url=None).url.partition("?")[0]
        with_secret = self._http.get(url, headers={"Referer": self._parts.secrets.edge_secret}).status_code
        without = self._http.get(url).status_code
        if (with_secret, without) != (200, 403):
            seen = f"HTTP {with_secret} with the edge's secret, {without} without"
            raise Trouble(seen, "Start the API once more: it sets the bucket's policy.")
        return "private, and open to the edge"

    def check_notifications(self) -> str:
        """Both targets tell of the probe: one at once, the other from its queue. Removes the probe."""
        if self._parts.settings.store != "minio":
            return "not of this store"
        self._need_stored()
        self.remove()
        at_once = self._wait_for_copies(self._stored_at + _AT_ONCE_S)
        seen = self._wait_for_copies(self._stored_at + _LONGEST_S)
        self._forget()
        if seen >= _COPIES:
            return "both targets tell of what is stored and removed"
        advice = "Does the API run, and did it start the store? logs/minio.log in the data folder says more."
        if not seen:
            raise Trouble("no target tells of anything", advice)
        missing = TARGETS[1] if at_once else TARGETS[0]
        raise Trouble(f"{seen} of {_COPIES} copies came; the target {missing} seems to be missing", advice)

    def remove(self) -> None:
        """Take the probe away. Idempotent."""
        with contextlib.suppress(ApplianceError):
            self._parts.store.delete(self._key)

    def _wait_for_copies(self, until: float) -> int:
        while (seen := self._copies()) < _COPIES and time.monotonic() < until:
            time.sleep(_POLL_S)
        return seen

    def _copies(self) -> int:
        return sum(row.count for row in self._parts.catalog.quarantine.list(limit=1000) if row.object_key == self._key)

    def _forget(self) -> None:
        quarantine = self._parts.catalog.quarantine
        for row in quarantine.list(limit=1000):
            if row.object_key == self._key:
                quarantine.drop(row.id)

    def _need_stored(self) -> httpx.Response:
        if self._stored is None:
            raise Trouble("not looked at: the probe could not be stored", "See 'signatures' above.")
        return self._stored

    def _sign_put(self) -> SignedRequest:
        return self._parts.store.sign_put(
            self._key,
            content_type="application/octet-stream",
            size=len(self._bytes),
            sha256=None,
            expires_s=60,
            base_url=self._s3_url,
        )

    def _send(self, request: SignedRequest, advice: str, content: bytes | None = None) -> httpx.Response:
        headers = {**request.headers, "Origin": self._origin}
        try:
            return self._http.request(request.method, request.url, headers=headers, content=content)
        except httpx.HTTPError as error:
            raise Trouble(f"{self._s3_url} does not answer: {error}", advice) from error


def _code(answer: httpx.Response) -> str:
    """The error code of an S3 answer."""
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]
