"""The API's documentation: `/openapi.json`, generated from the code, and a page that works without internet."""

from pathlib import Path

import flask_openapi3_swagger
from flask import Blueprint, Response, current_app, render_template
from flask_openapi3.openapi import OpenAPI

from appliance.web.context import context

_ASSETS = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

bp = Blueprint(
    "docs", __name__, template_folder="templates", static_folder=str(_ASSETS), static_url_path="/docs/assets"
)


def install(app: OpenAPI) -> None:
    """Generate the description once, when every operation is registered."""
    app.generate_spec_json()  # type: ignore[no-untyped-call]
    for operations in app.spec_json["paths"].values():
        for operation in operations.values():
            # The library joins a docstring's lines by breaks; descriptions are CommonMark.
            operation["description"] = operation.get("description", "").replace("<br/>", "\n").strip()


@bp.get("/openapi.json")
def openapi() -> dict[str, object]:
    """The description itself, OpenAPI 3.1."""
    app: OpenAPI = current_app  # type: ignore[assignment]
    return app.api_doc


@bp.get("/docs")
def docs() -> Response:
    """The description as a page to read and try."""
    response = Response(render_template("docs.html", name=context().options.name))
    response.headers["Content-Security-Policy"] = _POLICY
    return response
