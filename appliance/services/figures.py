"""What a process of workers counts of its work, for Prometheus; the API shows it, by way of the catalog."""

import json
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from appliance.domain.errors import StoreError

#: A picture takes part of a second, a film may take hours.
_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400)


class Figures:
    """Counts since this process began. May be used from any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        made = self._registry
        jobs = Counter("media_jobs", "Events that services worked on", ["service", "outcome"], registry=made)
        seconds = Histogram("media_job_seconds", "Time for one", ["service"], buckets=_BUCKETS, registry=made)
        errors = Counter("media_worker_store_errors", "Times the store failed a worker", ["type"], registry=made)
        answers = Counter("media_edge_requests", "Requests to the edge", ["cache", "status"], registry=made)
        sent = Counter("media_edge_bytes", "Bytes that the edge sent", ["cache"], registry=made)
        self._jobs, self._seconds, self._errors = cache(jobs.labels), cache(seconds.labels), cache(errors.labels)
        self._answers, self._sent = cache(answers.labels), cache(sent.labels)

    def worked(self, service: str, outcome: str, seconds: float, error: Exception | None = None) -> None:
        """A service has worked on an event. outcome: done, retried, failed or interrupted."""
        self._jobs(service, outcome).inc()
        self._seconds(service).observe(seconds)
        if isinstance(error, StoreError):
            self._errors(error.type).inc()

    def served(self, cached: str, status: str, size: int) -> None:
        """The edge has answered a request. cached: hit, miss and the like, none where the cache was not asked."""
        self._answers(cached, status).inc()
        self._sent(cached).inc(size)

    def as_json(self) -> str:
        """All of it: [name, type, help, [[sample, labels, value]]]."""
        return json.dumps(
            [
                [family.name, family.type, family.documentation, [
                    [sample.name, sample.labels, sample.value]
                    for sample in family.samples if not sample.name.endswith("_created")
                ]]
                for family in self._registry.collect()
            ],
            separators=(",", ":"),
        )  # fmt: skip
