"""Jobs that people may start again or stop: by service, what it is told then."""

from collections.abc import Mapping
from types import MappingProxyType

from appliance.domain.events import Event, EventType
from appliance.domain.keys import ObjectKey
from appliance.domain.kinds import Kind

#: The event that makes a service do its work on a file again. A download's names what is wanted, so it has none here.
AGAIN: Mapping[str, EventType] = MappingProxyType({
    "metadata": EventType.OBJECT_CREATED,
    "preview": EventType.FILE_PROBED,
    "transcode": EventType.FILE_PLAYABLE,
    "thumbnails": EventType.FILE_PROBED,
    "captions": EventType.CAPTIONS_CHANGED,
})  # fmt: skip
#: Until these have ended, a film is not ready.
AWAITED = frozenset({"preview", "transcode"})
#: Without the others' work a file would stay half known.
CANCELLABLE = AWAITED | {"thumbnails", "downloads"}

_FILMS = frozenset({Kind.VIDEO, Kind.AUDIO})
#: By service, the kinds of files on which there is work of seconds or more, to be seen from when it is asked for.
_WAITS: Mapping[str, frozenset[Kind]] = MappingProxyType({
    "preview": _FILMS, "transcode": _FILMS, "downloads": _FILMS, "captions": _FILMS,
    "thumbnails": _FILMS | {Kind.IMAGE},
})  # fmt: skip

UNFINISHED = frozenset({"waiting", "running", "retrying"})
STOPPED = frozenset({"failed", "cancelled"})


def waits(service: str, event: Event) -> bool:
    """Whether an event in a service's queue is a job that people may see and cancel before it begins.

    What storage tells is none: it is dealt with at once, and there may be a great many of it.
    """
    key = ObjectKey.parse(event.key)
    return event.file_id is not None and key is not None and key.kind in _WAITS.get(service, ())
