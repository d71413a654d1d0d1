"""What a page needs to show one file: sources, pictures, and how far the file is."""

from dataclasses import dataclass
from typing import Any

from appliance.domain.files import STORED, FileRecord, State
from appliance.domain.kinds import Kind
from appliance.domain.playback import INLINE_TYPES, plays_as_is
from appliance.web.addresses import Addresses
from appliance.web.context import Context
from appliance.web.views import FileViews

_HLS = "application/vnd.apple.mpegurl"
_UNFINISHED = frozenset({State.WAITING, State.UPLOADED, State.PROCESSING})
_SIZES = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Rights:
    """What the viewer may have of a file besides looking at it. until: Unix seconds, when their links end."""

    download: bool = True
    until: int | None = None


class Playbacks:
    """Builds what the pages of one request show."""

    def __init__(self, context: Context, addresses: Addresses) -> None:
        self._context = context
        self._addresses = addresses
        self._views = FileViews(context, addresses)

    def of(self, record: FileRecord, rights: Rights) -> dict[str, Any]:
        """One file, as the pages' scripts and templates read it. Times in seconds; absent things are null."""
        links, expires_at = self._views.links(record, until=rights.until)
        sources = self._sources(record, links, rights)
        error = record.error_detail or record.error_type if record.state is State.ERRORED else None
        return {
            "fileId": record.file_id,
            "title": record.title,
            "name": record.name,
            "kind": record.kind,
            "state": record.state,
            "final": record.state not in _UNFINISHED,
            "playable": bool(sources),
            "awaited": record.state in _UNFINISHED and record.kind is not Kind.FILE and not sources,
            "generation": record.generation,
            "sources": sources,
            "hls": next((source["src"] for source in sources if source["type"] == _HLS), None),
            "picture": self._picture(record, links),
            "poster": links["poster"],
            "thumbnails": links["thumbnails"],
            "storyboard": links["storyboard"],
            "placeholder": record.placeholder,
            "download": links["download"] if rights.download and record.state in STORED else None,
            "width": record.width,
            "height": record.height,
            "duration": record.duration,
            "size": record.size,
            "sizeText": size_text(record.size),
            "expiresAt": expires_at,
            "error": error,
            **self._progress(record),
        }

    def _sources(self, record: FileRecord, links: dict[str, Any], rights: Rights) -> list[dict[str, str]]:
        """What a player may take, the best first."""
        if record.state not in STORED or record.kind not in (Kind.VIDEO, Kind.AUDIO):
            return []
        found = [{"src": links["hls"], "type": _HLS}] if links["hls"] else []
        found += self._whole(record, rights)
        bare = record.content_type.partition(";")[0].strip().lower()
        native = plays_as_is(record.kind, record.ext, record.video_codec, record.audio_codec)
        original = record.ready_to_stream and bare in INLINE_TYPES and (native or not record.generation)
        if original and (rights.download or not found) and record.state is not State.ERRORED:
            # A browser that knows no QuickTime plays the same tracks as MP4.
            found.append({"src": links["url"], "type": "video/mp4" if bare == "video/quicktime" else bare})
        return found

    def _whole(self, record: FileRecord, rights: Rights) -> list[dict[str, str]]:
        """Single files made of the ladder, for players that know no playlists."""
        token, _ = self._views.token(record, until=rights.until)
        below = f"renditions/{record.tenant_id}/{record.file_id}"
        return [
            {
                "src": self._addresses.reading(f"{below}/{made.generation}/{made.rendition.path}", token),
                "type": "video/mp4" if made.rendition.kind == "mp4" else "audio/mp4",
            }
            for made in self._context.catalog.generations.renditions(record.file_id)
            if made.rendition.kind in ("mp4", "audio")
        ]

    def _picture(self, record: FileRecord, links: dict[str, Any]) -> str | None:
        if record.kind is not Kind.IMAGE or record.state not in STORED:
            return None
        bare = record.content_type.partition(";")[0].strip().lower()
        shown = bare in INLINE_TYPES and record.state is not State.ERRORED
        found: str | None = links["url"] if shown else links["poster"]
        return found

    def _progress(self, record: FileRecord) -> dict[str, Any]:
        jobs = self._context.catalog.jobs.of_file(record.file_id) if record.state in _UNFINISHED else []
        running = next((job for job in jobs if job.state == "running" and job.progress is not None), None)
        return {"progress": running.progress if running else None, "eta": running.eta if running else None}


def size_text(count: int) -> str:
    """Bytes as people read them."""
    size, unit = float(count), 0
    while size >= 999.5 and unit < len(_SIZES) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_SIZES[unit]}" if unit else f"{count} bytes"


def duration_text(seconds: float) -> str:
    """A running time as players write it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
