"""What happens in a round: the clients' operations and the faults with their times, all drawn from the seed.

A round depends on nothing but the seed and its own number, so that one of them can be played again by itself.
Which process is just where when a fault comes, no seed can say.
"""

import random
from dataclasses import dataclass

CLIENTS = 3
_OPERATIONS = (5, 8)
_KINDS = {
    "put": 10, "picture": 4, "film": 2, "trash": 4, "restore": 3, "delete": 4, "retag": 4, "move": 4,
    "cancel": 2, "cancel_late": 1, "twice": 2, "read": 4,
}  # fmt: skip
#: Of a hundred rounds, so many have an upload in parts of at least 64 MiB.
_BIG_PERCENT = 15
_FAULTS = {
    ("kill", "api"): 6, ("kill", "workers"): 6, ("kill", "minio"): 6, ("kill", "edge"): 4, ("kill", "edge-worker"): 2,
    ("kill", "ffmpeg"): 4, ("kill", "guardian"): 1, ("kill", "up"): 3,
    ("freeze", "api"): 4, ("freeze", "workers"): 4, ("freeze", "minio"): 4, ("freeze", "edge"): 3, ("freeze", "up"): 2,
    ("lose", "events"): 4, ("double", "events"): 3, ("reorder", "events"): 3, ("replay", "events"): 3,
    ("fill", "disk"): 4, ("take", "disk"): 1, ("turn", "clock"): 2, ("restart", "up"): 2,
}  # fmt: skip
_MOST_FAULTS = 3
_WINDOW_S = 2.5


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a client does. pick: which of its files, from 0 to 1; seed: what the bytes are drawn from."""

    kind: str
    pick: float
    size: int
    seed: int
    completes: bool
    hashed: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """at, lasts: seconds, the first from the round's beginning. amount: how much, from 0 to 1, where that matters."""

    kind: str
    target: str
    at: float
    lasts: float
    amount: float

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"


@dataclass(frozen=True, slots=True)
class Round:
    """clients: the operations of each, one after another."""

    number: int
    clients: tuple[tuple[Operation, ...], ...]
    faults: tuple[Fault, ...]


def draw(seed: int, number: int) -> Round:
    """The round of that number, the same each time."""
    chance = random.Random(f"{seed}:{number}")
    clients = [_operations(chance) for _ in range(CLIENTS)]
    if chance.randrange(100) < _BIG_PERCENT:
        clients[0].insert(0, _operation(chance, "multipart"))
    faults = [_fault(chance) for _ in range(chance.randint(1, _MOST_FAULTS))]
    return Round(number, tuple(map(tuple, clients)), tuple(sorted(faults, key=lambda one: one.at)))


def _operations(chance: random.Random) -> list[Operation]:
    kinds = chance.choices(list(_KINDS), list(_KINDS.values()), k=chance.randint(*_OPERATIONS))
    return [_operation(chance, kind) for kind in kinds]


def _operation(chance: random.Random, kind: str) -> Operation:
    return Operation(
        kind=kind,
        pick=chance.random(),
        size=chance.choice([1, 1000, 20_000, 200_000]) + chance.randrange(1000),
        seed=chance.randrange(1 << 32),
        completes=chance.random() < 0.4,
        hashed=chance.random() < 0.3,
    )


def _fault(chance: random.Random) -> Fault:
    ((kind, target),) = chance.choices(list(_FAULTS), list(_FAULTS.values()))
    return Fault(kind, target, chance.uniform(0, _WINDOW_S), chance.uniform(0.3, _WINDOW_S), chance.random())
