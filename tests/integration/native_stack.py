"""The whole appliance as a user starts it, for tests: `media-appliance up` in a process of its own."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from appliance.config import Settings
from appliance.stack.presence import running_pid
from tests.integration.api_server import ApiClient
from tests.servers import answers, free_port, minio_binary, wait_until


@dataclass
class NativeStack:
    """One appliance on ports and a data folder of its own."""

    settings: Settings
    env: Mapping[str, str]

    @classmethod
    def in_folder(cls, folder: Path, **env: str) -> Self:
        """An appliance that keeps everything in `folder`, with further `MEDIA_*` settings; nothing runs yet."""
        settings = Settings(
            data_dir=folder / "data",
            api_port=free_port(),
            cdn_port=free_port(),
            s3_port=free_port(),
            minio_binary=minio_binary(),
        )
        own = {
            "MEDIA_DATA_DIR": str(settings.data_dir),
            "MEDIA_API_PORT": str(settings.api_port),
            "MEDIA_CDN_PORT": str(settings.cdn_port),
            "MEDIA_S3_PORT": str(settings.s3_port),
            "MEDIA_MINIO_BINARY": settings.minio_binary,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MEDIA_")}
        return cls(settings, {**inherited, **own, **env})

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "appliance.cli", *words]

    def run(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*words), env={**self.env, **env}, capture_output=True, text=True, check=False, timeout=120
        )

    @contextlib.contextmanager
    def up(self) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(self.command("up"), env=self.env, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process.stdout:
            try:
                wait_until(
                    lambda: process.poll() is not None or self.ready, timeout_s=60, what="the appliance is ready"
                )
                assert process.poll() is None, f"up ended with {process.returncode}: {process.stdout.read()}"
                yield process
            finally:
                process.terminate()
                process.wait(15)

    @property
    def ready(self) -> bool:
        return answers(f"http://127.0.0.1:{self.settings.api_port}/readyz")

    def client(self) -> ApiClient:
        """A program with the appliance's own key. A context manager."""
        known = json.loads((self.settings.data_dir / "credentials.json").read_text())
        return ApiClient(f"http://127.0.0.1:{self.settings.api_port}", known["apiKey"], "", {})

    def processes(self) -> list[psutil.Process]:
        """Everything that was started below `up`."""
        pid = running_pid(self.settings.data_dir)
        return psutil.Process(pid).children(recursive=True) if pid else []

    def supervisor(self) -> psutil.Process:
        """The process that keeps the parts running."""
        return psutil.Process(running_pid(self.settings.data_dir))

    def child(self, word: str) -> psutil.Process:
        """The part that was started with this word in its command line."""
        return next(child for child in self.supervisor().children() if word in child.cmdline())
