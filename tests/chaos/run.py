"""A run: rounds of faults under load on one appliance, compared now and then and at the end."""

import contextlib
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.chaos.appliance import PARTS, Appliance
from tests.chaos.bodies import Bodies
from tests.chaos.checker import Checker
from tests.chaos.client import Client
from tests.chaos.clock import Clock
from tests.chaos.disk import Disk, small_disk
from tests.chaos.faults import Faults
from tests.chaos.intake_proxy import IntakeProxy
from tests.chaos.ledger import Ledger, Stand
from tests.chaos.prober import Prober
from tests.chaos.report import Outcome, Report
from tests.chaos.schedule import CLIENTS, Round, draw
from tests.chaos.weather import Weather
from tests.servers import free_port, wait_until

_START_S = 90
#: After the last fault: the longest pause of the supervisor before it starts a part again, and the start itself.
_CALM_S = 90
_SETTLE_S = 180
_PAUSE_S = 0.15


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run is to be. first: number of its first round. every: rounds between two comparisons.

    keep: where to leave logs and catalog if a promise is broken.
    """

    seed: int
    rounds: int
    first: int = 1
    every: int = 10
    keep: Path | None = None


class _Stage:
    """All that a run needs, in its places."""

    def __init__(self, appliance: Appliance, weather: Weather, faults: Faults, bodies: Bodies, wish: Wish) -> None:
        self.appliance = appliance
        self.weather = weather
        self.faults = faults
        self.ledger = Ledger()
        self.prober = Prober(self.ledger, weather, wish.seed)
        self.checker = Checker(appliance, self.ledger, self.prober)
        self.clients = [
            Client(number, appliance.api_url, appliance.key(), self.ledger, bodies) for number in range(CLIENTS)
        ]

    def play(self, drawn: Round, *, compare: bool) -> Outcome:
        """One round; its faults are undone at the end."""
        before, began = len(self.ledger.broken), time.monotonic()
        threads = [
            threading.Thread(target=client.run, args=(drawn.number, operations, _PAUSE_S))
            for client, operations in zip(self.clients, drawn.clients, strict=True)
        ]
        for thread in threads:
            thread.start()
        self.faults.run(drawn)
        for thread in threads:
            thread.join()
        busy = time.monotonic()
        self._wait_fair()
        calm = time.monotonic()
        settled_s = self.checker.settle(_SETTLE_S) if compare else 0.0
        checked = self.checker.check() if compare else 0
        self._unasked_ends()
        self.weather.clears()
        return Outcome(
            drawn, busy - began, calm - busy, settled_s, checked, tuple(self.ledger.broken[before:])
        )  # fmt: skip

    def _wait_fair(self) -> None:
        try:
            wait_until(self.weather.is_fair, timeout_s=_CALM_S, what="every part is well again", every_s=0.05)
        except AssertionError:
            ill = [part for part in PARTS if not self.appliance.is_well(part)]
            self.ledger.breaks(f"{', '.join(ill)} not well {_CALM_S} s after the last fault")

    def _unasked_ends(self) -> None:
        """Parts that ended and were not killed: a crash of their own."""
        for ended in self.appliance.ended:
            if not self.weather.was_bad((ended.part, "disk"), ended.at - 5, ended.at):
                self.ledger.breaks(f"nobody killed it: {ended.line}")
        self.appliance.ended.clear()


def run(wish: Wish, console: Console) -> list[str]:
    """All broken promises, none where all went well. Says what it does on the console."""
    with _folder() as folder, _stage(folder, wish) as stage, Report(console, wish.rounds) as report:
        console.print(f"seed {wish.seed}, {wish.rounds} rounds from {wish.first}", highlight=False)
        last = wish.first + wish.rounds - 1
        for number in range(wish.first, last + 1):
            compare = number == last or (number - wish.first + 1) % wish.every == 0
            report.tell(stage.play(draw(wish.seed, number), compare=compare))
        _sum_up(stage, report)
        if stage.ledger.broken and wish.keep is not None:
            _keep(stage.appliance, folder, wish.keep)
            console.print(f"logs and catalog: {wish.keep}", soft_wrap=True)
        return list(stage.ledger.broken)


@contextlib.contextmanager
def appliance_on(
    disk: Disk, clock: Clock, folder: Path, **env: str
) -> Iterator[tuple[Appliance, Weather, IntakeProxy]]:
    """An appliance that is well, watched, with a proxy before its intake. env: further settings."""
    intake_port = free_port()
    with IntakeProxy(intake_port) as proxy, Appliance.on(disk, clock, proxy, intake_port, folder, **env) as appliance:
        checks = {part: partial(appliance.is_well, part) for part in PARTS}
        with Weather(checks) as weather:
            wait_until(
                lambda: appliance.stack.ready and weather.is_fair(),
                timeout_s=_START_S,
                what="the appliance is ready",
                every_s=0.1,
            )
            yield appliance, weather, proxy


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextlib.contextmanager
def _stage(folder: Path, wish: Wish) -> Iterator[_Stage]:
    bodies = Bodies.made_in(folder)
    clock = Clock(folder)
    with small_disk(folder / "disk") as disk, appliance_on(disk, clock, folder) as (appliance, weather, proxy):
        stage = _Stage(appliance, weather, Faults(appliance, weather, proxy, disk, clock), bodies, wish)
        with contextlib.ExitStack() as opened:
            for client in stage.clients:
                opened.enter_context(client)
            opened.enter_context(stage.prober)
            yield stage


def _sum_up(stage: _Stage, report: Report) -> None:
    faults, prober, clients = stage.faults, stage.prober, stage.clients
    answered: Counter[str] = Counter()
    for client in clients:
        answered.update(client.answered)
    report.counted("faults", faults.done)
    if faults.left_out:
        report.counted("left out, as this machine does not allow them", faults.left_out)
    report.counted("operations", answered)
    proxy = faults.proxy
    report.sums(
        "events", {"lost": proxy.lost, "doubled": proxy.doubled, "held back": proxy.held, "replayed": proxy.replayed}
    )
    report.counted("links", prober.counts)
    deaths = sorted(prober.deaths) or [0.0]
    report.sums(
        "ended links",
        {
            "seen dead": len(prober.deaths),
            "median": f"{deaths[len(deaths) // 2]:.1f} s",
            "longest": f"{deaths[-1]:.1f} s",
        },
    )
    report.sums(
        "all in all",
        {
            "rounds": len(report.outcomes),
            "files asked for": stage.ledger.asked,
            "live at the end": len(stage.ledger.standing(Stand.STORED)),
            "MB sent": round(sum(client.bytes_sent for client in clients) / 1e6),
            "longest settling": f"{max(one.settled_s for one in report.outcomes):.0f} s",
            "broken promises": len(stage.ledger.broken),
        },
    )


def _keep(appliance: Appliance, folder: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(appliance.data_dir / "logs", target / "logs", dirs_exist_ok=True)
    for path in [*appliance.data_dir.glob("catalog.db*"), folder / "up.log"]:
        if path.exists():
            shutil.copy(path, target)
