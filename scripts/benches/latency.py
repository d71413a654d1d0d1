"""From the end of a PUT to the moment when the API says `uploaded`, on the whole appliance as it is started.

There is no peer: `peer` is the aim for the median, and the client that asks takes part in the time, a call at a time.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from appliance.stack.checks import free_intake_port

ROUNDS = 3
UPLOADS = 100
AIM_MS = 25.0
_PATIENCE_S = 60.0
_HOST = "127.0.0.1"
_WAITING = "waiting"


def run() -> dict[str, Any]:
    """Milliseconds, medians of three rounds of a hundred uploads each."""
    with tempfile.TemporaryDirectory() as name, appliance(Path(name)) as (api, key):
        headers = {"Authorization": f"Bearer {key}"}
        with (
            httpx.Client(base_url=api, headers=headers, trust_env=False) as client,
            httpx.Client(trust_env=False) as put,
        ):
            _round(client, put)
            rounds = [sorted(_round(client, put)) for _ in range(ROUNDS)]
    p50 = median(median(times) for times in rounds)
    p99 = median(times[int(len(times) * 0.99) - 1] for times in rounds)
    return {
        "bench": "latency",
        "ours": round(p50, 1),
        "peer": AIM_MS,
        "unit": "ms",
        "ratio": round(AIM_MS / p50, 2),
        "aim": f"p50 <= {AIM_MS:g}, p99 <= 100",
        "p50": round(p50, 1),
        "p99": round(p99, 1),
    }


def _round(client: httpx.Client, put: httpx.Client) -> list[float]:
    return [_upload(client, put) for _ in range(UPLOADS)]


def _upload(client: httpx.Client, put: httpx.Client) -> float:
    """Milliseconds until one upload is seen."""
    body = os.urandom(50_000)
    asked = client.post("/upload", json={"name": "sound.bin", "size": len(body)}).raise_for_status().json()
    put.put(asked["uploadUrl"], content=body, headers=asked["headers"]).raise_for_status()
    finished = time.perf_counter()
    while client.get(f"/get/{asked['fileId']}").raise_for_status().json()["state"] == _WAITING:
        if time.perf_counter() - finished > _PATIENCE_S:
            raise SystemExit("An upload is not seen: something does not work.")
    return (time.perf_counter() - finished) * 1000


@contextlib.contextmanager
def appliance(folder: Path) -> Iterator[tuple[str, str]]:
    """(address, key) of a whole appliance with a data folder of its own."""
    ports = {f"MEDIA_{name}_PORT": str(free_intake_port(_HOST)) for name in ("API", "CDN", "S3")}
    env = os.environ | ports | {"MEDIA_DATA_DIR": str(folder / "data"), "MEDIA_RATE_LIMIT": ""}
    api = f"http://{_HOST}:{ports['MEDIA_API_PORT']}"
    process = subprocess.Popen([sys.executable, "-m", "appliance.cli", "up"], env=env, stdout=sys.stderr)
    try:
        deadline = time.monotonic() + _PATIENCE_S * 20
        while not _ready(api):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("The appliance did not start.")
            time.sleep(0.1)
        yield api, json.loads((folder / "data" / "credentials.json").read_text())["apiKey"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _ready(api: str) -> bool:
    try:
        return httpx.get(f"{api}/readyz", trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
