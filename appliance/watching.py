"""Checks of what requests are answered without, and people should know of all the same: workers, edge, disk."""

from collections.abc import Callable
from functools import partial

import httpx

from appliance.catalog.catalog import Catalog
from appliance.config import Settings
from appliance.domain.errors import DependencyMissing
from appliance.domain.hosts import reachable, url_host
from appliance.domain.workers import SILENT_US
from appliance.ports.clock import Clock

_ANSWER_S = 2.0


def watched(settings: Settings, catalog: Catalog, clock: Clock) -> dict[str, Callable[[], None]]:
    """By name; each raises DependencyMissing with a sentence where something is not as it must be."""
    return {
        "workers": partial(check_workers, catalog, clock, begun_at=clock()),
        "edge": partial(check_edge, settings.edge_url or _own_edge(settings)),
    }


def check_workers(catalog: Catalog, clock: Clock, *, begun_at: int) -> None:
    """begun_at: since when they could be missed; all parts start at about the same time."""
    silent_since = clock() - SILENT_US
    if silent_since > begun_at and not catalog.workers.since(silent_since):
        raise DependencyMissing(
            f"No worker was heard of for {SILENT_US // 1_000_000} s: uploads arrive, and wait to be looked at."
        )


def check_edge(url: str) -> None:
    """url: where we reach it, which need not be where others do."""
    try:
        status = httpx.get(f"{url}/healthz", timeout=_ANSWER_S, trust_env=False).status_code
    except httpx.HTTPError as error:
        raise DependencyMissing(f"The edge does not answer at {url} ({type(error).__name__}).") from None
    if status != httpx.codes.OK:
        raise DependencyMissing(f"The edge answers {status} at {url}/healthz.")


def _own_edge(settings: Settings) -> str:
    return f"http://{url_host(reachable(settings.bind))}:{settings.cdn_port}"
