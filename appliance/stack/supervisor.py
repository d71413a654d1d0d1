"""Keeps a handful of processes running: starts them in order, restarts what ends, stops all in reverse order."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.errors import SetupError
from appliance.stack.guardian import Guardian
from appliance.stack.logfiles import bound

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
#: What ran for so long does not end over and over: it is started again soon.
STABLE_SECONDS = 10.0
STOP_SECONDS = 9.0

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep.

    env: its whole environment. ready: whether it serves now; asked again and again at the first start, so it must be
    quick and must not raise; None where nothing waits for it. stop_grace_s: seconds between stop_signal and SIGKILL.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    ready_timeout_s: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace_s: float = 3.0


@dataclass(slots=True)
class _Place:
    """What the supervisor knows of one child. failures: ends in a row. restart_at: when it is due again."""

    child: Child
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    failures: int = 0
    restart_at: float = 0.0


class Supervisor:
    """Each child leads a process group of its own; when it ends, the rest of its group is killed.

    Children do not outlive this process, however it ends. All methods belong to one thread, which must live as
    long as the children (the kernel ties them to the thread that made them).
    clock: monotonic seconds. report: takes one line for a person when a child ended unasked.
    """

    def __init__(
        self,
        children: Sequence[Child],
        log_dir: Path,
        *,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = [_Place(child) for child in children]
        self._log_dir = log_dir
        self._report = report
        self._clock = clock
        self._guardian = Guardian()

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each child that runs."""
        return {place.child.name: place.process.pid for place in self._places if place.process is not None}

    def start(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Start the children in order, each once the one before is ready. False where `cancelled` turned true.

        Raises SetupError with the end of the child's log where one ends or is not ready in time.
        Children that did start run on: call `stop` after either.
        """
        self._log_dir.mkdir(parents=True, exist_ok=True)
        for place in self._places:
            if cancelled():
                return False
            try:
                self._spawn(place)
            except OSError as error:
                raise SetupError(f"{place.child.name} cannot be started: {error}.") from None
            if not self._wait_ready(place, cancelled):
                return False
        return True

    def step(self) -> None:
        """One round: notice which children ended, start again those whose time has come; mind guardian and logs."""
        bound(self._log_dir)
        self._guardian.check()
        now = self._clock()
        for place in self._places:
            if place.process is not None:
                code = place.process.poll()
                if code is not None:
                    self._bury(place)
                    self._plan_restart(
                        place, f"ended by signal {-code}" if code < 0 else f"ended with code {code}", now
                    )
            elif now >= place.restart_at:
                try:
                    self._spawn(place)
                except OSError as error:
                    self._plan_restart(place, f"cannot be started ({error})", now)

    def stop(self) -> None:
        """Stop all in reverse order, within STOP_SECONDS and a moment; who does not obey is killed. Idempotent."""
        deadline = self._clock() + STOP_SECONDS
        for place in reversed(self._places):
            if place.process is None:
                continue
            if place.process.poll() is None:
                place.process.send_signal(place.child.stop_signal)
                grace = min(place.child.stop_grace_s, max(0.0, deadline - self._clock()))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    place.process.wait(grace)
            self._bury(place)
        self._guardian.close()

    def _spawn(self, place: _Place) -> None:
        log = self._log_dir / f"{place.child.name}.log"
        with log.open("ab") as output:
            place.process = subprocess.Popen(
                place.child.argv,
                env=place.child.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_parent(os.getpid()),  # noqa: PLW1509 - one thread makes all children
            )
        place.started_at = self._clock()
        self._guardian.watch(place.process.pid)

    def _wait_ready(self, place: _Place, cancelled: Callable[[], bool]) -> bool:
        child, process = place.child, place.process
        assert process is not None
        deadline = time.monotonic() + child.ready_timeout_s
        while child.ready is not None and not child.ready():
            if cancelled():
                return False
            if process.poll() is not None:
                raise SetupError(f"{child.name} does not start: {self._last_words(child)}")
            if time.monotonic() > deadline:
                raise SetupError(
                    f"{child.name} is not ready after {child.ready_timeout_s:g} s: {self._last_words(child)}"
                )
            time.sleep(0.02)
        return True

    def _last_words(self, child: Child) -> str:
        log = self._log_dir / f"{child.name}.log"
        lines = log.read_bytes()[-4000:].decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), f"it said nothing in {log}.")

    def _plan_restart(self, place: _Place, what: str, now: float) -> None:
        stable = now - place.started_at >= STABLE_SECONDS
        place.failures = 1 if stable else place.failures + 1
        delay = min(FIRST_DELAY_SECONDS * 2 ** min(place.failures - 1, 16), LONGEST_DELAY_SECONDS)
        place.restart_at = now + delay
        log = self._log_dir / f"{place.child.name}.log"
        self._report(f"{place.child.name} {what} and starts again in {delay:g} s; see {log}")

    def _bury(self, place: _Place) -> None:
        """Kill what is left of the group and forget it."""
        process, place.process = place.process, None
        assert process is not None
        # The leader may be gone and its workers not: nginx killed by SIGKILL, for one.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._guardian.forget(process.pid)


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """What a child does between fork and exec so that the kernel ends it with its parent; Linux alone knows how."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def run() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return run
