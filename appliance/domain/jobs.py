"""Jobs that people may start again or stop: by service, what it is told then."""

from collections.abc import Mapping
from types import MappingProxyType

from appliance.domain.events import EventType

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

UNFINISHED = frozenset({"waiting", "running", "retrying"})
STOPPED = frozenset({"failed", "cancelled"})
