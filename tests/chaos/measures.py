"""What an appliance takes of its machine: memory and open files by part, and the size of its database."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

from tests.chaos.appliance import PARTS, Appliance

#: Younger processes are encoders and the like, which come and go.
_SETTLED_S = 20.0


@dataclass(frozen=True, slots=True)
class Sample:
    """At one time of the simulated day, in hours. numbers: by what is measured."""

    hour: float
    numbers: Mapping[str, float]


def sample(appliance: Appliance, hour: float) -> Sample:
    """How it is now. Memory in MB, shared pages counted once; the database with its log, in MB."""
    numbers: dict[str, float] = {}
    for part in ("up", *PARTS):
        memory = files = 0.0
        for process in _processes(appliance, part):
            with contextlib.suppress(psutil.Error):
                if time.time() - process.create_time() >= _SETTLED_S:
                    memory += process.memory_full_info().pss / 1e6
                    files += process.num_fds()
        numbers[f"memory of {part}"], numbers[f"files of {part}"] = memory, files
    for what in ("memory", "files"):
        numbers[what] = sum(size for name, size in numbers.items() if name.startswith(f"{what} of"))
    numbers["database"] = sum(path.stat().st_size for path in appliance.data_dir.glob("catalog.db*")) / 1e6
    return Sample(hour, numbers)


def slope(samples: Sequence[Sample], name: str) -> float:
    """Growth over these samples in percent of their mean an hour, by least squares."""
    hours = [one.hour for one in samples]
    values = [one.numbers[name] for one in samples]
    middle, mean = sum(hours) / len(hours), sum(values) / len(values)
    spread = sum((hour - middle) ** 2 for hour in hours)
    if not spread or not mean:
        return 0.0
    rise = sum((hour - middle) * (value - mean) for hour, value in zip(hours, values, strict=True)) / spread
    return rise / mean * 100


def _processes(appliance: Appliance, part: str) -> list[psutil.Process]:
    process = appliance.process(part)
    if process is None:
        return []
    with contextlib.suppress(psutil.Error):
        return [process] if part == "up" else [process, *process.children(recursive=True)]
    return []
