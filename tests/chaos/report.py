"""What a person sees of a run: a line a round, and the sums at the end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.chaos.schedule import Round


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one round. busy_s: faults and clients; calm_s: until every part was well again; checked: files compared."""

    drawn: Round
    busy_s: float
    calm_s: float
    settled_s: float
    checked: int
    broken: tuple[str, ...]


@dataclass
class Report:
    """Lines above a bar on a terminal, lines alone elsewhere. A context manager."""

    console: Console
    rounds: int
    outcomes: list[Outcome] = field(default_factory=list)

    def __enter__(self) -> "Report":
        self._bar = Progress(
            TextColumn("round"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
            console=self.console, disable=not self.console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=self.rounds)
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def tell(self, outcome: Outcome) -> None:
        """One round is over."""
        self.outcomes.append(outcome)
        operations = sum(map(len, outcome.drawn.clients))
        faults = ", ".join(map(str, outcome.drawn.faults))
        self._say(
            f"{outcome.drawn.number:4}  {outcome.busy_s:5.1f} s + {outcome.calm_s:4.1f} s  {operations:2} operations"
            f"  {faults}"
        )
        if outcome.checked:
            self._say(f"      settled in {outcome.settled_s:.1f} s, {outcome.checked} files compared")
        for line in outcome.broken:
            self._say(f"      BROKEN: {line}")
        self._bar.advance(self._task)

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def sums(self, title: str, numbers: Mapping[str, object]) -> None:
        """One line of figures."""
        shown = ", ".join(f"{name} {number}" for name, number in numbers.items())
        self._say(f"{title}: {shown or 'none'}")

    def counted(self, title: str, counts: Counter[str]) -> None:
        """How often each, the most frequent first."""
        self.sums(title, dict(counts.most_common()))
