"""What a worker that was killed left of a file that has moved on since: objects that no row knows of any more."""

from appliance.domain.events import Event
from appliance.domain.files import DEAD
from appliance.domain.renditions import file_prefix, generation_prefix
from appliance.services.parts import Parts


def sweep(parts: Parts, event: Event) -> None:
    """Call it for an event whose bytes are deleted or overwritten by now. Idempotent.

    Deleting and overwriting forget a file's generations, those that were being stored at that moment included. Who
    stores one removes it again when publishing fails; who was killed before does not, but its event comes once more.
    """
    record = parts.catalog.files.find(event.file_id or "")
    if record is None:
        return
    if record.state in DEAD:
        parts.store.delete_prefix(file_prefix(record.tenant_id, record.file_id))
    elif record.etag != event.etag:
        sweep_unknown(parts, record.tenant_id, record.file_id)


def sweep_unknown(parts: Parts, tenant_id: str, file_id: str) -> None:
    """Remove the generations of a file that the catalog does not know. Idempotent."""
    prefix = file_prefix(tenant_id, file_id)
    # The store first: a generation has its row before its first object.
    names = {info.key.removeprefix(prefix).partition("/")[0] for info in parts.store.list(prefix)}
    numbers = {int(name) for name in names if name.isdigit()}
    for number in sorted(numbers - set(parts.catalog.generations.numbers(file_id))):
        parts.store.delete_prefix(generation_prefix(tenant_id, file_id, number))
