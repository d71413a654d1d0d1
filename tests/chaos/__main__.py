"""The command: `python -m tests.chaos` for faults, `python -m tests.chaos soak` for a day in minutes."""

import random
import signal
import sys
from pathlib import Path

import click
from rich.console import Console

from tests.chaos.run import Wish, run
from tests.chaos.soak import Day, soak


@click.group(invoke_without_command=True)
@click.option("--rounds", type=click.IntRange(1), default=10, show_default=True, help="How many.")
@click.option("--seed", type=int, default=None, help="What all is drawn from; without it a new one is made and told.")
@click.option(
    "--first", type=click.IntRange(1), default=1, show_default=True, help="Begin with this round of the seed."
)
@click.option("--every", type=click.IntRange(1), default=10, show_default=True, help="Rounds between two comparisons.")
@click.option("--keep", type=click.Path(path_type=Path), default=None, help="Leave logs and catalog here on a failure.")
@click.pass_context
def main(
    context: click.Context, rounds: int, seed: int | None, first: int, every: int, keep: Path | None
) -> None:  # fmt: skip
    """Run the whole appliance under load while parts of it are killed, frozen, filled up and lied to.

    Afterwards bucket, catalog, links and the clients' own list are compared. The exit code is 1 where a promise was
    broken. The same seed draws the same operations and faults.
    """
    if context.invoked_subcommand is None:
        chosen = random.randrange(1 << 32) if seed is None else seed
        sys.exit(1 if run(Wish(chosen, rounds, first, every, keep), Console()) else 0)


@main.command(name="soak")
@click.option("--hours", type=click.IntRange(4), default=24, show_default=True, help="Simulated.")
@click.option("--minutes", type=float, default=10, show_default=True, help="Real.")
@click.option("--library", type=click.IntRange(0), default=3000, show_default=True, help="Files at the beginning.")
@click.option("--seed", type=int, default=1, show_default=True, help="What the operations are drawn from.")
def soak_command(hours: int, minutes: float, library: int, seed: int) -> None:
    """A working day in minutes, without faults: what memory, open files and database grow by.

    The exit code is 1 where one of them grew by more than 1 % an hour over the last quarter of the day.
    """
    sys.exit(0 if soak(Day(seed, hours, minutes, library), Console(soft_wrap=True)) else 1)


if __name__ == "__main__":
    # What was started and mounted is taken down again at any end but SIGKILL.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    main(prog_name="python -m tests.chaos")
