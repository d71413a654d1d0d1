"""Asks the store for uploads that should have been heard of by now.

A store that is killed forgets the events that it had not handed over, half a second's worth; the comparison of
everything finds them, but only every ten minutes.
"""

from appliance.catalog.catalog import Catalog
from appliance.ports.clock import Clock
from appliance.ports.object_store import ObjectStore
from appliance.services.stored import stored
from appliance.services.worker import SECOND

_YOUNGEST_US = 10 * SECOND
_OLDEST_US = 15 * 60 * SECOND
_MOST = 500


class Recheck:
    """One HEAD for each file that has waited between ten seconds and a quarter of an hour; older ones are reconciled.

    What is found goes the way of an event, so several processes may do this at once.
    """

    def __init__(self, catalog: Catalog, store: ObjectStore, clock: Clock) -> None:
        self._catalog = catalog
        self._store = store
        self._clock = clock

    def run(self) -> int:
        """How many were found. Raises StoreUnavailable or CatalogBusy; the next run looks again."""
        now = self._clock()
        young = self._catalog.lifecycle.waiting(after=now - _OLDEST_US, before=now - _YOUNGEST_US, limit=_MOST)
        found = [info for record in young if (info := stored(self._store, record.object_key)) is not None]
        return self._catalog.inbox.announce_objects(found, now=now) if found else 0
