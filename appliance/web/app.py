"""The applications: the public API, the one for storage events and the edge's questions, the one for pictures."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.server import Server
from flask_openapi3.openapi import OpenAPI

from appliance.media.studio import Studio
from appliance.web import (
    account,
    addresses,
    admin,
    admin_queues,
    auth,
    authorize,
    changes,
    cors,
    docs,
    embed,
    files,
    front,
    health,
    images,
    intake,
    jobs,
    library,
    limits,
    pages,
    pairing,
    picture_links,
    problems,
    programs,
    renditions,
    sessions,
    share_pages,
    shares,
    tracing,
    uploads,
)
from appliance.web.bodies import MAX_BODY, JsonRequest
from appliance.web.context import EXTENSION, Context

_DESCRIPTION = """Ask for an upload, send the bytes straight to the object store by the URLs in the answer, \
and read the file by a link that never changes.

Every error is a problem document (RFC 9457). Times are RFC 3339 UTC, durations seconds, sizes bytes. \
Cursors are opaque. A link or figure that does not exist (yet) is null, never absent."""


class _Api(OpenAPI):
    """No view here is a coroutine, and asking each of them at each request costs more than some of them do."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(context: Context) -> Flask:
    """The API that clients call, with its documentation at `/openapi.json` and `/docs`."""
    app = _Api(
        "appliance.web",
        info=Info(title="Media appliance", version=context.options.version, description=_DESCRIPTION),
        servers=[Server(url="/", description="this appliance")],
        security_schemes={
            auth.SCHEME: {"type": "http", "scheme": "bearer", "description": "an API key, `mk_…`"},
        },
        validation_error_status=400,
        validation_error_model=problems.Problem,
        validation_error_callback=problems.invalid,
        doc_ui=False,
        static_folder=None,
    )
    tracing.install(app)
    _prepare(app, context)
    options = context.options
    health.install(app, context)
    cors.install(app, options.cors_origins)
    addresses.install(app, options)
    sessions.install(app)
    auth.install(app, context.catalog.keys, context.clock)
    limits.install(app, options.rate_limit)
    changes.install(app, options.max_waiters)
    pairing.install(app)
    for api in _apis():
        app.register_api(api)
    for blueprint in (front.bp, programs.bp, pages.bp, embed.bp, library.bp, share_pages.bp, health.bp, docs.bp):
        app.register_blueprint(blueprint)
    docs.install(app)
    return app


def create_internal_app(context: Context) -> Flask:
    """What only the object store and the edge call; it listens where nobody else can reach it."""
    app = Flask("appliance.web", static_folder=None)
    tracing.install(app, told=False)
    _prepare(app, context)
    app.register_blueprint(authorize.bp)
    app.register_blueprint(intake.bp)
    return app


def create_image_app(context: Context, studio: Studio) -> Flask:
    """What makes pictures for the edge, which alone can reach it. Few threads: who waits, waits for processors."""
    app = Flask("appliance.web", static_folder=None)
    tracing.install(app, told=False)
    _prepare(app, context)
    app.extensions[images.STUDIO] = studio
    app.register_blueprint(images.bp)
    return app


def _apis() -> tuple[APIBlueprint, ...]:
    making = picture_links.api, renditions.api, jobs.api
    everyday = uploads.api, files.api, shares.api, changes.api, account.api, pairing.api
    return *everyday, *making, admin.api, admin_queues.api


def _prepare(app: Flask, context: Context) -> None:
    app.extensions[EXTENSION] = context
    app.request_class = JsonRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    problems.install(app)
