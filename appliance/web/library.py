"""The library: the page where a team works with its files, signed in with a key."""

from flask import Blueprint, Response, redirect, render_template, request

from appliance.domain.errors import Forbidden, Unauthorized
from appliance.web import sessions
from appliance.web.addresses import addresses
from appliance.web.context import context
from appliance.web.page_headers import secure, working_policy

bp = Blueprint("library", __name__, template_folder="templates")


@bp.get("/library")
def library() -> Response:
    """The files of the key that this browser is signed in with, or the form to sign in."""
    key = sessions.signed_in()
    if key is None:
        return _page("sign_in.html", problem="", going=_inside(request.args.get("next", "")))
    going = _inside(request.args.get("next", ""))
    if going != "/library":
        return redirect(going, 303)  # type: ignore[return-value]
    return _page("library.html", key=key, csrf=sessions.csrf_token())


@bp.post("/library/sign-in")
def sign_in() -> Response:
    """Trade a key for a session of this browser; ten wrong ones a minute for an address."""
    sessions.check_origin()
    going = _inside(request.form.get("next", ""))
    if not sessions.may_try("sign-in"):
        return _page("sign_in.html", 429, problem="Too many tries: wait a minute.", going=going)
    try:
        key = context().catalog.keys.check(request.form.get("key", "").strip()[:200], now=context().clock())
        key.require("read")
    except (Unauthorized, Forbidden) as error:
        sessions.count_wrong("sign-in")
        return _page("sign_in.html", 403, problem=str(error), going=going)
    response: Response = redirect(going, 303)  # type: ignore[assignment]
    return sessions.open_session(response, key)


@bp.post("/library/sign-out")
def sign_out() -> Response:
    """End this browser's session."""
    sessions.check_csrf(request.form.get(sessions.CSRF_FIELD, ""))
    response: Response = redirect("/library", 303)  # type: ignore[assignment]
    return sessions.close_session(response)


def _inside(path: str) -> str:
    """A path of our own to go on to; anything else is the library."""
    return path if path.startswith("/watch/") and "\\" not in path else "/library"


def _page(template: str, status: int = 200, **values: object) -> Response:
    options = context().options
    text = render_template(template, appliance=options.name, command=options.command, here=addresses(), **values)
    return secure(Response(text, status), working_policy(addresses()), referrer="same-origin")
