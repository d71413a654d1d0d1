"""The engine in a process of its own, with nothing of the appliance in it: SOURCE API_URL KEY JOURNAL."""

import json
import sys
import time
from pathlib import Path

from gui.transfer.client import ApplianceClient, Credentials
from gui.transfer.engine import Engine
from gui.transfer.transfers import State
from scripts.benches._memory import most_resident


def send(source: Path, api_url: str, key: str, journal: Path) -> None:
    with ApplianceClient(Credentials(api_url, key)) as client:
        engine = Engine(journal, lambda connection: client)
        engine.start()
        began, used = time.monotonic(), time.process_time()
        engine.add([source], connection="bench")
        engine.wait_idle()
        seconds, cpu = time.monotonic() - began, time.process_time() - used
        wrong = [row for row in engine.transfers() if row.state is not State.DONE or not row.verified]
        engine.stop()
    if wrong:
        raise SystemExit(f"{len(wrong)} files were not sent, {wrong[0].name}: {wrong[0].reason}")
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rss": most_resident()}))


if __name__ == "__main__":
    send(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
