"""Figures for Prometheus: what this process counted, what catalog and bus say at the moment, and what workers wrote."""

import json
import shutil
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from appliance.domain.errors import StoreError
from appliance.domain.workers import SILENT_US

if TYPE_CHECKING:
    from appliance.web.context import Context

_REQUESTS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LAG_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 300, 3600)


class WebFigures(Collector):
    """Counts since this process began, of all its listeners. May be used from any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        made = self._registry
        requests = Counter("media_requests", "Requests answered", ["method", "route", "status"], registry=made)
        seconds = Histogram("media_request_seconds", "Time to answer", ["route"], buckets=_REQUESTS_S, registry=made)
        errors = Counter("media_store_errors", "Times the store failed a request", ["type"], registry=made)
        # Finding a labelled metric takes a lock and builds its key anew; there are few of them.
        self._requests, self._seconds = cache(requests.labels), cache(seconds.labels)
        self._errors = cache(errors.labels)
        self._lag = Histogram(
            "media_intake_lag_seconds", "From the store's change to its event kept", buckets=_LAG_S, registry=made
        )

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """A request has its answer."""
        self._requests(method, route, status).inc()
        if seconds is not None:
            self._seconds(route).observe(seconds)

    def failed(self, error: Exception) -> None:
        """A request failed; only what the store did is counted here."""
        if isinstance(error, StoreError):
            self._errors(error.type).inc()

    def arrived(self, lag_s: float) -> None:
        """An event that is new was kept so long after it happened."""
        self._lag.observe(max(0.0, lag_s))

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()

    def describe(self) -> Iterable[Metric]:
        """Nothing: so that registering does not ask."""
        return ()


class State(Collector):
    """What the catalog and the bus say at the moment of asking."""

    def __init__(self, context: "Context") -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        yield from self._queues()
        yield from self._usage()
        yield from self._disk()
        yield from self._workers()

    def describe(self) -> Iterable[Metric]:
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

    def _disk(self) -> Iterable[Metric]:
        disk = shutil.disk_usage(self._context.options.storage_dir)
        found = GaugeMetricFamily("media_disk_bytes", "The disk of the store", labels=["state"])
        found.add_metric(["free"], disk.free)
        found.add_metric(["total"], disk.total)
        return (found,)

    def _workers(self) -> Iterable[Metric]:
        alive = self._context.catalog.workers.since(self._context.clock() - SILENT_US)
        yield GaugeMetricFamily("media_workers", "Processes of workers that live", value=len(alive))
        families: dict[str, Metric] = {}
        for worker in alive:
            for name, kind, text, samples in json.loads(worker.figures):
                family = families.setdefault(name, Metric(name, text, kind))
                for sample, labels, value in samples:
                    family.add_sample(sample, {**labels, "worker": worker.id}, value)
        yield from families.values()
