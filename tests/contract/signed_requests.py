"""What callers do with signed requests: send them as they were handed out."""

import uuid
from collections.abc import Mapping

import pytest
import urllib3

from appliance.ports.object_store import ObjectStore, SignedRequest


class Client:
    """What a caller's HTTP client does: it sends a signed request as it was handed out."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(retries=False, timeout=30)

    def send(
        self, request: SignedRequest, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        sent = {**request.headers, **(headers or {})}
        return self._pool.request(request.method, request.url, body=body, headers=sent)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        return self._pool.request("GET", url, headers=headers)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def prefix() -> str:
    """Keys of one test."""
    return f"videos/{uuid.uuid4()}/"


def sign_put(
    store: ObjectStore, key: str, size: int, *, content_type: str = "video/mp4", sha256: str | None = None
) -> SignedRequest:
    return store.sign_put(key, content_type=content_type, size=size, sha256=sha256, expires_s=600, base_url=None)


def send_part(
    store: ObjectStore, client: Client, key: str, upload_id: str, number: int, data: bytes
) -> tuple[int, str]:
    request = store.sign_part(key, upload_id, number, size=len(data), expires_s=600, base_url=None)
    response = client.send(request, data)
    assert response.status == 200, response.data
    return number, response.headers["etag"].strip('"')
