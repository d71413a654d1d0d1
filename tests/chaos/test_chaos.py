"""Whatever is pulled out, frozen, filled up or lied to: no file is lost, none is there twice, links keep their word."""

import random
from pathlib import Path

import pytest
from rich.console import Console

from tests.chaos.run import Wish, run

ROUNDS, ROUNDS_IN_FULL = 10, 200
#: A change is judged by the same faults each time; the hunt for new ones is `--long`, and `python -m tests.chaos`.
SEED = 20261127


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_promise_is_broken(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    long = bool(request.config.getoption("--long"))
    rounds, seed = (ROUNDS_IN_FULL, random.randrange(1 << 32)) if long else (ROUNDS, SEED)
    # What it prints, the seed above all, is shown where it fails.
    broken = run(Wish(seed, rounds, keep=tmp_path), Console(width=120))
    assert broken == [], f"python -m tests.chaos --rounds {rounds} --seed {seed}"
