"""Which services subscribe to the topic: the one table that names them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.services.metadata import Metadata
from appliance.services.parts import Parts
from appliance.services.worker import SECOND, Handler, Subscription


@dataclass(frozen=True, slots=True)
class Service:
    """handler: made once per process. The rest as in Subscription, where nothing else is asked for."""

    handler: Callable[[Parts], Handler]
    threads: int
    lease_s: int
    attempts: int


SERVICES: Mapping[str, Service] = {
    # Twelve attempts with backoff span about half an hour: longer than a store takes to be restarted.
    "metadata": Service(Metadata, threads=4, lease_s=60, attempts=12),
}


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
