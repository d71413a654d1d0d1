"""Pictures by URL: what the edge asks for when it has none cached. Who may see the file was decided before, there."""

import hmac

from flask import Blueprint, Response, current_app, request

from appliance.domain.errors import InvalidRequest, NotFound
from appliance.domain.files import STORED, FileRecord
from appliance.domain.keys import ObjectKey
from appliance.domain.kinds import Kind
from appliance.domain.stills import POSTER, stills_prefix
from appliance.domain.transformations import Transformation, parse
from appliance.edge import contract
from appliance.media.images import Original, Variant
from appliance.media.studio import Studio
from appliance.web.context import Context, context

STUDIO = "studio"
bp = Blueprint("images", __name__)

_BEST = {"avif": frozenset({"avif", "webp"}), "webp": frozenset({"webp"})}


@bp.get("/_edge/image/<transformation>/<path:key>")
def image(transformation: str, key: str) -> Response:
    """The picture; 401 where not the edge asks. Of problems 400 names the parameter, 422 says what the file is not."""
    given, studio = context(), current_app.extensions[STUDIO]
    secret = request.headers.get(contract.EDGE_SECRET_HEADER, "")
    if not hmac.compare_digest(secret.encode("latin-1", "replace"), given.options.edge_secret.encode()):
        return Response(status=401)
    asked = parse(transformation)
    parsed = ObjectKey.parse(key)
    record = given.catalog.files.find(parsed.file_id) if parsed else None
    if record is None or record.object_key != key or record.state not in STORED:
        raise NotFound("There is no such file.")
    accepts = _BEST.get(request.headers.get(contract.FORMATS_HEADER, ""), frozenset())
    picture = studio.images.transform(_original(given, studio, record, asked), Variant(asked, accepts))
    return Response(picture.data, mimetype=picture.content_type)


def _original(given: Context, studio: Studio, record: FileRecord, asked: Transformation) -> Original:
    if asked.at is not None and record.kind is not Kind.VIDEO:
        raise InvalidRequest("so: only films have a time.", field="so")
    if asked.at is None and record.stills and record.kind is not Kind.IMAGE:
        data = given.store.read(stills_prefix(record.tenant_id, record.file_id, record.stills) + POSTER)
        return Original([data], len(data), "jpg")
    return studio.original(record, asked.at)
