"""The appliance under test: `media-appliance up`, started again whenever it ends, as a service manager would."""

import contextlib
import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.chaos.clock import Clock
from tests.chaos.disk import Disk
from tests.chaos.intake_proxy import IntakeProxy
from tests.integration.native_stack import NativeStack
from tests.servers import answers, free_port, minio_binary

ACCESS_KEY, SECRET_KEY = "chaos-access", "chaos-secret-key"
#: What stands in a process's command line, by the part's name.
_WORDS = {"api": "serve", "workers": "work", "minio": "server"}
PARTS = ("api", "workers", "minio", "edge")
_ENDED = re.compile(r"^(\w+) (ended|cannot be started).* and starts again")
_AGAIN_S = 0.5
#: The store is told another address of the intake than the appliance chose: that of the proxy.
_WRAPPER = """#!/bin/sh
export MINIO_NOTIFY_WEBHOOK_ENDPOINT_FAST=http://127.0.0.1:{port}/events/minio
export MINIO_NOTIFY_WEBHOOK_ENDPOINT_DURABLE=$MINIO_NOTIFY_WEBHOOK_ENDPOINT_FAST
exec {minio} "$@"
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """A part that ended, as `up` told of it."""

    part: str
    at: float
    line: str


@dataclass
class Appliance:
    """A context manager: inside it the appliance runs, unless a fault just keeps it from it."""

    stack: NativeStack
    ended: list[Ended] = field(default_factory=list)

    @classmethod
    def on(cls, disk: Disk, clock: Clock, proxy: IntakeProxy, intake_port: int, folder: Path, **env: str) -> Self:
        """One that keeps everything on that disk, goes by that clock and hears of events through that proxy."""
        wrapper = folder / "minio"
        wrapper.write_text(_WRAPPER.format(port=proxy.port, minio=minio_binary()))
        wrapper.chmod(0o755)
        stack = NativeStack.in_folder(
            disk.folder,
            MEDIA_MINIO_BINARY=str(wrapper),
            MEDIA_INTAKE_PORT=str(intake_port),
            MEDIA_IMAGE_PORT=str(free_port()),
            MEDIA_S3_ACCESS_KEY=ACCESS_KEY,
            MEDIA_S3_SECRET_KEY=SECRET_KEY,
            MEDIA_RATE_LIMIT="",
            MEDIA_MIN_FREE_BYTES=str(100_000_000),
            # What takes ten minutes elsewhere takes seconds here.
            **{"MEDIA_RECONCILE_SECONDS": "10", **clock.env, **env},
        )
        return cls(stack)

    def __enter__(self) -> Self:
        self._stopping = threading.Event()
        self._up: subprocess.Popen[str] | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if self._up is not None:
            self._up.terminate()
        self._keeper.join()

    @property
    def data_dir(self) -> Path:
        return self.stack.settings.data_dir

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.stack.settings.api_port}"

    @property
    def store_url(self) -> str:
        return f"http://127.0.0.1:{self.stack.settings.s3_port}"

    def key(self) -> str:
        """The everyday key of the first tenant."""
        return str(json.loads((self.data_dir / "credentials.json").read_text())["apiKey"])

    def is_well(self, part: str) -> bool:
        """Whether a part does its work now."""
        settings = self.stack.settings
        if part == "workers":
            return self.process(part) is not None
        pages = {
            "api": f"{self.api_url}/healthz",
            "edge": f"http://127.0.0.1:{settings.cdn_port}/healthz",
            "minio": f"{self.store_url}/minio/health/live",
        }
        return answers(pages[part])

    def process(self, part: str) -> psutil.Process | None:
        """The process of a part, or `up` itself; None where it does not run."""
        up = self._up
        if up is None or up.poll() is not None:
            return None
        try:
            supervisor = psutil.Process(up.pid)
            return supervisor if part == "up" else next(self._named(supervisor, part), None)
        except psutil.Error:
            return None

    def encoders(self) -> list[psutil.Process]:
        """The ffmpegs at work."""
        workers = self.process("workers")
        if workers is None:
            return []
        with contextlib.suppress(psutil.Error):
            return [one for one in workers.children(recursive=True) if "ffmpeg" in one.name()]
        return []

    def tree(self) -> list[psutil.Process]:
        """`up` and everything below it."""
        up = self.process("up")
        with contextlib.suppress(psutil.Error):
            return [up, *up.children(recursive=True)] if up is not None else []
        return []

    def _named(self, supervisor: psutil.Process, part: str) -> Iterator[psutil.Process]:
        for child in supervisor.children():
            with contextlib.suppress(psutil.Error):
                if child.name().startswith("nginx") if part == "edge" else _WORDS[part] in child.cmdline():
                    yield child

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._up = subprocess.Popen(
                self.stack.command("up"),
                env=self.stack.env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert self._up.stdout is not None
            with self._up.stdout as lines:
                for line in lines:
                    self._heard(line)
            self._up.wait()
            self._stopping.wait(_AGAIN_S)

    def _heard(self, line: str) -> None:
        with contextlib.suppress(OSError), (self.data_dir.parent.parent / "up.log").open("a") as log:
            log.write(f"{time.monotonic():.2f} {line}")
        found = _ENDED.match(line)
        if found:
            self.ended.append(Ended(found[1], time.monotonic(), line.strip()))
