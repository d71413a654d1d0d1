"""All that makes pictures of files, for one process."""

from collections.abc import Iterator

from appliance.domain.errors import Malformed, ObjectMissing, ProbeUnavailable
from appliance.domain.files import FileRecord
from appliance.domain.kinds import Kind
from appliance.media.images import Images, Original
from appliance.media.stills import Sheet, Stills
from appliance.ports.object_store import ObjectStore

_URL_SECONDS = 600
_CHUNK = 8 * 1024 * 1024


class Studio:
    """Pictures are read out of the store a chunk at a time; of films one frame is taken. Safe for several threads.

    images: makes pictures out of pictures.
    """

    def __init__(self, store: ObjectStore, *, nice: int = 0) -> None:
        """nice: as ChildPool."""
        self._store = store
        self._stills = Stills(nice=nice)
        self.images = Images(nice=nice)

    def original(self, record: FileRecord, at: float | None = None) -> Original:
        """A file as one picture to start from. at: seconds into a film, None for its poster.

        Raises Malformed for a file that has nothing to see, and what Stills raises; reading the chunks may raise
        ProbeUnavailable and StoreUnavailable.
        """
        if record.kind is Kind.IMAGE:
            return Original(self._chunks(record), record.size, record.ext)
        if record.kind is Kind.FILE:
            raise Malformed("The file is neither a picture nor a film.")
        url = self._url(record)
        frame = self._stills.poster(url, record.duration) if at is None else self._stills.frame(url, at)
        return Original([frame], len(frame), "ppm")

    def sheet(self, record: FileRecord, duration: float) -> Sheet:
        """Tiles of a film that lasts so many seconds; raises what Stills raises."""
        return self._stills.sheet(self._url(record), duration)

    def close(self) -> None:
        """End all children. Idempotent."""
        self.images.close()
        self._stills.close()

    def _url(self, record: FileRecord) -> str:
        return self._store.sign_get(record.object_key, expires_s=_URL_SECONDS, base_url=None).url

    def _chunks(self, record: FileRecord) -> Iterator[bytes]:
        for offset in range(0, record.size, _CHUNK):
            try:
                yield self._store.read(record.object_key, offset, _CHUNK)
            except ObjectMissing:
                raise ProbeUnavailable("The picture is no longer there.") from None
