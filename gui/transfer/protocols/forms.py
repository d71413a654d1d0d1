"""The protocol `form`: multipart/form-data (RFC 7578) in pieces that carry one id, as Cloudinary has it.

https://cloudinary.com/documentation/upload_images#chunked_asset_upload: POST with X-Unique-Upload-Id and Content-Range;
the answer to the last piece describes the whole.
"""

import uuid
from collections.abc import Mapping

from gui.transfer.errors import Corrupted
from gui.transfer.fingerprint import md5_of
from gui.transfer.network.answers import Answer
from gui.transfer.network.backoff import with_retries
from gui.transfer.network.wire import Slice
from gui.transfer.offers import Target
from gui.transfer.protocols.sending import ATTEMPTS, Sending, Sent, is_md5, refusal

_PIECE = 20 * 1024 * 1024


def send(sending: Sending) -> Sent:
    """In order, each piece tried again until it is there. Interrupted, it begins anew. Raises TransferError."""
    target = sending.plan.target or sending.sign([1])[1]
    piece = sending.plan.part_size or _PIECE
    upload_id = str(uuid.uuid4())
    answer: Answer | None = None
    for start in range(0, max(1, sending.size), piece):
        length = min(piece, sending.size - start)
        headers = {}
        if sending.size > piece:
            what = f"bytes {start}-{start + length - 1}/{sending.size}"
            headers = {"X-Unique-Upload-Id": upload_id, "Content-Range": what}
        body = Slice(sending.source, start, length)
        answer = with_retries(
            lambda: _post(sending, target, headers, body),  # noqa: B023 - called at once
            sending.halt,
            attempts=ATTEMPTS,
        )
    assert answer is not None
    computed = md5_of(sending.source, 0, sending.size, sending.halt)
    if is_md5(named := _etag(answer)) and named != computed:
        raise Corrupted("The store has other bytes than were sent.")
    return Sent(computed)


def _post(sending: Sending, target: Target, headers: Mapping[str, str], body: Slice) -> Answer:
    boundary = uuid.uuid4().hex
    before = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in sending.plan.fields.items()
    )
    before += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    framed = Slice(body.path, body.offset, body.length, before.encode(), f"\r\n--{boundary}--\r\n".encode())
    typed = {**headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = sending.request("POST", target, typed, framed, sending.course())
    if not answer.ok:
        raise refusal(answer)
    return answer


def _etag(answer: Answer) -> str | None:
    try:
        return str(answer.json()["etag"])
    except (ValueError, KeyError, TypeError):
        return None
