"""What the services that encode films share: from a record to a published level of its ladder, and what if not."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from appliance.domain.errors import ApplianceError, Cancelled, NoDecoder
from appliance.domain.events import Event
from appliance.domain.files import STORED, FileRecord, State
from appliance.domain.kinds import Kind
from appliance.domain.renditions import LadderPlan, Level, plan_ladder
from appliance.media.ffmpeg import Progress
from appliance.media.ladder import encode
from appliance.services.leftovers import sweep
from appliance.services.parts import Parts
from appliance.services.publishing import Publisher
from appliance.services.worker import Interrupted

#: Longer than any run may take: its source is read to the end.
_URL_SECONDS = 24 * 3600
_REPORT_S = 1.0
#: A long film may take that many times as long as it runs; see Limits.wall_s for short ones.
_WALL_PER_SECOND = 12.0


class FilmWork:
    """Encoding for one service. Each step may be repeated after a crash; what is done already does nothing."""

    def __init__(self, parts: Parts, service: Literal["preview", "transcode"]) -> None:
        self._parts = parts
        self._service = service
        self._publisher = Publisher(parts)

    def find(self, event: Event) -> FileRecord | None:
        """The film or sound that the event speaks of, while something is still to be made of these bytes."""
        record = self._parts.catalog.files.find(event.file_id or "")
        if record is None or record.etag != event.etag or record.kind not in (Kind.VIDEO, Kind.AUDIO):
            return None
        return record if record.stage is State.PROCESSING else None

    def sweep(self, event: Event) -> None:
        """Remove what was left of bytes that are deleted or overwritten by now."""
        sweep(self._parts, event)

    def make(self, record: FileRecord, level: Level, *, final: bool, wanted: Callable[[], bool]) -> None:
        """Encode one level and make it what people see.

        Raises Interrupted, ProcessingError for what is wrong with the file or the machine, and errors of the store.
        """
        parts, encoder = self._parts, self._parts.encoder
        url = parts.store.sign_get(record.object_key, expires_s=_URL_SECONDS, base_url=None).url
        plan = plan_ladder(parts.prober.analyse(url), level, max_duration=encoder.max_duration)
        limits = replace(
            encoder.limits, wall_s=max(encoder.limits.wall_s, (plan.source.duration or 0) * _WALL_PER_SECOND)
        )
        watch = _Watch(parts, record, self._service, wanted)
        with encoder.workplace.folder(_bytes_of(plan)) as folder:
            try:
                encoded = encode(
                    encoder.ffmpeg, plan, url, folder,
                    limits=limits, on_progress=watch.report, cancelled=lambda: not watch.wanted(),
                )  # fmt: skip
            except Cancelled:
                raise Interrupted from None
            self._publisher.publish_ladder(record, folder, encoded, final=final, wanted=watch.wanted)

    def gave_up(self, event: Event, error: ApplianceError) -> None:
        """Nothing better will come: what can be played is ready, what cannot is an error.

        What nothing here can decode is neither: it is kept as it is.
        """
        record = self.find(event)
        if record is None:
            return
        production, etag, now = self._parts.catalog.production, record.etag or "", self._parts.clock()
        if record.ready_to_stream or isinstance(error, NoDecoder):
            production.finished(record.file_id, etag, now=now)
        else:
            production.errored(record.file_id, etag, error.type, str(error), now=now, facts_hold=True)


class _Watch:
    """Between one run of the encoder and those who look at its job: tells how far it is, hears that it is to end."""

    def __init__(self, parts: Parts, record: FileRecord, service: str, wanted: Callable[[], bool]) -> None:
        self._jobs = parts.catalog.jobs
        self._files = parts.catalog.files
        self._clock = parts.clock
        self._record = record
        self._service = service
        self._wanted = wanted
        self._reported = self._asked = time.monotonic()
        self._cancelled = False

    def report(self, progress: Progress) -> None:
        """Into the job, at most once a second."""
        if time.monotonic() - self._reported >= _REPORT_S:
            self._reported = time.monotonic()
            self._jobs.progress(
                self._record.file_id, self._service, progress.fraction, progress.eta_s, now=self._clock()
            )

    def wanted(self) -> bool:
        """False once the lease is lost, the process is to end, the job was cancelled or the file's bytes are gone."""
        if not self._cancelled and time.monotonic() - self._asked >= _REPORT_S:
            self._asked = time.monotonic()
            self._cancelled = self._is_over()
        return not self._cancelled and self._wanted()

    def _is_over(self) -> bool:
        now = self._files.find(self._record.file_id)
        if now is None or now.etag != self._record.etag or now.stage not in STORED:
            return True
        return self._jobs.is_cancelled(self._record.file_id, self._service)


def _bytes_of(plan: LadderPlan) -> int:
    """The most that a run of the plan writes."""
    rates = sum(rung.max_bitrate for rung in plan.video) + sum(rung.bitrate for rung in plan.audio)
    return round((plan.source.duration or 0) * rates / 8)
