"""Which services subscribe to the topic: the one table that names them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.domain.events import EventType
from appliance.services.metadata import Metadata
from appliance.services.parts import Parts
from appliance.services.thumbnails import Thumbnails
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
SERVICES: Mapping[str, Service] = {
    # Twelve attempts with backoff span about half an hour: longer than a store takes to be restarted.
    "metadata": Service(Metadata, _STORAGE, threads=4, lease_s=60, attempts=12),
    "thumbnails": Service(Thumbnails, frozenset({EventType.FILE_PROBED}), threads=2, lease_s=60, attempts=12),
}


def event_filters() -> dict[str, frozenset[EventType]]:
    """By service, the events that its queue takes in."""
    return {name: service.events for name, service in SERVICES.items()}


def subscriptions(parts: Parts, threads: Mapping[str, int]) -> list[Subscription]:
    """Every service, ready to run. threads: by service, where it is not the table's number."""
    return [
        Subscription(
            name,
            service.handler(parts),
            threads.get(name, service.threads),
            service.lease_s * SECOND,
            service.attempts,
        )
        for name, service in SERVICES.items()
    ]
