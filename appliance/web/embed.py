"""Players inside other pages: the frame itself, and the description that makes programs put it there (oEmbed 1.0)."""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request
from markupsafe import escape

from appliance.domain.errors import InvalidRequest, NotFound
from appliance.domain.files import FileRecord, Visibility
from appliance.web.addresses import addresses
from appliance.web.context import context
from appliance.web.pages import Hidden, notice, view, visible
from appliance.web.playing import Playbacks, Rights

bp = Blueprint("embed", __name__, template_folder="templates")

_PAGE = re.compile(r"https?://[^/]+/(?:watch|embed)/(?P<id>[0-9a-f-]{36})/?(?:[?#].*)?\Z")
_WIDTH, _HEIGHT, _SOUND_HEIGHT = 1280, 720, 120


@bp.get("/embed/<file_id>")
def embed(file_id: str) -> Response:
    """The player alone, for the frames of the pages in MEDIA_EMBED_ORIGINS."""
    ancestors = " ".join(context().options.embed_origins) or "'none'"
    try:
        record = visible(file_id)
    except Hidden as hidden:
        return notice(hidden, ancestors=ancestors)
    playback = Playbacks(context(), addresses()).of(record, Rights())
    return view("embed.html", ancestors=ancestors, playback=playback, state_url=f"/watch/{record.file_id}/state")


@bp.get("/oembed")
def oembed() -> Response:
    """What to show for the link of a page, as https://oembed.com says: `?url=…&maxwidth=…&maxheight=…`, in JSON."""
    if request.args.get("format", "json") != "json":
        return Response("Only JSON.\n", 501, mimetype="text/plain")
    match = _PAGE.match(request.args.get("url", ""))
    record = context().catalog.files.find(match["id"]) if match else None
    if record is None or record.visibility is Visibility.PRIVATE:
        raise NotFound("There is no public file behind this url.", field="url")
    try:
        record = visible(record.file_id)
    except Hidden as hidden:
        raise NotFound(hidden.text, field="url") from None
    return jsonify(_described(record))


def _described(record: FileRecord) -> dict[str, Any]:
    playback = Playbacks(context(), addresses()).of(record, Rights())
    here, name = addresses(), context().options.name
    found: dict[str, Any] = {"version": "1.0", "title": record.title, "provider_name": name, "provider_url": here.api}
    small = playback["thumbnails"].get("640.jpg")
    if small:
        width, height = _fit(record.width or _WIDTH, record.height or _HEIGHT, 640, 640)
        found |= {"thumbnail_url": small, "thumbnail_width": width, "thumbnail_height": height}
    if record.kind == "image" and playback["picture"]:
        width, height = _fit(record.width or _WIDTH, record.height or _HEIGHT, *_most())
        return found | {"type": "photo", "url": playback["picture"], "width": width, "height": height}
    if record.kind not in ("video", "audio"):
        return found | {"type": "link"}
    tall = _SOUND_HEIGHT if record.kind == "audio" else record.height or _HEIGHT
    width, height = _fit(record.width or _WIDTH, tall, *_most())
    frame = (
        f'<iframe src="{escape(f"{here.api}/embed/{record.file_id}")}" title="{escape(record.title)}" width="{width}" '
        f'height="{height}" allow="fullscreen; picture-in-picture" allowfullscreen></iframe>'
    )
    return found | {"type": "video", "html": frame, "width": width, "height": height}


def _most() -> tuple[int, int]:
    return _number("maxwidth"), _number("maxheight")


def _number(name: str) -> int:
    text = request.args.get(name, "4096")
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= 100_000:
        raise InvalidRequest(f"{name} must be a number of pixels.", field=name)
    return int(text)


def _fit(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    """The size in its shape, no larger than asked for."""
    scale = min(1.0, most_width / width, most_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
