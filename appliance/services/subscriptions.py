"""Which services subscribe to the topic: the one table that names them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from appliance.domain.errors import ApplianceError
from appliance.domain.events import Event, EventType
from appliance.services.captions import Captioning
from appliance.services.downloads import Downloads
from appliance.services.metadata import Metadata
from appliance.services.parts import Parts
from appliance.services.preview import Preview
from appliance.services.thumbnails import Thumbnails
from appliance.services.transcode import Transcode
from appliance.services.worker import SECOND, Handler, Subscription


@dataclass(frozen=True, slots=True)
class Service:
    """handler: made once per process. events: what it is told of. The rest as in Subscription."""

    handler: Callable[[Parts], Handler]
    events: frozenset[EventType]
    threads: int
    lease_s: int
    attempts: int


_STORAGE = frozenset(
    {EventType.OBJECT_CREATED, EventType.OBJECT_REMOVED, EventType.FILE_DELETED, EventType.FILE_CANCELLED}
)
_PROBED = frozenset({EventType.FILE_PROBED})
SERVICES: Mapping[str, Service] = {
    # Twelve attempts with backoff span about half an hour: longer than a store takes to be restarted.
    "metadata": Service(Metadata, _STORAGE, threads=4, lease_s=15, attempts=12),
    # Leases are short, also for work of minutes, so that a dead worker's file is soon taken up by another.
    "preview": Service(Preview, _PROBED, threads=1, lease_s=15, attempts=10),
    "transcode": Service(Transcode, frozenset({EventType.FILE_PLAYABLE}), threads=1, lease_s=15, attempts=10),
    "downloads": Service(Downloads, frozenset({EventType.DOWNLOAD_REQUESTED}), threads=1, lease_s=15, attempts=10),
    "captions": Service(Captioning, frozenset({EventType.CAPTIONS_CHANGED}), threads=1, lease_s=15, attempts=12),
    "thumbnails": Service(Thumbnails, _PROBED, threads=2, lease_s=15, attempts=12),
}


def event_filters() -> dict[str, frozenset[EventType]]:
    """By service, the events that its queue takes in."""
    return {name: service.events for name, service in SERVICES.items()}


@runtime_checkable
class _GivesUp(Protocol):
    def gave_up(self, event: Event, error: ApplianceError) -> None:
        """As in Subscription."""
        ...


def subscriptions(parts: Parts, threads: Mapping[str, int]) -> list[Subscription]:
    """Every service, ready to run. threads: by service, where it is not the table's number."""
    return [_subscription(name, service, parts, threads) for name, service in SERVICES.items()]


def _subscription(name: str, service: Service, parts: Parts, threads: Mapping[str, int]) -> Subscription:
    handler = service.handler(parts)
    wanted = Subscription(
        name, handler, threads.get(name, service.threads), service.lease_s * SECOND, service.attempts
    )  # fmt: skip
    return replace(wanted, gave_up=handler.gave_up) if isinstance(handler, _GivesUp) else wanted
