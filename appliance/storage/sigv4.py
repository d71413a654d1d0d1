"""AWS Signature Version 4 for Amazon S3 and what speaks like it.

Source: Amazon S3 API reference, "Authenticating Requests (AWS Signature Version 4)": "Using Query Parameters" for
presigned URLs, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk" for
calls of our own. Signing is arithmetic and fast: what is the same within a second is made once a second.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_EXPIRES_S = 7 * 24 * 3600

_ALGORITHM = "AWS4-HMAC-SHA256"
_NONE: Mapping[str, str] = MappingProxyType({})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_needs_no_quoting = re.compile(r"[A-Za-z0-9/_.~-]*").fullmatch


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket answers. origin: scheme and host; host: as the Host header has it; root: encoded path before keys.

    Default ports are left out, as HTTP clients leave them out of the Host header that is signed.
    """

    origin: str
    host: str
    root: str

    @classmethod
    def path_style(cls, base_url: str, bucket: str) -> Self:
        """`bucket` as the first component of the path, at the scheme, host and port of `base_url`."""
        parts = urlsplit(base_url)
        host = parts.netloc.rpartition("@")[2].lower()
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"not the base URL of an object store: {base_url!r}")
        if parts.port == _DEFAULT_PORTS[parts.scheme]:
            host = host.rpartition(":")[0]
        return cls(f"{parts.scheme}://{host}", host, f"/{quote(bucket, safe='')}/")

    def path(self, key: str) -> str:
        """The encoded path of an object; of the bucket itself for an empty key."""
        if not key:
            return self.root.rstrip("/") or "/"
        return self.root + (key if _needs_no_quoting(key) else quote(key))


@dataclass(frozen=True, slots=True)
class _Moment:
    """What all signatures of one second share.

    inner, outer: the two hashes of HMAC-SHA256 (RFC 2104), begun with the signing key and, the inner one, with what the
    string to sign begins with. Copying them costs less than half of an HMAC made anew.
    """

    second: int
    stamp: str
    scope: str
    query: str
    inner: "_Hash"
    outer: "_Hash"

    def sign(self, canonical_request: str) -> str:
        inner, outer = self.inner.copy(), self.outer.copy()
        inner.update(hashlib.sha256(canonical_request.encode()).hexdigest().encode())
        outer.update(inner.digest())
        return outer.hexdigest()


@dataclass(frozen=True, slots=True)
class _HeaderShape:
    """Which headers are signed: in the caller's order, and how they look in a canonical request.

    lines: CanonicalHeaders with a `%s` for each value in `order`. names: SignedHeaders.
    """

    order: tuple[str, ...]
    lines: str
    names: str
    query: str


class Signer:
    """Signs for one pair of keys in one region. Safe for several threads.

    session_token: of temporary credentials. `now` is Unix microseconds everywhere.
    """

    def __init__(self, access_key: str, secret_key: str, region: str, *, session_token: str | None = None) -> None:
        self._access_key = access_key
        self._secret = b"AWS4" + secret_key.encode()
        self._region = region
        self._session_token = session_token
        self._token_query = f"&X-Amz-Security-Token={quote(session_token, safe='')}" if session_token else ""
        self._moment = self._make_moment(0)

    def presign(
        self,
        method: str,
        address: BucketAddress,
        key: str,
        *,
        now: int,
        expires_s: int,
        headers: Mapping[str, str] = _NONE,
        query: Mapping[str, str] = _NONE,
    ) -> str:
        """A URL that is good for `expires_s` seconds, at most 7 days, whatever the body (UNSIGNED-PAYLOAD).

        headers: beside Host, what the request must carry with exactly these values. query: further parameters,
        signed too. ValueError for a life that S3 does not accept.
        """
        if not 1 <= expires_s <= MAX_EXPIRES_S:
            raise ValueError(f"a presigned URL lives 1 to {MAX_EXPIRES_S} seconds, not {expires_s}")
        moment = self._at(now)
        path = address.path(key)
        shape = _shape(address.host, tuple(headers))
        parameters = f"{moment.query}{expires_s}{self._token_query}{shape.query}"
        if query:
            parameters = _sorted_query([*parameters.split("&"), *_encoded(query)])
        lines = _canonical_headers(shape, headers)
        signature = moment.sign(f"{method}\n{path}\n{parameters}\n{lines}\n{shape.names}\nUNSIGNED-PAYLOAD")
        return f"{address.origin}{path}?{parameters}&X-Amz-Signature={signature}"

    def authorize(
        self,
        method: str,
        address: BucketAddress,
        key: str,
        *,
        now: int,
        headers: Mapping[str, str] = _NONE,
        query: Mapping[str, str] = _NONE,
        body: bytes = b"",
    ) -> tuple[str, dict[str, str]]:
        """The URL and all headers, Host and Content-Length excepted, of a request to be sent now with this body."""
        moment = self._at(now)
        payload = hashlib.sha256(body).hexdigest()
        sent = {**headers, "x-amz-content-sha256": payload, "x-amz-date": moment.stamp}
        if self._session_token:
            sent["x-amz-security-token"] = self._session_token
        path = address.path(key)
        parameters = _sorted_query(_encoded(query))
        shape = _shape(address.host, tuple(sent))
        lines = _canonical_headers(shape, sent)
        signature = moment.sign(f"{method}\n{path}\n{parameters}\n{lines}\n{shape.names}\n{payload}")
        credential = f"Credential={self._access_key}/{moment.scope}"
        sent["authorization"] = f"{_ALGORITHM} {credential}, SignedHeaders={shape.names}, Signature={signature}"
        return f"{address.origin}{path}{'?' if parameters else ''}{parameters}", sent

    def _at(self, now: int) -> _Moment:
        """The moment of `now`. Replaced as a whole: a thread that races another computes it once more, no worse."""
        second = now // 1_000_000
        moment = self._moment
        if moment.second != second:
            moment = self._moment = self._make_moment(second)
        return moment

    def _make_moment(self, second: int) -> _Moment:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        key = self._secret
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        credential = quote(f"{self._access_key}/{scope}", safe="")
        query = f"X-Amz-Algorithm={_ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={stamp}&X-Amz-Expires="
        inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in key.ljust(64, b"\0"))) for pad in (0x36, 0x5C))
        inner.update(f"{_ALGORITHM}\n{stamp}\n{scope}\n".encode())
        return _Moment(second, stamp, scope, query, inner, outer)


@lru_cache(maxsize=1024)
def _shape(host: str, names: tuple[str, ...]) -> _HeaderShape:
    order = tuple(sorted(names, key=str.lower))
    lines = {name.lower(): "%s" for name in order} | {"host": host.replace("%", "%%")}
    signed = ";".join(sorted(lines))
    template = "".join(f"{name}:{lines[name]}\n" for name in sorted(lines))
    return _HeaderShape(order, template, signed, f"&X-Amz-SignedHeaders={quote(signed, safe='')}")


def _canonical_headers(shape: _HeaderShape, headers: Mapping[str, str]) -> str:
    """Ends with a newline. White space in values is collapsed and trimmed, as the specification says."""
    return shape.lines % tuple([" ".join(headers[name].split()) for name in shape.order])


def _encoded(query: Mapping[str, str]) -> list[str]:
    return [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items()]


def _sorted_query(pairs: Iterable[str]) -> str:
    """By name, not by pair: `a=` goes before `a-b=` though '-' sorts before '='."""
    return "&".join(sorted(pairs, key=lambda pair: pair.partition("=")[0]))
