"""Opaque cursors: a position in a list, signed so that none can be made up or carried to another tenant."""

import base64
import binascii
import hashlib
import hmac
import struct

from appliance.domain.errors import InvalidRequest

_POSITION = struct.Struct(">Q")
_SIGNATURE_BYTES = 8


def encode(secret: bytes, tenant_id: str, field: str, position: int) -> str:
    """The cursor for a position; `field` is the parameter that takes it back."""
    packed = _POSITION.pack(position)
    return base64.urlsafe_b64encode(packed + _sign(secret, tenant_id, field, packed)).rstrip(b"=").decode()


def decode(secret: bytes, tenant_id: str, field: str, cursor: str) -> int:
    """The position in a cursor; InvalidRequest naming `field` for one that we never gave this tenant there."""
    try:
        # The altchars are checked: the plain decoder skips characters outside its alphabet.
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    packed, signature = raw[: _POSITION.size], raw[_POSITION.size :]
    known = len(packed) == _POSITION.size and hmac.compare_digest(signature, _sign(secret, tenant_id, field, packed))
    if not known or encode(secret, tenant_id, field, _POSITION.unpack(packed)[0]) != cursor:
        raise InvalidRequest(f"{field} is not a cursor of this appliance; begin without one.", field=field)
    position: int = _POSITION.unpack(packed)[0]
    return position


def _sign(secret: bytes, tenant_id: str, field: str, packed: bytes) -> bytes:
    message = b"\n".join((field.encode(), tenant_id.encode(), packed))
    return hmac.digest(secret, message, hashlib.sha256)[:_SIGNATURE_BYTES]
