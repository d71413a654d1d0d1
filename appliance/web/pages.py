"""The page where people look at one file: rendered here, plays without scripts, and shows no other tenant's secrets."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, redirect, render_template, request

from appliance.domain.files import STORED, FileRecord, State, Visibility
from appliance.web import sessions
from appliance.web.addresses import addresses
from appliance.web.context import context
from appliance.web.page_headers import secure, viewing_policy
from appliance.web.playing import Playbacks, Rights, duration_text

bp = Blueprint("pages", __name__, template_folder="templates")

_GIVEN_UP = {State.TIMED_OUT: "The upload was never finished.", State.CANCELLED: "The upload was cancelled."}
_SHOWN = STORED | {State.WAITING} | _GIVEN_UP.keys()


class Hidden(Exception):
    """The file is not to be shown to this caller: the page to answer with instead."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.title = title
        self.text = text


@bp.get("/watch/<file_id>")
def watch(file_id: str) -> Response:
    """One file: a player or picture where browsers have one, else a download."""
    try:
        record = visible(file_id)
    except Hidden as hidden:
        if hidden.status == 403 and sessions.signed_in() is None:
            return redirect(f"/library?next={quote(request.path)}", 302)  # type: ignore[return-value]
        return notice(hidden)
    playback = Playbacks(context(), addresses()).of(record, Rights())
    page = f"/watch/{record.file_id}"
    meta = _meta(playback) if record.visibility is Visibility.PUBLIC else None
    return view(
        "watch.html", playback=playback, state_url=f"{page}/state", meta=meta, given_up=_GIVEN_UP.get(record.state)
    )


@bp.get("/watch/<file_id>/state")
def watch_state(file_id: str) -> Response:
    """What the page shows, for its script: needs no key where the page needs none."""
    try:
        record = visible(file_id)
    except Hidden as hidden:
        return state_of(None, hidden.status)
    return state_of(Playbacks(context(), addresses()).of(record, Rights()))


def visible(file_id: str) -> FileRecord:
    """The file for this caller: public ones for everybody, private ones for a browser signed in with the tenant's key.

    Raises Hidden.
    """
    record = context().catalog.files.find(file_id)
    tenant = context().catalog.tenants.find(record.tenant_id) if record else None
    if record is None or tenant is None or tenant.disabled_at is not None or record.state not in _SHOWN:
        raise Hidden(404, "Not here", "There is no such file, or it was deleted.")
    if record.visibility is Visibility.PRIVATE and not _may_read(record):
        raise Hidden(403, "Private", "This file is private: sign in with a key of its team, or ask for a share.")
    return record


def view(template: str, status: int = 200, *, ancestors: str = "'none'", **values: Any) -> Response:
    """A page that may play media."""
    text = render_template(
        template, appliance=context().options.name, here=addresses(), duration_text=duration_text, **values
    )
    return secure(Response(text, status), viewing_policy(addresses(), ancestors), cache="no-store")


def notice(hidden: Hidden, *, ancestors: str = "'none'") -> Response:
    """A page that says why there is nothing to see."""
    return view("notice.html", hidden.status, ancestors=ancestors, title=hidden.title, text=hidden.text)


def state_of(playback: dict[str, Any] | None, status: int = 200) -> Response:
    """The state as JSON; nothing where the file is not to be seen any more."""
    response = jsonify(playback)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _may_read(record: FileRecord) -> bool:
    key = sessions.signed_in()
    return key is not None and key.tenant_id == record.tenant_id and bool(key.scopes & {"read", "admin"})


def _meta(playback: dict[str, Any]) -> dict[str, str]:
    """What other programs show of a link to the page (https://ogp.me)."""
    kinds = {"video": "video.other", "audio": "music.song"}
    found = {
        "og:title": playback["title"],
        "og:site_name": context().options.name,
        "og:type": kinds.get(playback["kind"], "website"),
        "og:url": addresses().page(playback["fileId"]),
        "og:image": playback["poster"] or playback["picture"],
        "og:description": f"{playback['name']} · {playback['sizeText']}",
        "twitter:card": "summary_large_image" if playback["poster"] else "summary",
    }
    whole = next((source for source in playback["sources"] if source["type"] == "video/mp4"), None)
    if whole is not None:
        size = {"og:video:width": playback["width"], "og:video:height": playback["height"]}
        found |= {"og:video": whole["src"], "og:video:type": whole["type"]} | size
    return {name: str(value) for name, value in found.items() if value}
