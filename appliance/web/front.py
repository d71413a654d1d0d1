"""The page at `/`: how to begin, and afterwards what this is."""

from flask import Blueprint, Response, render_template

from appliance.web.addresses import addresses
from appliance.web.context import context

#: Nothing inline, nothing from elsewhere, no frame around it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

bp = Blueprint("front", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")


@bp.get("/")
def front() -> Response:
    """Until the first device is paired it says how to pair one."""
    options = context().options
    paired = context().catalog.pairings.any_used()
    page = render_template("front.html", name=options.name, version=options.version, paired=paired, here=addresses())
    return secure(Response(page))


def secure(response: Response) -> Response:
    """The headers of every page that belongs to the appliance itself."""
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
