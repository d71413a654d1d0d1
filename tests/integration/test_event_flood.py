"""10,000 events that mostly lie: nobody stumbles, nothing blocks, and every record ends as the store says."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from appliance.domain.errors import ObjectMissing
from appliance.domain.kinds import Kind
from appliance.domain.media import MediaFacts
from appliance.ports.clock import system_clock
from tests.integration.event_flood import BODIES, Case, bodies, cases
from tests.integration.event_stack import TOKEN, EventStack

EXPECTED = Path(__file__).with_name("event_flood_expected.json")
_SENDERS = 8


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    """MinIO sends nothing here: the test does."""
    with EventStack(tmp_path_factory.mktemp("flood"), targets=()) as made:
        yield made


def prepare(stack: EventStack, case: Case) -> None:
    """Bring record and object into the state that the case names."""
    what, key = case.what, str(case.key)
    lifecycle, now, file_id = stack.catalog.lifecycle, system_clock(), case.key.file_id
    if what.startswith("record"):
        record = stack.ask("a.bin", b"bytes", key=case.key)
        if what.startswith(("record ready", "record trashed")):
            stack.put(key, b"bytes")
            info = stack.store.head(key)
            lifecycle.arrived(file_id, info, sequencer=None, now=now)
            stack.catalog.production.probed(file_id, info.etag, MediaFacts(Kind.FILE), final=True, now=now)
        if what.startswith("record cancelled"):
            lifecycle.cancel("red", file_id, now=now)
        if what.startswith("record timed out"):
            lifecycle.time_out(record, now=now)
        if what.startswith("record trashed"):
            lifecycle.trash("red", file_id, now=now)
        if what.startswith("record deleted"):
            lifecycle.delete("red", file_id, now=now)
    if what.endswith("object is there"):
        stack.put(key, b"bytes")
    if what.endswith("object was overwritten"):
        stack.put(key, b"other bytes")
    if what.endswith("object was removed"):
        stack.store.delete(key)


def outcome(stack: EventStack, case: Case) -> dict[str, object]:
    """How a file ended: its case, the record's state and size, and whether an object is there."""
    record = stack.catalog.files.find(case.key.file_id)
    try:
        stack.store.head(str(case.key))
        there = True
    except ObjectMissing:
        there = False
    state, size = (str(record.state), record.size) if record else (None, None)
    return {"case": case.what, "state": state, "size": size, "object": there}


@pytest.mark.timeout(120)
def test_every_record_ends_as_expected(stack: EventStack) -> None:
    files = cases()
    for case in files:
        prepare(stack, case)
    stack.start_workers(threads=4)
    with (
        httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30, trust_env=False) as client,
        ThreadPoolExecutor(_SENDERS) as senders,
    ):
        statuses = list(
            senders.map(lambda body: client.post(stack.intake_url, content=body).status_code, bodies(files))
        )
    assert len(statuses) == BODIES
    assert set(statuses) == {200}
    stack.wait_idle(timeout_s=60)
    assert list(stack.bus.dead_letters()) == []
    ended = {case.key.file_id: outcome(stack, case) for case in files}
    assert ended == json.loads(EXPECTED.read_text())
