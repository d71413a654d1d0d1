"""How an upload looks while it runs: bars on a terminal, now and then a line elsewhere."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from gui.commands.texts import files_of, printable, size_of, tell
from gui.transfer.transfers import State, Transfer

_NAME_CELLS = 26
_MOST_BARS = 5
_LINE_EVERY_S = 30.0


class Showing(Protocol):
    """files, size: of all that is to be sent, in bytes."""

    def update(self, rows: Collection[Transfer], files: int, size: int) -> None: ...

    @contextmanager
    def above(self) -> Iterator[None]:
        """While something else is printed."""
        yield

    def close(self) -> None: ...


def showing() -> Showing:
    """What suits this terminal, or its absence."""
    console = Console(stderr=True)
    return Bars(console) if console.is_terminal else Lines()


class Lines:
    """A line every half minute, for logs."""

    def __init__(self) -> None:
        self._due = time.monotonic() + _LINE_EVERY_S

    def update(self, rows: Collection[Transfer], files: int, size: int) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _LINE_EVERY_S
            done = sum(row.state is State.DONE for row in rows)
            tell(f"{done} of {files_of(files)}, {size_of(_sent(rows))} of {size_of(size)}, {_speed(rows)}")

    @contextmanager
    def above(self) -> Iterator[None]:
        yield

    def close(self) -> None:
        """Nothing is open."""


class Bars:
    """One bar for all, and one for each of the files that are on their way; fits 80 columns."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begin()

    def _begin(self) -> None:
        text = "[progress.download]"
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn(f"{text}{{task.percentage:>3.0f}}%"),
            TextColumn(f"{text}{{task.fields[size]:>7}}"),
            TextColumn("[progress.data.speed]{task.fields[speed]:>9}"),
            TextColumn("[progress.remaining]{task.fields[left]:>8}"),
            console=self._console,
            transient=True,
            expand=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._all: TaskID | None = None
        self._bars: dict[int, TaskID] = {}
        self._progress.start()

    def update(self, rows: Collection[Transfer], files: int, size: int) -> None:
        done = sum(row.state is State.DONE for row in rows)
        if files > 1:
            self._all = self._put(
                self._all, f"{done} of {files_of(files)}", _sent(rows), size, _speed(rows), _left(rows, size)
            )
        active = {row.id: row for row in rows if row.state in (State.SENDING, State.FINISHING, State.SUSPENDED)}
        for gone in self._bars.keys() - active.keys():
            self._progress.remove_task(self._bars.pop(gone))
        for row in active.values():
            if row.id in self._bars or len(self._bars) < _MOST_BARS:
                speed = "waiting" if row.state is State.SUSPENDED else _rate(row.speed)
                self._bars[row.id] = self._put(
                    self._bars.get(row.id), row.name, row.sent, row.size, speed, _clock(row.remaining_s)
                )

    @contextmanager
    def above(self) -> Iterator[None]:
        self._progress.stop()
        yield
        # A new one: started again, it would first clear as many lines as it had before.
        self._begin()

    def close(self) -> None:
        self._progress.stop()

    def _put(self, task: TaskID | None, name: str, sent: int, size: int, speed: str, left: str) -> TaskID:
        name = _shortened(printable(name))
        # An empty file is as whole as can be; a bar of nothing would look unfinished.
        values = {"total": max(size, 1), "completed": sent if size else 1}
        fields = {"size": size_of(size), "speed": speed, "left": left}
        if task is None:
            return self._progress.add_task(name, **values, **fields)  # type: ignore[arg-type]
        self._progress.update(task, description=name, **values, **fields)  # type: ignore[arg-type]
        return task


def _shortened(name: str) -> str:
    """To the width of its column; what tells files of one camera apart is at the end."""
    if cell_len(name) > _NAME_CELLS:
        half = _NAME_CELLS // 2
        name = f"{set_cell_size(name, half - 1)}…{name[-half:]}"
    return set_cell_size(name, _NAME_CELLS)


def _sent(rows: Collection[Transfer]) -> int:
    return sum(row.size if row.state is State.DONE else row.sent for row in rows)


def _speed(rows: Collection[Transfer]) -> str:
    return _rate(sum(row.speed for row in rows if row.active))


def _rate(speed: float) -> str:
    return f"{size_of(speed)}/s" if speed else ""


def _left(rows: Collection[Transfer], size: int) -> str:
    speed = sum(row.speed for row in rows if row.active)
    return _clock((size - _sent(rows)) / speed if speed else None)


def _clock(seconds: float | None) -> str:
    """h:mm:ss, '' where it cannot be told."""
    if seconds is None or seconds > 359_999:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
