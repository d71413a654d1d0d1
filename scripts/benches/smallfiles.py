"""2,000 files of 50 KB to MinIO on tmpfs: the engine, asking our API, against the fastest of mc, s5cmd and rclone.

For each file our side has a record made, a URL signed, the bytes hashed and compared by the store, the
record completed; the peers only put objects.
"""

import os
from typing import Any

from scripts.benches._uploads import rig
from scripts.benches.upload import compare

ROUNDS = 3
COUNT = 2000
SIZE = 50_000


def run() -> dict[str, Any]:
    """Files a second, medians of alternating rounds."""
    with rig() as here:
        source = here.folder / "small"
        source.mkdir()
        for number in range(COUNT):
            (source / f"{number:05}.bin").write_bytes(os.urandom(SIZE))
        ours, rss, peers = compare(here, source, ROUNDS)
    rates = {name: round(COUNT / seconds) for name, seconds in peers.items()}
    best = max(rates, key=lambda name: rates[name])
    rate = COUNT / ours
    return {
        "bench": "smallfiles", "ours": round(rate), "peer": rates[best], "unit": "files/s",
        "ratio": round(rate / rates[best], 2), "aim": 1.0, "fastest": best, "peers": rates, "rss": round(rss / 1e6),
    }  # fmt: skip
