"""Whether the appliance lives, whether it can work, and figures of what it does."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from appliance.domain.errors import ApplianceError
from appliance.web.context import Context, context
from appliance.web.figures import State

_REGISTRY = "appliance.metrics"

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is looked at."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Every dependency by name. 503 `error` where one is missing that each request needs; 200 `degraded` where it is
    one without which requests are answered all the same, and work waits.
    """
    checks = _look(context().readiness, required=True) | _look(context().watched, required=False)
    missing = {check["required"] for check in checks.values() if check["status"] != "ok"}
    status = "error" if True in missing else "degraded" if missing else "ok"
    return jsonify(status=status, checks=checks), 503 if status == "error" else 200


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(current_app.extensions[_REGISTRY]), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask, context: Context) -> None:
    """Count and time every request of this application, in a registry of its own."""
    registry = CollectorRegistry()
    app.extensions[_REGISTRY] = registry
    registry.register(context.figures)
    registry.register(State(context))

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        # Only rules and known methods become labels: what callers make up must not grow the registry.
        rule = request.url_rule.rule if request.url_rule else "unknown"
        method = request.method if request.url_rule else "OTHER"
        seconds = time.perf_counter() - g.began if "began" in g else None
        context.figures.answered(method, rule, response.status_code, seconds)
        return response


def _look(checks: Mapping[str, Callable[[], None]], *, required: bool) -> dict[str, dict[str, Any]]:
    return {name: {**_check(check), "required": required} for name, check in checks.items()}


def _check(check: Callable[[], None]) -> dict[str, Any]:
    began = time.perf_counter()
    trouble: str | None = None
    try:
        check()
    except (ApplianceError, OSError) as error:
        trouble = str(error)
    found: dict[str, Any] = {
        "status": "error" if trouble else "ok",
        "ms": round((time.perf_counter() - began) * 1000, 1),
    }
    return found | {"error": trouble} if trouble else found
