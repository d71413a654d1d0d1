"""The service that makes single files of a film's renditions, for people who want to take them away."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from appliance.catalog.generations import DOWNLOAD, Made
from appliance.catalog.production import Publication
from appliance.domain.errors import NotFound, TranscodeFailed
from appliance.domain.events import Event
from appliance.domain.files import STORED, FileRecord
from appliance.domain.renditions import Rendition, download_name, generation_prefix
from appliance.media.downloads import make_download
from appliance.services.leftovers import sweep
from appliance.services.parts import Parts
from appliance.services.publishing import Publisher
from appliance.services.worker import Interrupted

_PARALLEL = 4
#: The rungs as they are stored, in a row, and as the finished file.
_COPIES = 3


class Downloads:
    """Handles `download.requested`, whose detail names the rung. May be repeated: what is there is not made again."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._generations = parts.catalog.generations
        self._publisher = Publisher(parts)

    def __call__(self, event: Event, wanted: Callable[[], bool]) -> None:
        record = self._parts.catalog.files.find(event.file_id or "")
        if record is None or record.etag != event.etag or record.stage not in STORED:
            sweep(self._parts, event)
            return
        there = self._generations.renditions(record.file_id)
        rungs = _rungs(there, event.detail or "")
        name = download_name(rungs[0].rendition)
        if any(made.rendition.name == name for made in there):
            return
        encoder = self._parts.encoder
        with encoder.workplace.folder(_COPIES * sum(made.rendition.bytes for made in rungs)) as folder:
            folders = [self._fetch(record, made, folder / "rungs" / made.rendition.name, wanted) for made in rungs]
            out = folder / "out" / name
            out.parent.mkdir()
            size = make_download(encoder.ffmpeg, folders, out, limits=encoder.limits)
            self._publish(record, out.parent, _described(name, [made.rendition for made in rungs], size), wanted)

    def _fetch(self, record: FileRecord, made: Made, folder: Path, wanted: Callable[[], bool]) -> Path:
        prefix = f"{generation_prefix(record.tenant_id, record.file_id, made.generation)}{made.rendition.name}/"
        folder.mkdir(parents=True)

        def fetch(key: str) -> None:
            if not wanted():
                raise Interrupted
            (folder / key.removeprefix(prefix)).write_bytes(self._store.read(key))

        with ThreadPoolExecutor(_PARALLEL) as pool:
            for _ in pool.map(fetch, [info.key for info in self._store.list(prefix)]):
                pass
        return folder

    def _publish(self, record: FileRecord, folder: Path, made: Rendition, wanted: Callable[[], bool]) -> None:
        number = self._publisher.begin(record, DOWNLOAD)
        if number is None:
            return
        self._publisher.put_folder(record, number, folder, wanted)
        published = self._parts.catalog.production.downloadable(
            record.file_id, record.etag or "", Publication(number, (made,), made.bytes), now=self._parts.clock()
        )
        if not published:
            self._publisher.discard(record, number)
            raise TranscodeFailed("The file changed, or another worker was at it.")


def _rungs(there: Sequence[Made], name: str) -> list[Made]:
    """The rung of that name and the sound that goes with it. Raises NotFound."""
    rung = next(
        (made for made in there if made.rendition.name == name and made.rendition.kind.startswith("hls-")), None
    )
    if rung is None:
        raise NotFound(f"The film has no rendition {name} any more.")
    if rung.rendition.kind == "hls-audio":
        return [rung]
    tracks = [made for made in there if made.rendition.kind == "hls-audio" and made.generation == rung.generation]
    return [rung, *[made for made in tracks if made.rendition.default][:1]]


def _described(name: str, rungs: Sequence[Rendition], size: int) -> Rendition:
    first = rungs[0]
    is_film = first.kind == "hls-video"
    average = round(size * 8 / first.duration) if first.duration else 0
    return Rendition(
        name=name,
        kind="mp4" if is_film else "audio",
        path=name,
        bytes=size,
        duration=first.duration,
        bitrate=sum(rung.bitrate for rung in rungs),
        average=average,
        codecs=",".join(rung.codecs for rung in rungs),
        width=first.width,
        height=first.height,
        frame_rate=first.frame_rate,
        channels=rungs[-1].channels,
        language=rungs[-1].language,
    )
