"""The service that makes each film's first playable form, ahead of everything else that is made of any film."""

from collections.abc import Callable

from appliance.domain.errors import ApplianceError
from appliance.domain.events import Event
from appliance.domain.files import FileRecord
from appliance.domain.renditions import TranscodeChoice
from appliance.services.encoding import FilmWork
from appliance.services.parts import Parts


class Preview:
    """Handles `file.probed`. May be repeated: what can be played already is not made again.

    Where browsers play the original as it is, there is nothing to do but to pass the film on.
    """

    def __init__(self, parts: Parts) -> None:
        self._tenants = parts.catalog.tenants
        self._production = parts.catalog.production
        self._clock = parts.clock
        self._work = FilmWork(parts, "preview")

    def __call__(self, event: Event, wanted: Callable[[], bool]) -> None:
        record = self._work.find(event)
        if record is None:
            self._work.sweep(event)
            return
        choice = TranscodeChoice(self._tenants.get(record.tenant_id).transcode)
        if record.ready_to_stream or choice is TranscodeChoice.NONE:
            self._pass_on(record, choice)
        else:
            self._work.make(record, "preview", final=choice is TranscodeChoice.PREVIEW, wanted=wanted)

    def gave_up(self, event: Event, error: ApplianceError) -> None:
        """See FilmWork."""
        self._work.gave_up(event, error)

    def _pass_on(self, record: FileRecord, choice: TranscodeChoice) -> None:
        etag, now = record.etag or "", self._clock()
        if choice is TranscodeChoice.FULL:
            self._production.playable(record.file_id, etag, now=now)
        else:
            self._production.finished(record.file_id, etag, now=now)
