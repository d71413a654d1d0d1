"""Whether the appliance lives, whether it can work, and figures of what it does."""

import time
from collections.abc import Iterable
from functools import cache
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from appliance.domain.errors import ApplianceError
from appliance.web.context import Context, context

_REGISTRY = "appliance.metrics"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is looked at."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Every dependency by name; 503 where one is missing."""
    checks = {name: _check(name) for name in context().readiness}
    ready = all(check["status"] == "ok" for check in checks.values())
    return jsonify(status="ok" if ready else "error", checks=checks), 200 if ready else 503


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus text format."""
    return Response(generate_latest(current_app.extensions[_REGISTRY]), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask, context: Context) -> None:
    """Count and time every request of this application, in a registry of its own."""
    registry = CollectorRegistry()
    app.extensions[_REGISTRY] = registry
    registry.register(_State(context))
    requests = Counter("media_requests", "Requests answered", ["method", "route", "status"], registry=registry)
    seconds = Histogram("media_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=registry)

    # Finding a labelled metric takes a lock and builds its key anew; there are few of them.
    counter, timer = cache(requests.labels), cache(seconds.labels)

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        # Only rules and known methods become labels: what callers make up must not grow the registry.
        rule = request.url_rule.rule if request.url_rule else "unknown"
        method = request.method if request.url_rule else "OTHER"
        counter(method, rule, response.status_code).inc()
        if "began" in g:
            timer(rule).observe(time.perf_counter() - g.began)
        return response


class _State(Collector):
    """What the catalog and the bus say at the moment of asking."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[GaugeMetricFamily]:
        yield from self._queues()
        yield from self._usage()

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: so that registering does not query."""
        return ()

    def _queues(self) -> Iterable[GaugeMetricFamily]:
        depth = GaugeMetricFamily("media_queue_events", "Events in a service's queue", labels=["service", "state"])
        age = GaugeMetricFamily("media_queue_age_seconds", "Age of the oldest living event", labels=["service"])
        now = self._context.clock()
        for queue in self._context.bus.depths():
            for state in ("ready", "delayed", "leased", "dead"):
                depth.add_metric([queue.service, state], getattr(queue, state))
            age.add_metric([queue.service], max(0, now - (queue.oldest_at or now)) / 1_000_000)
        return depth, age

    def _usage(self) -> Iterable[GaugeMetricFamily]:
        size = GaugeMetricFamily("media_bytes", "Bytes of all tenants", labels=["state"])
        files = GaugeMetricFamily("media_files", "Files of all tenants", labels=["state"])
        tenants = self._context.catalog.tenants.all()
        for state in ("stored", "trash", "pending"):
            size.add_metric([state], sum(getattr(tenant, f"{state}_bytes") for tenant in tenants))
            files.add_metric([state], sum(getattr(tenant, f"{state}_files") for tenant in tenants))
        return size, files


def _check(name: str) -> dict[str, Any]:
    began = time.perf_counter()
    trouble: str | None = None
    try:
        context().readiness[name]()
    except (ApplianceError, OSError) as error:
        trouble = str(error)
    found: dict[str, Any] = {
        "status": "error" if trouble else "ok",
        "ms": round((time.perf_counter() - began) * 1000, 1),
    }
    return found | {"error": trouble} if trouble else found
