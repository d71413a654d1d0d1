"""What a killed store forgot to tell is found within seconds, not at the next comparison of everything."""

from pathlib import Path

from appliance.domain.files import State
from appliance.ports.clock import system_clock
from appliance.services.recheck import Recheck
from tests.integration.event_stack import EventStack


def age(stack: EventStack, microseconds: int) -> None:
    """Let every file have been promised that much earlier."""
    db = stack.catalog.db
    db.write(lambda: db.execute("UPDATE file SET created_at = created_at - ?", (microseconds,)))


def test_a_young_upload_that_no_event_told_of_is_found(tmp_path: Path) -> None:
    with EventStack(tmp_path, targets=()) as stack:
        forgotten = [stack.ask(f"{number}.bin", b"bytes") for number in range(3)]
        for record in forgotten:
            stack.put(record.object_key, b"bytes")
        still_sending = stack.ask("slow.bin", b"bytes")
        stack.start_workers()
        recheck = Recheck(stack.catalog, stack.store, system_clock)
        assert recheck.run() == 0, "too young to be missed"
        age(stack, 20_000_000)
        assert recheck.run() == 3
        for record in forgotten:
            stack.wait_state(record.file_id, State.READY)
        assert stack.state(still_sending.file_id) is State.WAITING
        assert recheck.run() == 0
