"""Poster, thumbnails, placeholder and storyboard of every file that can be seen."""

from collections.abc import Callable

from appliance.catalog.generations import STILLS
from appliance.catalog.production import Publication
from appliance.domain.errors import ProcessingError
from appliance.domain.events import Event
from appliance.domain.files import STORED, FileRecord
from appliance.domain.kinds import Kind
from appliance.domain.stills import CUES, PICTURES, POSTER, SHEET, TILE, stills_prefix
from appliance.domain.transformations import parse
from appliance.media.images import Original, Variant
from appliance.media.stills import Sheet
from appliance.services.leftovers import sweep
from appliance.services.manifest import write_manifest
from appliance.services.parts import Parts
from appliance.services.worker import Interrupted

_TYPES = {"jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif", "vtt": "text/vtt"}


class Thumbnails:
    """Handles `file.probed`. May be repeated: each time a generation of its own is made, and the last one counts.

    A generation is staged under its own prefix and published by one conditional update; the loser deletes what it
    made. What cannot be seen, or not be decoded, has no stills, and that is no error of the file.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._studio = parts.studio
        self._store = parts.store
        self._generations = parts.catalog.generations
        self._production = parts.catalog.production
        self._clock = parts.clock

    def __call__(self, event: Event, wanted: Callable[[], bool]) -> None:
        record = self._parts.catalog.files.find(event.file_id or "")
        if record is None or record.etag is None or record.etag != event.etag or record.stage not in STORED:
            sweep(self._parts, event)
            return
        self._clean(record)
        if record.kind is not Kind.FILE and record.size:
            self._illustrate(record, record.etag, wanted)

    def _illustrate(self, record: FileRecord, etag: str, wanted: Callable[[], bool]) -> None:
        try:
            made, placeholder = self._pictures(record)
        except ProcessingError as error:
            if not error.permanent:
                raise
            return
        if not wanted():
            raise Interrupted
        if record.kind is Kind.VIDEO and record.duration:
            sheet = self._sheet(record, record.duration, made[POSTER])
            made |= {SHEET: sheet.data, CUES: sheet.cues(SHEET).encode()}
        number = self._generations.begin(record.file_id, etag, STILLS, now=self._clock())
        if number is None:
            return
        for name, data in made.items():
            path = stills_prefix(record.tenant_id, record.file_id, number) + name
            self._store.put(path, data, content_type=_TYPES[name.rpartition(".")[2]])
        publication = Publication(number, (), sum(map(len, made.values())))
        if not self._production.illustrated(record.file_id, etag, publication, placeholder, now=self._clock()):
            self._discard(record, number)
        write_manifest(self._parts, record.file_id)

    def _pictures(self, record: FileRecord) -> tuple[dict[str, bytes], str | None]:
        variants = [Variant(parse(text)) for text in PICTURES.values()]
        original = self._studio.original(record)
        pictures, placeholder = self._studio.images.render(original, variants, placeholder=True)
        return dict(zip(PICTURES, (picture.data for picture in pictures), strict=True)), placeholder

    def _sheet(self, record: FileRecord, duration: float, poster: bytes) -> Sheet:
        try:
            return self._studio.sheet(record, duration)
        except ProcessingError as error:
            if not error.permanent:
                raise
        # A film that takes too long to look through is scrubbed without pictures of its own.
        tile = self._studio.images.transform(Original([poster], len(poster), "jpg"), Variant(parse(TILE)))
        return Sheet(tile.data, tile.width, tile.height, columns=1, tiles=1, step=duration)

    def _clean(self, record: FileRecord) -> None:
        """Remove what a worker left that died half-way."""
        for number in self._generations.unfinished(record.file_id, STILLS):
            self._discard(record, number)

    def _discard(self, record: FileRecord, number: int) -> None:
        self._store.delete_prefix(stills_prefix(record.tenant_id, record.file_id, number))
        self._generations.forget(record.file_id, number)
