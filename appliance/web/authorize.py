"""What the edge asks before it answers: may these bytes be read, and how are they to be shown?

The contract is in appliance/edge/contract.py. One row of the catalog decides.
"""

import hmac
import re

from flask import Blueprint, Response, request

from appliance.catalog.files import Readable
from appliance.domain.disposition import attachment
from appliance.domain.errors import InvalidRequest
from appliance.domain.files import STORED, State, Visibility
from appliance.domain.keys import ObjectKey, image_signature_is_valid, is_file_id, token_is_valid
from appliance.domain.kinds import Kind
from appliance.domain.playback import INLINE_TYPES
from appliance.domain.transformations import is_named, parse
from appliance.edge import contract
from appliance.web.context import context
from appliance.web.disk import free_bytes
from appliance.web.fields import is_media_type

bp = Blueprint("authorize", __name__)

_RENDITION = re.compile(r"renditions/(?P<tenant>[^/]+)/(?P<id>[^/]+)/(?P<generation>[^/]+/)?(?P<rest>.+)\Z", re.DOTALL)
#: What a title may have in it, but no file's name.
_SEPARATOR = re.compile(r"[/\\]")
_UNKNOWN_TYPE = "application/octet-stream"
_RENDITION_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl", "mp4": "video/mp4", "m4s": "video/iso.segment", "ts": "video/mp2t",
    "m4a": "audio/mp4", "webm": "video/webm", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp",
    "avif": "image/avif", "gif": "image/gif", "vtt": "text/vtt", "json": "application/json",
}  # fmt: skip
#: What a client may keep of a private file: less than the least life of a token.
_PRIVATE_CACHE = "private, max-age=600"
#: Bytes free on the disk under which the edge's cache does not grow any more.
_CACHE_RESERVE = 128 * 1024 * 1024
#: What names the current generation changes; everything else under a key never does.
_FRESH_CACHE = "no-cache"


@bp.get("/_edge/authorize")
def authorize() -> Response:
    """204 with how to show the bytes, 403 with why not; 401 where not the edge asks."""
    secret = request.headers.get(contract.EDGE_SECRET_HEADER, "")
    if not hmac.compare_digest(secret.encode("latin-1", "replace"), context().options.edge_secret.encode()):
        return Response(status=401)
    key = request.headers.get(contract.KEY_HEADER, "")
    parsed = ObjectKey.parse(key)
    rendition = None if parsed else _RENDITION.match(key)
    file_id = parsed.file_id if parsed else rendition["id"] if rendition else ""
    file = context().catalog.files.readable(file_id) if is_file_id(file_id) else None
    if file is None or file.state not in STORED:
        return _refused(contract.REASON_MISSING)
    if key != file.object_key and (rendition is None or rendition["tenant"] != file.tenant_id):
        return _refused(contract.REASON_MISSING)
    if file.visibility is Visibility.PRIVATE:
        token = request.headers.get(contract.TOKEN_HEADER, "")
        if not token_is_valid(file.signing_secret, file_id, token, context().clock() / 1_000_000):
            return _refused(contract.REASON_TOKEN)
    transformation = request.headers.get(contract.TRANSFORMATION_HEADER, "")
    return _pictured(file, parsed, transformation) if transformation else _shown(file, rendition)


def _pictured(file: Readable, key: ObjectKey | None, text: str) -> Response:
    """Whether and how a picture of the file may be had. Nonsense is let through to where it is explained."""
    if key is None or key.kind is Kind.FILE:
        return _refused(contract.REASON_MISSING)
    try:
        canonical = str(parse(text))
    except InvalidRequest:
        canonical = text
    if context().options.strict_images and not is_named(text):
        signature = request.headers.get(contract.SIGNATURE_HEADER, "")
        if not image_signature_is_valid(file.signing_secret, key.file_id, canonical, signature):
            return _refused(contract.REASON_TOKEN)
    response = _allowed("image/*", _PRIVATE_CACHE if file.visibility is Visibility.PRIVATE else contract.PUBLIC_CACHE)
    response.headers[contract.CANONICAL_HEADER] = canonical
    response.headers[contract.VERSION_HEADER] = file.etag or ""
    return response


def _shown(file: Readable, rendition: re.Match[str] | None) -> Response:
    private = file.visibility is Visibility.PRIVATE
    cache = _PRIVATE_CACHE if private else contract.PUBLIC_CACHE
    if rendition is None:
        content_type, inline = _shown_type(file)
    else:
        content_type = _RENDITION_TYPES.get(rendition["rest"].rpartition(".")[2], _UNKNOWN_TYPE)
        inline = content_type != _UNKNOWN_TYPE
        cache = cache if rendition["generation"] else _FRESH_CACHE
    response = _allowed(content_type, cache)
    if not inline or request.headers.get(contract.DOWNLOAD_HEADER):
        name = file.name if rendition is None else _rendition_name(file.title, rendition["rest"])
        response.headers[contract.DISPOSITION_HEADER] = attachment(name)
    return response


def _rendition_name(title: str, path: str) -> str:
    """`Title 720p.mp4`: people keep it beside the original, and tell it from that by this."""
    return f"{_SEPARATOR.sub('_', title)} {path.rpartition('/')[2]}"


def _allowed(content_type: str, cache: str) -> Response:
    response = Response(status=204)
    del response.headers["Content-Type"]
    response.headers[contract.CONTENT_TYPE_HEADER] = content_type
    response.headers[contract.CACHE_HEADER] = cache
    if free_bytes(context().options.data_dir) < _CACHE_RESERVE:
        response.headers[contract.UNCACHED_HEADER] = "1"
    return response


def _shown_type(file: Readable) -> tuple[str, bool]:
    """The media type of an original, and whether a browser may show it in the page."""
    bare = file.content_type.partition(";")[0].strip().lower()
    if bare in INLINE_TYPES:
        return bare, file.state is not State.ERRORED
    return (file.content_type if is_media_type(file.content_type) else _UNKNOWN_TYPE), False


def _refused(reason: str) -> Response:
    response = Response(status=403)
    response.headers[contract.REASON_HEADER] = reason
    return response
