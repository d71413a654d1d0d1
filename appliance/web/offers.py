"""How a client is to send the bytes: signed URLs for what an upload session still needs."""

from collections.abc import Iterable
from typing import Any

from appliance.domain.files import FileRecord, UploadSession
from appliance.domain.uploads import FIRST_PARTS, URL_SECONDS, UploadPlan
from appliance.ports.object_store import SignedRequest
from appliance.web.addresses import Addresses
from appliance.web.context import Context
from appliance.web.times import rfc3339


class Offers:
    """Signs for one file, on the host that the caller uses."""

    def __init__(self, context: Context, addresses: Addresses, record: FileRecord, session: UploadSession) -> None:
        self._context = context
        self._addresses = addresses
        self._record = record
        self._session = session
        self._plan = UploadPlan(session.protocol, record.size, session.part_size, session.part_count)

    def upload(self, numbers: Iterable[int] | None = None) -> dict[str, Any]:
        """What the protocol needs: one PUT, or the first parts (of `numbers` where given)."""
        session = self._session
        put = self._put() if session.protocol == "put" else None
        wanted = range(1, session.part_count + 1) if numbers is None else list(numbers)
        return {
            "protocol": session.protocol,
            "url": put.url if put else None,
            "method": "PUT",
            "headers": put.headers if put else {},
            "fields": {},
            "partSize": session.part_size,
            "partCount": session.part_count,
            "parts": [] if put else self.parts(wanted[:FIRST_PARTS]),
            "expiresAt": self.expires_at(),
            "sessionExpiresAt": rfc3339(session.expires_at),
        }

    def parts(self, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """Signed URLs for parts, each of exactly its size."""
        return [self._part(number) for number in numbers]

    def expires_at(self) -> str:
        """When URLs that are signed now stop to work."""
        return rfc3339(self._context.clock() + URL_SECONDS * 1_000_000)

    def _put(self) -> SignedRequest:
        record = self._record
        return self._context.store.sign_put(
            record.object_key,
            content_type=record.content_type,
            size=record.size,
            sha256=self._session.sha256,
            expires_s=URL_SECONDS,
            base_url=self._addresses.s3,
        )

    def _part(self, number: int) -> dict[str, Any]:
        size = self._plan.size_of_part(number)
        signed = self._context.store.sign_part(
            self._record.object_key,
            self._session.upload_id or "",
            number,
            size=size,
            expires_s=URL_SECONDS,
            base_url=self._addresses.s3,
        )
        return {"number": number, "url": signed.url, "size": size, "headers": signed.headers}
