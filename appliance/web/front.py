"""The page at `/`: how to begin, and afterwards what this is."""

from flask import Blueprint, Response, render_template

from appliance.web.addresses import addresses
from appliance.web.context import context
from appliance.web.page_headers import secure
from appliance.web.programs import offered

bp = Blueprint("front", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")


@bp.get("/")
def front() -> Response:
    """Until the first device is paired it says how to pair one."""
    options = context().options
    paired = context().catalog.pairings.any_used()
    page = render_template(
        "front.html",
        name=options.name,
        command=options.command,
        version=options.version,
        paired=paired,
        here=addresses(),
        programs=offered(options.data_dir),
    )
    return secure(Response(page))
