"""An engine in a process of its own, to be killed: sends what is named, or goes on with what its journal has.

    python -m tests.integration.engine_process JOURNAL API_URL KEY [FILE…]

Prints one JSON line for every row once nothing goes on by itself.
"""

import json
import sys
from pathlib import Path

from gui.transfer.client import ApplianceClient, Credentials
from gui.transfer.engine import Engine
from gui.transfer.transfers import Options


def main(journal: str, api_url: str, key: str, *sources: str) -> None:
    with ApplianceClient(Credentials(api_url, key)) as client:
        engine = Engine(Path(journal), lambda connection: client, Options(hold_sleep=False))
        if sources and not engine.transfers():
            engine.add([Path(source) for source in sources], connection="red")
        engine.start()
        engine.wait_idle()
        for row in engine.transfers():
            said = {"name": row.name, "state": row.state, "reason": row.reason, "verified": row.verified}
            print(json.dumps({**said, "fileId": row.file_id, "etag": row.etag, "etagSent": row.etag_sent}))
        engine.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
