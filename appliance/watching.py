"""Checks of what requests are answered without, and people should know of all the same: workers, edge, disk."""

import shutil
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import httpx

from appliance.catalog.catalog import Catalog
from appliance.config import Settings
from appliance.domain.errors import DependencyMissing
from appliance.domain.hosts import reachable, url_host
from appliance.domain.room import Watermarks
from appliance.domain.sizes import readable
from appliance.domain.workers import SILENT_US
from appliance.ports.clock import Clock
from appliance.ports.event_bus import EventBus
from appliance.services.herald import Look

_ANSWER_S = 2.0


def watched(settings: Settings, catalog: Catalog, clock: Clock) -> dict[str, Callable[[], None]]:
    """By name; each raises DependencyMissing with a sentence where something is not as it must be."""
    return {
        "workers": partial(check_workers, catalog, clock, begun_at=clock()),
        "disk": partial(check_disk, settings),
        "edge": partial(check_edge, settings.edge_url or _own_edge(settings)),
    }


def check_workers(catalog: Catalog, clock: Clock, *, begun_at: int) -> None:
    """begun_at: since when they could be missed; all parts start at about the same time."""
    silent_since = clock() - SILENT_US
    if silent_since > begun_at and not catalog.workers.since(silent_since):
        raise DependencyMissing(
            f"No worker was heard of for {SILENT_US // 1_000_000} s: uploads arrive, and wait to be looked at."
        )


def check_disk(settings: Settings) -> None:
    free = shutil.disk_usage(watched_disk(settings)).free
    if _marks(settings).full(free=free):
        raise DependencyMissing(_full(settings, free))


def check_edge(url: str) -> None:
    """url: where we reach it, which need not be where others do."""
    try:
        status = httpx.get(f"{url}/healthz", timeout=_ANSWER_S, trust_env=False).status_code
    except httpx.HTTPError as error:
        raise DependencyMissing(f"The edge does not answer at {url} ({type(error).__name__}).") from None
    if status != httpx.codes.OK:
        raise DependencyMissing(f"The edge answers {status} at {url}/healthz.")


def watched_disk(settings: Settings) -> Path:
    """A folder on the disk that fills up: the store's own, or the data folder's where the store is elsewhere."""
    return settings.objects_dir if settings.objects_dir.is_dir() else settings.data_dir


def look_at_disks(settings: Settings) -> Look:
    """Alarms `disk-low` and `disk-full` of the store's disk, `state-disk-low` of the data folder's if it is another."""
    return Look(frozenset({"disk-low", "disk-full", "state-disk-low"}), partial(_disk_troubles, settings))


def look_at_dead_letters(bus: EventBus) -> Look:
    """An alarm `dead-letters/{service}` for each service that gave up on something."""
    return Look(frozenset({"dead-letters"}), lambda standing: _dead_letters(bus))


def _disk_troubles(settings: Settings, standing: Collection[str]) -> dict[str, str]:
    marks, found = _marks(settings), {}
    folder = watched_disk(settings)
    disk = shutil.disk_usage(folder)
    if marks.full(free=disk.free, standing="disk-full" in standing):
        found["disk-full"] = _full(settings, disk.free)
        # Who was told that it gets full is told of the end of that later; who was not need not know it twice.
        worth_telling = "disk-low" in standing
    else:
        worth_telling = True
    if worth_telling and marks.low(free=disk.free, total=disk.total, standing="disk-low" in standing):
        found["disk-low"] = (
            f"The disk of the store at {folder} is getting full: {readable(disk.free)} of {readable(disk.total)} are "
            f"free. Under {readable(settings.min_free_bytes)} new uploads are refused."
        )
    state = shutil.disk_usage(settings.data_dir)
    elsewhere = folder.stat().st_dev != settings.data_dir.stat().st_dev
    if elsewhere and marks.low(free=state.free, total=state.total, standing="state-disk-low" in standing):
        found["state-disk-low"] = (
            f"The disk of the data folder {settings.data_dir} is getting full: {readable(state.free)} of "
            f"{readable(state.total)} are free. Without room there the appliance stops taking anything in."
        )
    return found


def _dead_letters(bus: EventBus) -> dict[str, str]:
    return {
        f"dead-letters/{depth.service}": (
            f"The service {depth.service} gave up on {depth.dead} event{'s' if depth.dead > 1 else ''}, the last time "
            f"because: {_last_error(bus, depth.service)} See `media-appliance dead-letters list`, repair the cause, "
            "then `media-appliance replay`."
        )
        for depth in bus.depths()
        if depth.dead
    }


def _last_error(bus: EventBus, service: str) -> str:
    letters = bus.dead_letters(service, limit=1)
    return letters[0].error.rstrip(".") + "." if letters else "(unknown)."


def _full(settings: Settings, free: int) -> str:
    return (
        f"The disk of the store at {watched_disk(settings)} is full: {readable(free)} are free, and "
        f"{readable(settings.min_free_bytes)} are kept back. New uploads are refused until space is freed; what has "
        "begun goes on."
    )


def _marks(settings: Settings) -> Watermarks:
    return Watermarks(settings.min_free_bytes, settings.warn_free_percent)


def _own_edge(settings: Settings) -> str:
    return f"http://{url_host(reachable(settings.bind))}:{settings.cdn_port}"
