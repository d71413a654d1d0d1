"""The object store on MinIO, and on what speaks S3 as MinIO does."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from appliance.domain.disposition import attachment as attachment_header
from appliance.domain.errors import StoreRejected
from appliance.ports.clock import Clock, system_clock
from appliance.ports.object_store import Capabilities, ObjectInfo, Part, SignedRequest
from appliance.storage import s3_multipart
from appliance.storage.s3_connection import S3Connection
from appliance.storage.s3_errors import refusal, store_errors
from appliance.storage.sigv4 import BucketAddress

_CAPABILITIES = Capabilities(
    protocols=frozenset({"put", "multipart"}), enforces_length=True, enforces_no_overwrite=True, checks_sha256=True
)
_FILE_PART = 16 * 1024 * 1024  # 10,000 of them are more than any file that is made here
_SDK_PART = 5 * 1024 * 1024  # above this the SDK sends several parts unless it is told a larger size
#: Whoever adds this header to a PUT gets a copy of any object, read with the rights of the key that signed; MinIO lets
#: it through unsigned. Signed as empty it can say nothing else. MinIO finds a signed header that is not sent in the
#: query.
_NO_COPY = {"x-amz-copy-source": ""}
_address = lru_cache(maxsize=256)(BucketAddress.path_style)


class S3Store:
    """One bucket, by path-style addresses. The ObjectStore contract holds; the bucket itself is made elsewhere.

    endpoint_url: where the appliance itself reaches the store. Nothing is sent before the first call.
    """

    def __init__(
        self,
        endpoint_url: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        region: str,
        clock: Clock = system_clock,
    ) -> None:
        self._bucket = bucket
        self._clock = clock
        self._connection = S3Connection(endpoint_url, access_key, secret_key, bucket, region, clock)
        self._client = self._connection.client

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def sign_put(
        self, key: str, *, content_type: str, size: int, sha256: str | None, expires_s: int, base_url: str | None
    ) -> SignedRequest:
        headers = {"content-type": content_type, "if-none-match": "*"}
        if sha256:
            headers["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(sha256)).decode()
        signed = headers | {"content-length": str(size)} | _NO_COPY
        url = self._presign("PUT", key, expires_s, base_url, headers=signed, query=_NO_COPY)
        return SignedRequest("PUT", url, headers)

    def sign_part(
        self, key: str, upload_id: str, number: int, *, size: int, expires_s: int, base_url: str | None
    ) -> SignedRequest:
        query = {"partNumber": str(number), "uploadId": upload_id} | _NO_COPY
        signed = {"content-length": str(size)} | _NO_COPY
        url = self._presign("PUT", key, expires_s, base_url, headers=signed, query=query)
        return SignedRequest("PUT", url, {})

    def sign_get(
        self, key: str, *, expires_s: int, base_url: str | None, attachment: str | None = None
    ) -> SignedRequest:
        query = {"response-content-disposition": attachment_header(attachment)} if attachment else {}
        return SignedRequest("GET", self._presign("GET", key, expires_s, base_url, query=query), {})

    def _presign(
        self,
        method: str,
        key: str,
        expires_s: int,
        base_url: str | None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> str:
        connection = self._connection
        address = _address(base_url, self._bucket) if base_url else connection.address
        now = self._clock()
        return connection.signer.presign(
            method, address, key, now=now, expires_s=expires_s, headers=headers or {}, query=query or {}
        )

    def create_upload(self, key: str, *, content_type: str) -> str:
        with store_errors():
            return s3_multipart.create(self._connection, key, content_type)

    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        with store_errors():
            return s3_multipart.list_parts(self._connection, key, upload_id)

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> str:
        with store_errors():
            return s3_multipart.complete(self._connection, key, upload_id, parts)

    def abort_upload(self, key: str, upload_id: str) -> None:
        with store_errors():
            s3_multipart.abort(self._connection, key, upload_id)

    def head(self, key: str) -> ObjectInfo:
        with store_errors():
            stat = self._client.stat_object(self._bucket, key, extra_headers={"x-amz-checksum-mode": "ENABLED"})
        return ObjectInfo(
            key=key,
            size=stat.size or 0,
            etag=stat.etag or "",
            content_type=stat.content_type,
            modified_at=_microseconds(stat.last_modified),
            sha256=_verified_sha256(stat.metadata or {}),
        )

    def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        if length == 0:
            self.head(key)
            return b""
        with store_errors():
            return self._read(key, offset, length)

    def _read(self, key: str, offset: int, length: int | None) -> bytes:
        try:
            response = self._client.get_object(self._bucket, key, offset=offset, length=length or 0)
        except S3Error as error:
            if error.code == "InvalidRange":
                return b""
            raise
        try:
            return response.read()
        finally:
            response.close()
            response.release_conn()

    def put(self, key: str, data: bytes, *, content_type: str) -> str:
        with store_errors():
            written = self._client.put_object(
                self._bucket, key, BytesIO(data), len(data), content_type, part_size=max(_SDK_PART, len(data))
            )
        return written.etag or ""

    def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        with store_errors():
            self._client.fput_object(self._bucket, key, str(path), content_type, part_size=_FILE_PART)

    def delete(self, key: str) -> None:
        with store_errors():
            self._client.remove_object(self._bucket, key)

    def delete_prefix(self, prefix: str) -> int:
        if not prefix:
            raise StoreRejected("An empty prefix would remove everything.")
        removed = 0

        def doomed() -> Iterator[DeleteObject]:
            nonlocal removed
            for info in self.list(prefix):
                removed += 1
                yield DeleteObject(info.key)

        with store_errors():
            for error in self._client.remove_objects(self._bucket, doomed()):
                raise refusal(200, error.code, error.message or "")
        return removed

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        found = self._client.list_objects(self._bucket, prefix, recursive=True, start_after=start_after or None)
        with store_errors():
            for entry in found:
                yield ObjectInfo(
                    key=entry.object_name or "",
                    size=entry.size or 0,
                    etag=entry.etag or "",
                    content_type=None,
                    modified_at=_microseconds(entry.last_modified),
                )

    def check(self) -> None:
        with store_errors():
            there = self._client.bucket_exists(self._bucket)
        if not there:
            raise StoreRejected(f"The object store has no bucket {self._bucket}.")


def _microseconds(moment: datetime | None) -> int:
    return round(moment.timestamp() * 1_000_000) if moment else 0


def _verified_sha256(headers: Mapping[str, str]) -> str | None:
    """The hash that the store compared the whole object with; that of a multipart upload is of its parts' hashes."""
    if headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    try:
        digest = base64.b64decode(headers.get("x-amz-checksum-sha256", ""), validate=True)
    except binascii.Error:
        return None
    return digest.hex() if len(digest) == 32 else None
