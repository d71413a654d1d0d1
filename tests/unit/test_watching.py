"""What is watched beside store and catalog: workers that beat, the edge, and what the edge's cache answered."""

import fcntl
import json
from pathlib import Path

import pytest

from appliance.domain.errors import DependencyMissing, StoreUnavailable
from appliance.domain.workers import SILENT_US
from appliance.services.edge_hits import EdgeHits
from appliance.services.figures import Figures
from appliance.services.heartbeat import Heartbeat
from appliance.watching import check_edge, check_workers
from tests.catalogs import START, opened
from tests.servers import free_port


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def samples(figures: Figures) -> dict[str, float]:
    return {
        f"{name} {' '.join(labels.values())}".strip(): value
        for _, _, _, found in json.loads(figures.as_json())
        for name, labels, value in found
    }


def test_a_worker_that_is_silent_is_missed(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path) as catalog:
        check_workers(catalog, clock, begun_at=START)
        clock.now += SILENT_US + 1
        with pytest.raises(DependencyMissing, match="No worker was heard of for 45 s"):
            check_workers(catalog, clock, begun_at=START)
        beat = Heartbeat(catalog.workers, Figures(), clock)
        beat.run()
        clock.now += SILENT_US
        beat.run()
        clock.now += SILENT_US
        check_workers(catalog, clock, begun_at=START)
        assert len(catalog.workers.since(START)) == 1
        beat.close()
        with pytest.raises(DependencyMissing):
            check_workers(catalog, clock, begun_at=START)


def test_an_edge_that_does_not_answer_is_missed() -> None:
    with pytest.raises(DependencyMissing, match="The edge does not answer at"):
        check_edge(f"http://127.0.0.1:{free_port()}")


def test_jobs_are_counted_by_service_and_outcome() -> None:
    figures = Figures()
    figures.worked("metadata", "done", 0.2)
    figures.worked("metadata", "retried", 0.2, StoreUnavailable("away"))
    found = samples(figures)
    assert found["media_jobs_total metadata done"] == 1
    assert found["media_job_seconds_count metadata"] == 2
    assert found["media_worker_store_errors_total store_unavailable"] == 1


def test_what_the_edge_answered_is_counted_once(tmp_path: Path) -> None:
    log = tmp_path / "hits.log"
    figures = Figures()
    hits = EdgeHits(log, figures.served)
    assert hits.run() == 0
    log.write_text("HIT 206 100\nHIT 206 50\nMISS 200 7\n- 404 11\n 204 0\ngarbage \xe9\n", encoding="latin-1")
    assert hits.run() == 6
    assert log.stat().st_size == 0
    found = samples(figures)
    assert found["media_edge_requests_total hit 206"] == 2
    assert found["media_edge_bytes_total hit"] == 150
    assert found["media_edge_requests_total none 404"] == found["media_edge_requests_total none 204"] == 1
    log.write_text("HIT 206 100\n")
    with log.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert hits.run() == 0
    assert hits.run() == 1
