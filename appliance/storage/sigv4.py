"""AWS Signature Version 4 for Amazon S3 and what speaks like it.

Source: Amazon S3 API reference, "Authenticating Requests (AWS Signature Version 4)": "Using Query Parameters" for
presigned URLs, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk" for
calls of our own. Signing is arithmetic and fast: what is the same within a second is made once a second.
"""

import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self
from urllib.parse import quote, urlsplit

MAX_EXPIRES_S = 7 * 24 * 3600

_ALGORITHM = "AWS4-HMAC-SHA256"
_NONE: Mapping[str, str] = MappingProxyType({})
_DEFAULT_PORTS = {"http": 80, "https": 443}


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
        return self.root + quote(key) if key else self.root.rstrip("/") or "/"


@dataclass(frozen=True, slots=True)
class _Moment:
    """What all signatures of one second share."""

    second: int
    stamp: str
    scope: str
    key: bytes
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
        names, lines = _canonical_headers(address.host, headers)
        signed_names = names.replace(";", "%3B")
        parameters = f"{moment.query}{expires_s}{self._token_query}&X-Amz-SignedHeaders={signed_names}"
        if query:
            parameters = _sorted_query([*parameters.split("&"), *_encoded(query)])
        canonical = f"{method}\n{path}\n{parameters}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
        signature = _signature(moment, canonical)
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
        names, lines = _canonical_headers(address.host, sent)
        signature = _signature(moment, f"{method}\n{path}\n{parameters}\n{lines}\n{names}\n{payload}")
        credential = f"{self._access_key}/{moment.scope}"
        sent["authorization"] = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
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
        return _Moment(second, stamp, scope, key, query)


def _signature(moment: _Moment, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{moment.stamp}\n{moment.scope}\n{digest}"
    return hmac.digest(moment.key, text.encode(), "sha256").hex()


def _canonical_headers(host: str, headers: Mapping[str, str]) -> tuple[str, str]:
    """SignedHeaders, and CanonicalHeaders with its final newline: lower-case names in order, spaces collapsed."""
    if not headers:
        return "host", f"host:{host}\n"
    values = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    values["host"] = host
    names = sorted(values)
    return ";".join(names), "".join([f"{name}:{values[name]}\n" for name in names])


def _encoded(query: Mapping[str, str]) -> list[str]:
    return [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items()]


def _sorted_query(pairs: Iterable[str]) -> str:
    """By name, not by pair: `a=` goes before `a-b=` though '-' sorts before '='."""
    return "&".join(sorted(pairs, key=lambda pair: pair.partition("=")[0]))
