"""What the HTTP rooms are given: ports, catalog and a few plain options; nothing of it is built here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import current_app

from appliance.catalog.catalog import Catalog
from appliance.ports.clock import Clock
from appliance.ports.event_bus import EventBus
from appliance.ports.object_store import ObjectStore
from appliance.web.figures import WebFigures

EXTENSION = "appliance"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Plain values out of the settings.

    *_url: fixed base URLs, empty where URLs follow the caller's host with the published ports.
    host: used where no request gives one. hosts: further names that callers may use.
    embed_origins: pages that may frame a player. strict_images: only named and signed transformations are made.
    data_dir: for the programs on offer in it; the edge's cache lies on its disk. storage_dir: on the disk whose room
    is watched. max_waiters: long polls that may wait at one time. min_free_bytes, warn_free_percent: as in Watermarks.
    command: how the appliance's own command is typed on its machine.
    """

    api_port: int
    cdn_port: int
    s3_port: int
    api_url: str
    cdn_url: str
    s3_public_url: str
    host: str
    hosts: frozenset[str]
    cors_origins: tuple[str, ...]
    rate_limit: str
    max_waiters: int
    min_free_bytes: int
    data_dir: str
    storage_dir: str
    edge_secret: str
    intake_token: str
    cursor_key: bytes
    name: str
    version: str
    strict_images: bool = False
    command: str = "media-appliance"
    embed_origins: tuple[str, ...] = ()
    warn_free_percent: float = 0


@dataclass(frozen=True, slots=True)
class Context:
    """One per process. readiness: checks by dependency, each raising where the dependency is not there.

    watched: the same for those without which requests are answered all the same.
    """

    catalog: Catalog
    store: ObjectStore
    bus: EventBus
    clock: Clock
    options: WebOptions
    readiness: Mapping[str, Callable[[], None]]
    watched: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    figures: WebFigures = field(default_factory=WebFigures)


def context() -> Context:
    """The context of the application that handles this request."""
    found: Context = current_app.extensions[EXTENSION]
    return found
