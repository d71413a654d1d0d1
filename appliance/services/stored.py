"""What the store holds under a key now, where nothing is an answer too."""

from appliance.domain.errors import ObjectMissing
from appliance.ports.object_store import ObjectInfo, ObjectStore


def stored(store: ObjectStore, key: str) -> ObjectInfo | None:
    """HEAD on the object; None where there is none. Raises StoreUnavailable."""
    try:
        return store.head(key)
    except ObjectMissing:
        return None
