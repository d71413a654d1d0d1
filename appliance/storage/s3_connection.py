"""One bucket of one S3 server: the SDK, and signed calls for what the SDK lacks, over the same connections."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from xml.etree import ElementTree

import urllib3
from minio import Minio
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ReadTimeoutError

from appliance.ports.clock import Clock
from appliance.storage.s3_errors import refusal
from appliance.storage.sigv4 import BucketAddress, Signer

CONNECT_S = 1.0
ANSWER_S = 4.0
_CONNECTIONS = 64


class _QuickRetry(urllib3.Retry):
    """Three tries within about a second, which rides out a restart; but who did not answer in time is not asked again.

    Every call of ours may be repeated, so every method is.
    """

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if isinstance(error, ReadTimeoutError):
            raise error.with_traceback(_stacktrace)
        return super().increment(method, url, response, error, _pool, _stacktrace)


class S3Connection:
    """client: the SDK. address and signer: for URLs and for `call`. Safe for several threads; raises what HTTP raises.

    A server that is not there is given up after about four seconds.
    """

    def __init__(
        self, endpoint_url: str, access_key: str, secret_key: str, bucket: str, region: str, clock: Clock
    ) -> None:
        self.bucket = bucket
        self.address = BucketAddress.path_style(endpoint_url, bucket)
        self.signer = Signer(access_key, secret_key, region)
        self.clock = clock
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S),
            retries=_QuickRetry(
                total=2,
                redirect=False,
                allowed_methods=None,
                status_forcelist=(500, 502, 503, 504),
                backoff_factor=0.5,
                respect_retry_after_header=False,
                raise_on_status=False,
            ),
        )
        self.client = Minio(
            self.address.host,
            access_key,
            secret_key,
            secure=urlsplit(endpoint_url).scheme == "https",
            region=region,
            http_client=self._pool,
        )

    def call(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        answer_s: float = ANSWER_S,
    ) -> ElementTree.Element | None:
        """The root of the answer, None where it has no body. Raises what the store's refusal stands for."""
        url, signed = self.signer.authorize(
            method, self.address, key, now=self.clock(), headers=headers or {}, query=query, body=body
        )
        response = self._pool.request(
            method, url, body=body, headers=signed, timeout=urllib3.Timeout(connect=CONNECT_S, read=answer_s)
        )
        root = _parse(response.data)
        failed = response.status >= 300 or (root is not None and _name(root) == "Error")
        if failed:
            raise refusal(response.status, text(root, "Code"), text(root, "Message"))
        return root


def _parse(data: bytes) -> ElementTree.Element | None:
    return ElementTree.fromstring(data) if data.strip() else None


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def text(element: ElementTree.Element | None, name: str) -> str:
    """The text of the first child of that name in any namespace; empty where there is none."""
    found = element.findtext(f"{{*}}{name}") if element is not None else None
    return found or ""
