"""What the services are given: ports, catalog and the probe; nothing of it is built here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.catalog.catalog import Catalog
from appliance.domain.kinds import Kind
from appliance.domain.media import MediaFacts
from appliance.domain.sources import Source
from appliance.media.ffmpeg import Ffmpeg, Limits
from appliance.media.studio import Studio
from appliance.media.workplace import Workplace
from appliance.ports.clock import Clock
from appliance.ports.event_bus import EventBus
from appliance.ports.object_store import ObjectStore


class Prober(Protocol):
    """Looks into a media file without reading all of it.

    Both raise Malformed, TypeMismatch or ResourceLimit for good, ProbeUnavailable where trying again may help.
    """

    def probe(self, url: str, *, kind: Kind, ext: str) -> MediaFacts:
        """What is behind an HTTP URL that needs no credentials of ours."""
        ...

    def analyse(self, location: str) -> Source:
        """What an encoder must know of it."""
        ...


@dataclass(frozen=True, slots=True)
class Encoder:
    """What films are encoded with. ffmpeg: the program. limits: of one run. max_duration: seconds, None for no limit.

    direct_bitrate: bit/s up to which viewers get an original that browsers play.
    """

    ffmpeg: Ffmpeg
    limits: Limits
    workplace: Workplace
    max_duration: float | None
    direct_bitrate: int


@dataclass(frozen=True, slots=True)
class Parts:
    """One per process.

    purge: makes the edge forget what it cached of an object: (its key, bytes of its largest version). Idempotent.
    """

    catalog: Catalog
    store: ObjectStore
    prober: Prober
    purge: Callable[[str, int], object]
    clock: Clock
    studio: Studio
    bus: EventBus
    encoder: Encoder
