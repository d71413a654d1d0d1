"""A working day in minutes: what a team does in an hour is done in seconds, and what the appliance takes is measured.

No fault is made; what is looked for is what grows for ever. The day begins with a library, as a new appliance's
database would grow by whole multiples with its first files.
"""

import contextlib
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tests.chaos.bodies import Bodies
from tests.chaos.checker import Checker
from tests.chaos.client import Client
from tests.chaos.clock import Clock
from tests.chaos.disk import small_disk
from tests.chaos.ledger import Ledger
from tests.chaos.measures import Sample, sample, slope
from tests.chaos.prober import Prober
from tests.chaos.run import appliance_on
from tests.chaos.schedule import CLIENTS, Operation

#: Percent an hour, over the last quarter of the day.
AIM = 1.0
_SHOWN = ("memory", "files", "database")
#: What each client does in an hour. As many files go as come, so that the library stays as large as it is.
_HOUR = (
    "put",
    "put",
    "picture",
    "film",
    "twice",
    "read",
    "read",
    "read",
    "retag",
    "move",
    "trash",
    "restore",
    "cancel",
)
_GONE = 5
_SAMPLES_AN_HOUR = 4
_SETTLE_S = 300


@dataclass(frozen=True, slots=True)
class Day:
    """hours: simulated; minutes: real. library: files that are there at its beginning."""

    seed: int
    hours: int
    minutes: float
    library: int


def soak(day: Day, console: Console) -> bool:
    """Whether all went well and nothing grew more than AIM."""
    pace = day.hours * 60 / day.minutes
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True)))
        bodies, clock = Bodies.made_in(folder), Clock(folder)
        disk = stack.enter_context(small_disk(folder / "disk"))
        every = {"MEDIA_RECONCILE_SECONDS": str(max(1, round(600 / pace)))}
        appliance, weather, _ = stack.enter_context(appliance_on(disk, clock, folder, **every))
        ledger = Ledger()
        clients = [
            stack.enter_context(
                Client(number, appliance.api_url, appliance.key(), ledger, bodies, most_live=day.library)
            )
            for number in range(CLIENTS)
        ]
        prober = stack.enter_context(Prober(ledger, weather, day.seed))
        checker = Checker(appliance, ledger, prober)
        console.print(f"seed {day.seed}; {day.hours} hours in {day.minutes:g} minutes, {pace:.0f} times as fast")
        _at_once(clients, lambda client: client.run(0, _library(day, client.number), 0))
        checker.settle(_SETTLE_S)
        console.print(f"a library of {len(ledger.files)} files; each hour {CLIENTS * (len(_HOUR) + _GONE)} operations")
        samples = [sample(appliance, 0)]
        with _sampling(samples, lambda hour: sample(appliance, hour), day):
            for hour in range(1, day.hours + 1):
                ends_at = time.monotonic() + day.minutes * 60 / day.hours
                _at_once(clients, lambda client: client.run(hour, _hour(day, hour, client.number), 0.1))  # noqa: B023
                time.sleep(max(0.0, ends_at - time.monotonic()))
                _tell(console, hour, samples[-1])
        checker.settle(_SETTLE_S)
        compared = checker.check()
        console.print(f"{compared} files compared, {prober.counts['looks']} links read", highlight=False)
        for broken in ledger.broken:
            console.print(f"BROKEN: {broken}", markup=False, highlight=False, soft_wrap=True)
        return _slopes(console, day, samples) and not ledger.broken


def _at_once(clients: Sequence[Client], work: Callable[[Client], None]) -> None:
    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def _sampling(samples: list[Sample], take: Callable[[float], Sample], day: Day) -> Iterator[None]:
    """Take samples beside the work, several in each simulated hour."""
    stopping, began = threading.Event(), time.monotonic()
    hour_s = day.minutes * 60 / day.hours

    def repeat() -> None:
        while not stopping.wait(hour_s / _SAMPLES_AN_HOUR):
            samples.append(take((time.monotonic() - began) / hour_s))

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _library(day: Day, client: int) -> list[Operation]:
    chance = random.Random(f"{day.seed}:library:{client}")
    return [_operation(chance, "put") for _ in range(day.library // CLIENTS)]


def _hour(day: Day, hour: int, client: int) -> list[Operation]:
    chance = random.Random(f"{day.seed}:{hour}:{client}")
    kinds = [*_HOUR, *["delete"] * _GONE]
    chance.shuffle(kinds)
    return [_operation(chance, kind) for kind in kinds]


def _operation(chance: random.Random, kind: str) -> Operation:
    size = chance.choice([1000, 20_000, 100_000])
    return Operation(kind, chance.random(), size, chance.randrange(1 << 32), completes=True, hashed=False)


def _tell(console: Console, hour: int, now: Sample) -> None:
    shown = {name: now.numbers[name] for name in _SHOWN}
    parts = ", ".join(
        f"{name.removeprefix('memory of ')} {size:.0f}"
        for name, size in now.numbers.items()
        if name.startswith("memory of")
    )
    console.print(
        f"hour {hour:2}: {shown['memory']:.0f} MB ({parts}), {shown['files']:.0f} open files, "
        f"database {shown['database']:.2f} MB",
        highlight=False,
    )


def _slopes(console: Console, day: Day, samples: Sequence[Sample]) -> bool:
    last = [one for one in samples if one.hour >= day.hours * 0.75]
    grown = {name: slope(last, name) for name in _SHOWN}
    for name, percent in grown.items():
        verdict = "" if percent < AIM else f", over the aim of {AIM:g}"
        console.print(f"{name}: {percent:+.2f} % an hour over the last quarter{verdict}", highlight=False)
    return all(percent < AIM for percent in grown.values())
