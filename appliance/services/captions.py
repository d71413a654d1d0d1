"""The service that puts captions over the films that people see."""

from collections.abc import Callable

from appliance.domain.events import Event
from appliance.domain.files import STORED
from appliance.services.leftovers import sweep
from appliance.services.parts import Parts
from appliance.services.publishing import Publisher


class Captioning:
    """Handles `captions.changed`. May be repeated. A film without a ladder gets its captions together with that."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._publisher = Publisher(parts)

    def __call__(self, event: Event, wanted: Callable[[], bool]) -> None:
        record = self._parts.catalog.files.find(event.file_id or "")
        if record is not None and record.etag is not None and record.stage in STORED:
            self._publisher.publish_captions(record)
        else:
            sweep(self._parts, event)
