"""One file of 1 GiB to MinIO on tmpfs: the engine, asking our API, against the fastest of mc, s5cmd and rclone.

Every part is verified, the record's etag included. The engine runs already, as it does in the app; the peers' time has
their start in it, a few hundredths of a second. `memory` in the answer: what the engine has resident at the most for
1 GiB and for 50 GiB (a sparse file, to a double of a store that discards what it gets), in MB.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from scripts.benches._uploads import Rig, clear, rig

ROUNDS = 3
GIB = 1024**3
SIZE = GIB
_MIB = 1024 * 1024


def run() -> dict[str, Any]:
    """MB/s, medians of alternating rounds."""
    with rig() as here:
        source = here.folder / "large.bin"
        with source.open("wb") as file:
            for _ in range(SIZE // _MIB):
                file.write(os.urandom(_MIB))
        ours, rss, peers = compare(here, source, ROUNDS)
    rates = {name: round(SIZE / 1e6 / seconds) for name, seconds in peers.items()}
    best = max(rates, key=lambda name: rates[name])
    rate = SIZE / 1e6 / ours
    return {
        "bench": "upload", "ours": round(rate), "peer": rates[best], "unit": "MB/s",
        "ratio": round(rate / rates[best], 2), "aim": 1.2, "fastest": best, "peers": rates,
        "rss": round(rss / 1e6), "memory": _memory(),
    }  # fmt: skip


def compare(here: Rig, source: Path, rounds: int) -> tuple[float, float, dict[str, float]]:
    """(median seconds of ours, the most bytes it had resident, median seconds by peer)."""
    ours: list[float] = []
    most = 0.0
    theirs: dict[str, list[float]] = {}
    for number in range(rounds):
        # Another name each time, or the appliance would have it already.
        source = source.rename(source.with_name(f"{number}-{source.name}"))
        answer = here.send(source)
        ours.append(answer["seconds"])
        most = max(most, answer["rss"])
        clear(here)
        for name, send in here.peers(source, f"{number}").items():
            theirs.setdefault(name, []).append(send())
            clear(here)
    return median(ours), most, {name: median(seconds) for name, seconds in theirs.items()}


def _memory() -> dict[str, int]:
    """In a process of its own for each size."""
    return {"1 GiB": _resident(GIB), "50 GiB": _resident(50 * GIB)}


def _resident(size: int) -> int:
    command = [sys.executable, "-m", "scripts.benches._discarding", str(size)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return round(int(json.loads(answer)["rss"]) / 1e6)
