"""How a finished set of renditions reaches the public link: staged under a number of its own, then one UPDATE."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from appliance.catalog.captions import CaptionRecord
from appliance.catalog.generations import CAPTIONS, LADDER
from appliance.catalog.production import Publication
from appliance.domain.files import FileRecord
from appliance.domain.renditions import Rendition, generation_prefix
from appliance.media.captions import CaptionTrack, caption_playlist
from appliance.media.ladder import MASTER, Encoded
from appliance.media.playlists import multivariant
from appliance.services.manifest import write_manifest
from appliance.services.parts import Parts
from appliance.services.worker import Interrupted

_PARALLEL = 4
_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl", ".m4s": "video/iso.segment", ".mp4": "video/mp4", ".m4a": "audio/mp4",
    ".vtt": "text/vtt",
}  # fmt: skip


class _CaptionsChanged(Exception):
    """Undoes a publication that somebody's captions came before."""


class Publisher:
    """Nobody sees half a set: no link leads to a generation before the catalog names it, and then it never changes.

    A worker that dies leaves objects that no link leads to; the next run, or the daily comparison, removes them.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._catalog = parts.catalog
        self._clock = parts.clock

    def begin(self, record: FileRecord, purpose: str) -> int | None:
        """A number for a new generation, after what a worker left unfinished is gone; None where the file moved on."""
        for number in self._catalog.generations.unfinished(record.file_id, purpose):
            self.discard(record, number)
        return self._catalog.generations.begin(record.file_id, record.etag or "", purpose, now=self._clock())

    def discard(self, record: FileRecord, number: int) -> None:
        """Remove a generation that was not published. Idempotent."""
        self._store.delete_prefix(generation_prefix(record.tenant_id, record.file_id, number))
        self._catalog.generations.forget(record.file_id, number)

    def put_folder(self, record: FileRecord, number: int, folder: Path, wanted: Callable[[], bool]) -> None:
        """Store all files of a folder as a generation, what names the others last. Raises Interrupted."""
        prefix = generation_prefix(record.tenant_id, record.file_id, number)

        def put(path: Path) -> None:
            if not wanted():
                raise Interrupted
            key = prefix + path.relative_to(folder).as_posix()
            self._store.put_file(key, path, content_type=_TYPES[path.suffix])

        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for _ in pool.map(put, [path for path in paths if path.name != MASTER]):
                pass
        for path in paths:
            if path.name == MASTER:
                put(path)

    def publish_ladder(
        self, record: FileRecord, folder: Path, encoded: Encoded, *, final: bool, wanted: Callable[[], bool]
    ) -> bool:
        """Make an encoded folder what people see, with the captions that the film has. False: the file moved on.

        final: nothing better is to come. Raises Interrupted; what was stored is gone then.
        """
        number = self.begin(record, LADDER)
        if number is None:
            return False
        made = Publication(number, encoded.renditions, encoded.bytes, final)
        try:
            self.put_folder(record, number, folder, wanted)
            published = None
            while published is None:
                published = self._publish_ladder(record, made, encoded.duration)
        except Interrupted:
            self.discard(record, number)
            raise
        if not published:
            self.discard(record, number)
        write_manifest(self._parts, record.file_id)
        return published

    def _publish_ladder(self, record: FileRecord, made: Publication, duration: float) -> bool | None:
        """None: the captions were changed meanwhile."""
        stamp = self._catalog.captions.stamp(record.file_id)
        tracks = self._catalog.captions.of_file(record.file_id)
        layer = self._put_layer(record, made.number, made.renditions, tracks) if tracks else None

        def commit() -> bool:
            if self._catalog.captions.stamp(record.file_id) != stamp:
                raise _CaptionsChanged
            etag, now = record.etag or "", self._clock()
            if not self._catalog.production.publish(record.file_id, etag, made, now=now):
                return False
            if layer is not None and not self._catalog.production.captioned(record.file_id, etag, layer, now=now):
                raise _CaptionsChanged
            return True

        try:
            published = self._catalog.db.write(commit)
        except _CaptionsChanged:
            published = None
        if layer is not None and not published:
            self.discard(record, layer.number)
        return published

    def publish_captions(self, record: FileRecord) -> None:
        """Put the film's captions over its current ladder; nothing where there is none yet. Idempotent."""
        while self._publish_captions(record) is None:
            pass
        write_manifest(self._parts, record.file_id)

    def _publish_captions(self, record: FileRecord) -> bool | None:
        """None: ladder or captions were changed meanwhile. False: there is nothing to put them over."""
        generations, captions = self._catalog.generations, self._catalog.captions
        base, stamp = generations.current(record.file_id, LADDER), captions.stamp(record.file_id)
        if base is None:
            return False
        rungs = [made.rendition for made in generations.renditions(record.file_id) if made.generation == base]
        layer = self._put_layer(record, base, rungs, captions.of_file(record.file_id))
        if layer is None:
            return False

        def commit() -> bool | None:
            if generations.current(record.file_id, LADDER) != base or captions.stamp(record.file_id) != stamp:
                return None
            return self._catalog.production.captioned(record.file_id, record.etag or "", layer, now=self._clock())

        published = self._catalog.db.write(commit)
        if not published:
            self.discard(record, layer.number)
        return published

    def _put_layer(
        self, record: FileRecord, base: int, rungs: Sequence[Rendition], tracks: Sequence[CaptionRecord]
    ) -> Publication | None:
        """Store playlists that lead to the rungs of the ladder `base` and to captions; None where the file moved on."""
        number = self.begin(record, CAPTIONS)
        if number is None:
            return None
        duration = max(rung.duration for rung in rungs)
        files: dict[str, str] = {}
        for track in tracks:
            files[f"captions/{track.language}.vtt"] = track.webvtt
            files[f"captions/{track.language}.m3u8"] = caption_playlist(f"{track.language}.vtt", duration)
        named = [CaptionTrack(one.language, one.label, f"captions/{one.language}.m3u8") for one in tracks]
        files[MASTER] = multivariant([replace(rung, path=f"../{base}/{rung.path}") for rung in rungs], named)
        prefix = generation_prefix(record.tenant_id, record.file_id, number)
        for name, text in files.items():
            self._store.put(prefix + name, text.encode(), content_type=_TYPES[Path(name).suffix])
        return Publication(number, (), sum(len(text.encode()) for text in files.values()))
