"""The faults: each is done to the running appliance and undone again."""

import contextlib
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.chaos.appliance import PARTS, Appliance
from tests.chaos.clock import MOST_S, Clock
from tests.chaos.disk import Disk
from tests.chaos.intake_proxy import IntakeProxy
from tests.chaos.schedule import Fault, Round
from tests.chaos.weather import Weather

_REPLAYED = 30
#: After so long everybody knows that the disk is full: links answer again.
_NOTICED_S = 3.0
#: Long enough for API and workers to start and look at the store.
_AWAY_S = 4.0
_STORE_USERS = ("minio", "api", "workers")


@dataclass
class Faults:
    """What a round does to the appliance. done: how often each fault was; left_out: those that this machine forbids."""

    appliance: Appliance
    weather: Weather
    proxy: IntakeProxy
    disk: Disk
    clock: Clock
    done: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def run(self, drawn: Round) -> None:
        """All of a round's, each at its time; returns when the last was undone."""
        threads = [threading.Thread(target=self._at_its_time, args=(fault,)) for fault in drawn.faults]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _at_its_time(self, fault: Fault) -> None:
        if (fault.target == "disk" and not self.disk.is_small) or (fault.target == "clock" and not self.clock.is_ours):
            self.left_out[str(fault)] += 1
            return
        time.sleep(fault.at)
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            _FAULTS[fault.kind](self, fault)
        self.done[str(fault)] += 1

    def kill(self, fault: Fault) -> None:
        """SIGKILL, which nobody can prepare for."""
        if fault.target == "ffmpeg":
            self._kill_encoders(fault.lasts)
        elif fault.target == "guardian":
            self._kill_guardian()
        elif fault.target == "edge-worker":
            self._kill_edge_worker()
        else:
            parts = PARTS if fault.target == "up" else (fault.target,)
            process = self.appliance.process(fault.target)
            if process is not None:
                self.weather.begins(*parts)
                process.kill()
                self.weather.lifts(*parts)

    def freeze(self, fault: Fault) -> None:
        """SIGSTOP to a part and all that it started, and SIGCONT after a while: it does not answer, yet it is there."""
        process = self.appliance.process(fault.target)
        if process is None:
            return
        group = None if fault.target == "up" else process.pid
        parts = () if group is None else (fault.target,)
        self.weather.begins(*parts)
        try:
            _signal(process.pid, group, signal.SIGSTOP)
            time.sleep(fault.lasts)
            _signal(process.pid, group, signal.SIGCONT)
        finally:
            self.weather.lifts(*parts)

    def lose(self, fault: Fault) -> None:
        """The store's events get lost on their way."""
        self._pass_events("lose", fault)

    def double(self, fault: Fault) -> None:
        """Each event comes twice."""
        self._pass_events("double", fault)

    def reorder(self, fault: Fault) -> None:
        """Events come late and in another order."""
        self._pass_events("hold", fault)
        self.proxy.release(random.Random(fault.amount))

    def replay(self, fault: Fault) -> None:
        """Events of long ago come again."""
        self.proxy.replay(random.Random(fault.amount), _REPLAYED)

    def fill(self, fault: Fault) -> None:
        """The disk is full, then it is not."""
        self.weather.begins("disk", "filling")
        try:
            self.disk.fill()
            time.sleep(_NOTICED_S)
            self.weather.lifts("filling")
            time.sleep(2 * fault.lasts)
        finally:
            self.disk.free()
            self.weather.lifts("disk", "filling")

    def take(self, fault: Fault) -> None:
        """The store's drive is not there at its start, as a share that is not mounted; later it is there again."""
        objects = self.appliance.data_dir / "objects"
        away = objects.with_name("objects.away")
        self.weather.begins("store", *_STORE_USERS)
        try:
            self._without_minio(lambda: objects.rename(away))
            for process in filter(None, map(self.appliance.process, ("api", "workers"))):
                process.kill()
            time.sleep(_AWAY_S + fault.lasts)
        finally:
            self._without_minio(lambda: _put_back(objects, away))
            self.weather.lifts("store", *_STORE_USERS)

    def turn(self, fault: Fault) -> None:
        """The appliance's clock is wrong for a while; the store's is right."""
        self.clock.set(round((2 * fault.amount - 1) * MOST_S))
        time.sleep(fault.lasts)
        self.clock.set(0)

    def restart(self, fault: Fault) -> None:
        """Everything is stopped in good order, and started."""
        process = self.appliance.process("up")
        if process is not None:
            self.weather.begins(*PARTS)
            process.terminate()
            with contextlib.suppress(psutil.Error):
                process.wait(30)
            self.weather.lifts(*PARTS)

    def _pass_events(self, mode: str, fault: Fault) -> None:
        self.proxy.mode = mode
        time.sleep(fault.lasts)
        self.proxy.mode = "through"

    def _kill_encoders(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for encoder in self.appliance.encoders():
                with contextlib.suppress(psutil.Error):
                    encoder.kill()
                    return
            time.sleep(0.05)

    def _kill_guardian(self) -> None:
        up = self.appliance.process("up")
        for child in up.children() if up is not None else ():
            if any("guardian" in word for word in child.cmdline()):
                child.kill()

    def _kill_edge_worker(self) -> None:
        edge = self.appliance.process("edge")
        workers = edge.children() if edge is not None else []
        if workers:
            self.weather.begins("edge")
            workers[0].kill()
            self.weather.lifts("edge")

    def _without_minio(self, work: Callable[[], object]) -> None:
        """Do something to the store's folder while nobody has it open."""
        while True:
            process = self.appliance.process("minio")
            if process is not None:
                process.kill()
                with contextlib.suppress(psutil.Error):
                    process.wait(5)
            try:
                work()
            except OSError:
                time.sleep(0.05)  # it was started again already, and wrote
            else:
                return


def _put_back(objects: Path, away: Path) -> None:
    if objects.exists():
        instead = objects.rename(objects.with_name(f"objects.{time.monotonic_ns()}"))
        shutil.rmtree(instead)
    away.rename(objects)


def _signal(pid: int, group: int | None, number: signal.Signals) -> None:
    if group is None:
        os.kill(pid, number)
    else:
        os.killpg(group, number)


_FAULTS: Mapping[str, Callable[[Faults, Fault], None]] = {
    "kill": Faults.kill,
    "freeze": Faults.freeze,
    "lose": Faults.lose,
    "double": Faults.double,
    "reorder": Faults.reorder,
    "replay": Faults.replay,
    "fill": Faults.fill,
    "take": Faults.take,
    "turn": Faults.turn,
    "restart": Faults.restart,
}
