"""The appliance as a process of its own that goes on when its starter ends."""

import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from appliance.config import Settings
from appliance.domain.errors import SetupError
from appliance.stack.checks import check_machine, runs_own_store
from appliance.stack.children import settings_environment
from appliance.stack.minio_binary import obtain_minio
from appliance.stack.native import READY_SECONDS
from appliance.stack.presence import running_pid
from appliance.stack.readiness import answers, check_terminal


def start_in_background(settings: Settings, console: Console | None = None) -> None:
    """Start `media-appliance up` in a session of its own and return when it is ready.

    Does nothing where one runs on the data folder, but waits for it. Raises SetupError where it does not start.
    """
    console = console or Console(soft_wrap=True, highlight=False)
    log = settings.data_dir / "logs" / "up.log"
    process: subprocess.Popen[bytes] | None = None
    if running_pid(settings.data_dir) is None:
        # Here, where a person watches: the build of MinIO takes minutes, a wrong setting is told at once.
        check_machine(settings)
        if runs_own_store(settings):
            obtain_minio(settings.minio_binary, console)
        process = _launch(settings, log)
    else:
        check_terminal(settings)
    deadline = time.monotonic() + READY_SECONDS
    while not answers(settings.bind, settings.api_port, "/readyz"):
        if process is not None and process.poll() is not None:
            raise SetupError(f"The appliance does not start: {_last_line(log)}")
        if time.monotonic() > deadline:
            raise SetupError(f"The appliance is not ready after {READY_SECONDS:g} s; see {log.parent}.")
        time.sleep(0.05)


def _launch(settings: Settings, log: Path) -> "subprocess.Popen[bytes]":
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "appliance.cli", "up"],
            env=settings_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"see {log}."
