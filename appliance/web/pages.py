"""The page where people look at one file: rendered here, works without scripts, and shows no other tenant's secrets."""

from flask import Blueprint, Response, render_template

from appliance.domain.files import STORED, FileRecord, State, Visibility
from appliance.domain.kinds import Kind
from appliance.domain.playback import INLINE_TYPES
from appliance.web.addresses import addresses
from appliance.web.context import context
from appliance.web.page_headers import secure
from appliance.web.views import FileViews

bp = Blueprint("pages", __name__, template_folder="templates")

_SIZES = ("bytes", "KB", "MB", "GB", "TB")
_WAITING = {
    State.WAITING: "The upload is not finished yet. Come back in a moment.",
    State.TIMED_OUT: "The upload was never finished.",
}
_SHOWN = STORED | _WAITING.keys()


@bp.get("/watch/<file_id>")
def watch(file_id: str) -> Response:
    """One public file: a player or picture where browsers have one, else a download."""
    record = context().catalog.files.find(file_id)
    tenant = context().catalog.tenants.find(record.tenant_id) if record else None
    if record is None or tenant is None or tenant.disabled_at is not None or record.state not in _SHOWN:
        return _page("notice.html", 404, title="Not here", text="There is no such file, or it was deleted.")
    if record.visibility is Visibility.PRIVATE:
        text = "This file is private: open it in the app, signed in with a key, or ask for a share."
        return _page("notice.html", 403, title="Private", text=text)
    if record.state not in STORED:
        return _page("notice.html", 200, title=record.title, text=_WAITING[record.state])
    links, _ = FileViews(context(), addresses()).links(record)
    return _page("watch.html", 200, file=record, links=links, player=_player(record), size=_size(record.size))


def _player(record: FileRecord) -> str:
    """The element that shows the file, '' for none."""
    bare = record.content_type.partition(";")[0].strip().lower()
    shown = bare in INLINE_TYPES and record.state is not State.ERRORED
    elements = {Kind.VIDEO: "video", Kind.AUDIO: "audio", Kind.IMAGE: "img"}
    return elements.get(record.kind, "") if shown else ""


def _size(count: int) -> str:
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_SIZES) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_SIZES[unit]}" if unit else f"{count} bytes"


def _page(template: str, status: int, **values: object) -> Response:
    cdn = addresses().cdn
    # A policy cannot name an IPv6 address (W3C CSP 3, host-source).
    source = "http:" if "[" in cdn else cdn
    response = Response(render_template(template, appliance=context().options.name, **values), status)
    policy = (
        f"default-src 'none'; style-src 'self'; media-src {source}; img-src {source}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return secure(response, policy, cache="no-cache")
