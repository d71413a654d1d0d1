"""The service that makes the whole ladder of each film, once it can be played in some form."""

import time
from collections.abc import Callable

from appliance.domain.errors import ApplianceError
from appliance.domain.events import Event
from appliance.domain.renditions import TranscodeChoice
from appliance.services.encoding import FilmWork
from appliance.services.parts import Parts
from appliance.services.worker import Interrupted

_FIRST = "preview"
_LOOK_S = 0.5
#: Under a stream of new films that never ends, the ladders still get on.
_LONGEST_WAIT_S = 600.0


class Transcode:
    """Handles `file.playable`. May be repeated: a film whose ladder is there is left as it is.

    While films wait that cannot be played at all, no ladder is begun; but none waits for more than ten minutes.
    """

    def __init__(self, parts: Parts) -> None:
        self._bus = parts.bus
        self._tenants = parts.catalog.tenants
        self._production = parts.catalog.production
        self._clock = parts.clock
        self._work = FilmWork(parts, "transcode")

    def __call__(self, event: Event, wanted: Callable[[], bool]) -> None:
        self._let_others_first(wanted)
        record = self._work.find(event)
        if record is None:
            self._work.sweep(event)
            return
        if self._tenants.get(record.tenant_id).transcode == TranscodeChoice.FULL:
            self._work.make(record, "full", final=True, wanted=wanted)
        else:
            self._production.finished(record.file_id, record.etag or "", now=self._clock())

    def gave_up(self, event: Event, error: ApplianceError) -> None:
        """See FilmWork."""
        self._work.gave_up(event, error)

    def _let_others_first(self, wanted: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while time.monotonic() < deadline and self._others_wait():
            if not wanted():
                raise Interrupted
            time.sleep(_LOOK_S)

    def _others_wait(self) -> bool:
        return any(depth.service == _FIRST and depth.ready + depth.leased for depth in self._bus.depths())
