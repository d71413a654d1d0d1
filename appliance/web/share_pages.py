"""What a share's link opens: a grid and a player for people without a key.

Originals come straight from the edge, one by one: no byte of them goes through this process, a broken download is
taken up again where it stopped, and what arrives are the files themselves. A zip would pass through here, could not
be resumed, and would gain nothing, because media do not shrink.
"""

import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.security import check_password_hash

from appliance.catalog.listing import Filter, Folder
from appliance.catalog.shares import Share
from appliance.domain import names
from appliance.domain.errors import ApplianceError, InvalidRequest
from appliance.domain.files import STORED, FileRecord
from appliance.web import cursors, sessions
from appliance.web.addresses import addresses
from appliance.web.context import context
from appliance.web.page_headers import secure, viewing_policy
from appliance.web.pages import Hidden, notice, state_of, view
from appliance.web.playing import Playbacks, Rights

bp = Blueprint("share_pages", __name__, template_folder="templates")

_PAGE = 60
_KNOWN_SECONDS = 24 * 3600


class Locked(Exception):
    """The share's password was not given yet."""


@bp.get("/s/<slug>")
def share_page(slug: str) -> Response:
    """The files of a share, newest first; a folder with its subfolders."""
    try:
        share = _open(slug)
        folder = _folder(share)
        files, following = _files(share, folder)
    except Locked:
        return _lock(slug)
    except Hidden as hidden:
        return notice(hidden)
    except InvalidRequest:
        return notice(_gone())
    playbacks = Playbacks(context(), addresses())
    return view(
        "share.html",
        base=f"/s/{slug}",
        share=share,
        folder=folder,
        folders=_folders(share, folder),
        items=[playbacks.of(record, _rights(share)) for record in files],
        following=following,
    )


@bp.post("/s/<slug>")
def unlock(slug: str) -> Response:
    """Take the password; ten wrong ones a minute for an address."""
    share = context().catalog.shares.find(slug, now=context().clock())
    if share is None or share.password_hash is None:
        return redirect(f"/s/{slug}", 303)  # type: ignore[return-value]
    if not sessions.may_try(f"share:{share.id}"):
        return _lock(slug, 429, "Too many tries: wait a minute.")
    if not check_password_hash(share.password_hash, request.form.get("password", "")[:200]):
        sessions.count_wrong(f"share:{share.id}")
        return _lock(slug, 403, "This is not the password.")
    response: Response = redirect(f"/s/{slug}", 303)  # type: ignore[assignment]
    sessions.set_cookie(response, _cookie(share), _proof(share), _KNOWN_SECONDS, f"/s/{slug}")
    return response


@bp.get("/s/<slug>/<file_id>")
def share_file(slug: str, file_id: str) -> Response:
    """One file of a share, with its player."""
    try:
        share, record = _one(slug, file_id)
    except Locked:
        return _lock(slug)
    except Hidden as hidden:
        return notice(hidden)
    playback = Playbacks(context(), addresses()).of(record, _rights(share))
    back = f"/s/{slug}" if share.path is not None or len(share.file_ids) > 1 else None
    return view(
        "watch.html", playback=playback, state_url=f"/s/{slug}/{file_id}/state", meta=None, given_up=None, back=back
    )


@bp.get("/s/<slug>/<file_id>/state")
def share_state(slug: str, file_id: str) -> Response:
    """What the player shows; asked for again, it has fresh links as long as the share lives."""
    try:
        share, record = _one(slug, file_id)
    except (Locked, Hidden):
        return state_of(None, 404)
    return state_of(Playbacks(context(), addresses()).of(record, _rights(share)))


@bp.get("/s/<slug>/downloads")
def share_downloads(slug: str) -> Response:
    """Links of the originals in a share, one folder at a time: `{links[{url, name, size}], folders[], next}`."""
    try:
        share = _open(slug)
        folder = _folder(share)
    except (Locked, Hidden):
        return state_of(None, 404)
    if not share.download:
        return state_of(None, 403)
    records, following = _files(share, folder)
    playbacks = Playbacks(context(), addresses())
    found = [(playbacks.of(record, _rights(share)), record) for record in records]
    links = [{"url": one["download"], "name": record.name, "size": record.size} for one, record in found]
    return state_of({"links": links, "folders": [path for path, _ in _folders(share, folder)], "next": following})


def _gone() -> Hidden:
    return Hidden(404, "Not here", "This share does not exist, or not any more.")


def _open(slug: str) -> Share:
    """The share, for somebody who may see it; Hidden or Locked."""
    share = context().catalog.shares.find(slug, now=context().clock())
    if share is None:
        raise _gone()
    known = request.cookies.get(_cookie(share), "")
    if share.password_hash is not None and not hmac.compare_digest(known.encode(), _proof(share).encode()):
        raise Locked
    return share


def _one(slug: str, file_id: str) -> tuple[Share, FileRecord]:
    share = _open(slug)
    record = context().catalog.files.find(file_id)
    if record is None or record.tenant_id != share.tenant_id or record.state not in STORED:
        raise _gone()
    if not share.holds(record.file_id, record.path):
        raise _gone()
    return share, record


def _folder(share: Share) -> str | None:
    """The folder that is asked for, None where the share is of single files; Hidden for one outside."""
    if share.path is None:
        return None
    folder = names.folder_path(request.args.get("path", share.path))
    if not share.contains_folder(folder):
        raise _gone()
    return folder


def _folders(share: Share, folder: str | None) -> list[tuple[str, Folder]]:
    """The subfolders, each with its whole path."""
    if folder is None:
        return []
    below = f"{folder}/" if folder else ""
    return [(below + found.name, found) for found in context().catalog.listing.folders(share.tenant_id, folder)]


def _files(share: Share, folder: str | None) -> tuple[list[FileRecord], str | None]:
    """One page of the files in a folder, or all that are shared by name; and the cursor of the next."""
    if folder is None:
        found = (context().catalog.files.find(file_id) for file_id in share.file_ids)
        ours = [one for one in found if one is not None and one.tenant_id == share.tenant_id]
        return [one for one in ours if one.state in STORED], None
    secret, cursor = context().options.cursor_key, request.args.get("cursor", "")
    before = cursors.decode(secret, share.tenant_id, "cursor", cursor) if cursor else None
    wanted = Filter(path=folder, states=tuple(sorted(STORED)))
    page = context().catalog.listing.page(share.tenant_id, wanted, before=before, limit=_PAGE + 1)
    more = len(page) > _PAGE
    following = cursors.encode(secret, share.tenant_id, "cursor", page[_PAGE - 1][0]) if more else None
    return [record for _, record in page[:_PAGE]], following


def _rights(share: Share) -> Rights:
    return Rights(share.download, share.expires_at // 1_000_000 if share.expires_at else None)


def _lock(slug: str, status: int = 200, problem: str = "") -> Response:
    response = view("share_locked.html", status, base=f"/s/{slug}", problem=problem)
    return secure(response, viewing_policy(addresses(), forms=True), referrer="same-origin")


def _cookie(share: Share) -> str:
    return f"media_share_{share.id}"


def _proof(share: Share) -> str:
    """What only somebody who gave this password has; another password, or a new share, makes another."""
    text = f"share:{share.id}:{share.password_hash}"
    return hmac.digest(context().options.cursor_key, text.encode(), hashlib.sha256).hex()


@bp.errorhandler(ApplianceError)
def _failed(error: ApplianceError) -> Response | tuple[Any, int]:
    """People get a page where programs get a problem."""
    return notice(Hidden(400 if error.permanent else 503, "This did not work", str(error)))
