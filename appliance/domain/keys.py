"""The grammar of object keys and of the links made from them.

`videos/{tenantId}/{uuid}.{ext}` and the same shape under `audio/`, `images/`, `files/`.
The uuid is the file's id. A key never changes, so neither does the permanent link `CDN/{key}`.
"""

import base64
import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass

from appliance.domain.errors import InvalidRequest
from appliance.domain.kinds import Kind, extension_of, kind_of

PREFIXES = {Kind.VIDEO: "videos", Kind.AUDIO: "audio", Kind.IMAGE: "images", Kind.FILE: "files"}
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}

#: Regular expressions without anchors, in the syntax that Python and PCRE share: the edge matches links by them.
TENANT_PATTERN = "[a-z0-9][a-z0-9_-]{1,62}"
UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
EXT_PATTERN = "[a-z0-9]{1,8}"

_TENANT = re.compile(TENANT_PATTERN + r"\Z")
_FILE_ID = re.compile(UUID_PATTERN + r"\Z")
_KEY = re.compile(
    rf"(?P<prefix>{'|'.join(KINDS)})/(?P<tenant>{TENANT_PATTERN})/(?P<id>{UUID_PATTERN})\.(?P<ext>{EXT_PATTERN})\Z"
)
_TOKEN = re.compile(r"(?P<expires>[0-9]{1,12})-(?P<signature>[A-Za-z0-9_-]{22})\Z")


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """One well-formed key; `str()` gives the text that the store knows."""

    kind: Kind
    tenant_id: str
    file_id: str
    ext: str

    def __str__(self) -> str:
        return f"{PREFIXES[self.kind]}/{self.tenant_id}/{self.file_id}.{self.ext}"

    @classmethod
    def parse(cls, text: str) -> "ObjectKey | None":
        """The key that `text` spells, or None where it has another shape."""
        match = _KEY.match(text)
        if match is None:
            return None
        return cls(KINDS[match["prefix"]], match["tenant"], match["id"], match["ext"])

    @classmethod
    def for_upload(cls, tenant_id: str, name: str) -> "ObjectKey":
        """A fresh key for a file of that name."""
        ext = extension_of(name)
        return cls(kind_of(ext), tenant_id, str(uuid.uuid4()), ext)


def is_file_id(text: str) -> bool:
    """Whether `text` is a lower-case random UUID (RFC 9562 version 4), the only form of a fileId."""
    return _FILE_ID.match(text) is not None


def check_tenant_id(text: str) -> str:
    """`text` itself, or InvalidRequest."""
    if not _TENANT.match(text):
        raise InvalidRequest(
            "A tenant id is 2 to 63 characters: a-z, 0-9, '-', '_', the first a letter or digit.", field="tenantId"
        )
    return text


def playback_token(secret: bytes, file_id: str, expires: int) -> str:
    """The path token `{expires}-{signature}` that opens all that belongs to one file.

    secret: the tenant's signing secret. expires: Unix seconds.
    The signature is HMAC-SHA256 (RFC 2104) cut to 128 bits, base64url without padding.
    """
    return f"{expires}-{_sign(secret, file_id, expires)}"


def token_is_valid(secret: bytes, file_id: str, token: str, now: float) -> bool:
    """Whether `token` was made by that secret for that file and has not expired at `now` (Unix seconds)."""
    match = _TOKEN.match(token)
    if match is None or int(match["expires"]) <= now:
        return False
    return hmac.compare_digest(match["signature"], _sign(secret, file_id, int(match["expires"])))


def image_signature(secret: bytes, file_id: str, transformation: str) -> str:
    """What a strict appliance asks for in `/image/s--{signature}--/{transformation}/{key}`; it never expires.

    transformation: canonical, so that one signature holds in any order of parameters. Made as in `playback_token`.
    """
    return _digest(secret, f"image:{transformation}:{file_id}")


def image_signature_is_valid(secret: bytes, file_id: str, transformation: str, signature: str) -> bool:
    """Whether `signature` was made by that secret for that picture."""
    return hmac.compare_digest(signature.encode(), image_signature(secret, file_id, transformation).encode())


def _sign(secret: bytes, file_id: str, expires: int) -> str:
    return _digest(secret, f"{expires}:{file_id}")


def _digest(secret: bytes, text: str) -> str:
    digest = hmac.digest(secret, text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
