"""A worker that is killed while it stores renditions leaves nothing, even where the file is gone when it comes back."""

from collections.abc import Iterator

import pytest

from appliance.domain.events import Event, EventType
from appliance.domain.files import FileRecord, State
from appliance.domain.renditions import file_prefix
from appliance.ports.clock import system_clock
from appliance.services.subscriptions import SERVICES
from tests.integration.event_stack import EventStack
from tests.media_files import clip, picture
from tests.servers import wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    with EventStack(tmp_path_factory.mktemp("leftovers")) as stack:
        yield stack


def made(stack: EventStack, record: FileRecord) -> set[str]:
    """What there is of a file's renditions: generations and the manifest."""
    prefix = file_prefix(record.tenant_id, record.file_id)
    return {info.key.removeprefix(prefix).partition("/")[0] for info in stack.store.list(prefix)}


def leave_half_a_generation(stack: EventStack, record: FileRecord) -> None:
    """As a worker does that is killed after its first object."""
    number = stack.catalog.generations.begin(record.file_id, record.etag or "", "stills", now=system_clock())
    stack.store.put(
        f"{file_prefix(record.tenant_id, record.file_id)}{number}/poster.jpg", b"half", content_type="image/jpeg"
    )


def finished(stack: EventStack, name: str, data: bytes) -> FileRecord:
    stack.start_workers()
    record = stack.upload(name, data)
    record = stack.wait_state(record.file_id, State.READY, timeout_s=60)
    stack.wait_idle()
    stack.stop_workers()
    return record


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"metadata"}))
def test_the_event_of_a_killed_worker_cleans_up_after_a_deleted_file(stack: EventStack, service: str) -> None:
    record = finished(stack, "a.png", picture())
    stack.catalog.lifecycle.delete(record.tenant_id, record.file_id, now=system_clock())
    stack.start_workers(services=["metadata"])
    stack.wait_idle()
    stack.stop_workers()
    stack.store.put(f"{file_prefix('red', record.file_id)}7/poster.jpg", b"late", content_type="image/jpeg")
    type_ = next(iter(SERVICES[service].events & set(EventType)))
    event = Event(0, type_, record.object_key, record.file_id, system_clock(), etag=record.etag)
    SERVICES[service].handler(stack.parts)(event, lambda: True)
    assert made(stack, record) == set()


def test_an_overwritten_file_keeps_no_renditions_of_its_old_bytes(stack: EventStack) -> None:
    record = finished(stack, "a.mp4", clip())
    leave_half_a_generation(stack, record)
    old = made(stack, record)
    assert len(old) > 2
    stack.start_workers()
    stack.put(record.object_key, clip(seconds=2))
    wait_until(lambda: _is_new(stack, record), timeout_s=60, what="the new bytes are looked into")
    stack.wait_state(record.file_id, State.READY, timeout_s=60)
    stack.wait_idle()
    stack.stop_workers()
    known = {str(number) for number in stack.catalog.generations.numbers(record.file_id)}
    assert made(stack, record) == known | {"manifest.json"}
    assert not old & known


def _is_new(stack: EventStack, record: FileRecord) -> bool:
    now = stack.catalog.files.find(record.file_id)
    return now is not None and now.etag != record.etag
