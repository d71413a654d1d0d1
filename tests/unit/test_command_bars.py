"""What media-upload shows on a terminal of 80 columns, as the terminal shows it."""

import io
import re
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from gui.commands.showing import Bars
from gui.transfer.transfers import State, Transfer

WIDTH = 80
MIB = 1024 * 1024
_STEP = re.compile(r"\x1b\[(?P<number>[0-9;?]*)(?P<letter>[A-Za-z])|(?P<text>[^\x1b])", re.DOTALL)


def screen(written: str) -> list[str]:
    """The lines that are left after a terminal has followed what was written."""
    lines, row, column = [""], 0, 0
    for step in _STEP.finditer(written):
        letter, text = step["letter"], step["text"]
        if letter == "A":
            row = max(0, row - int(step["number"] or 1))
        elif letter == "K":
            lines[row] = ""
        elif text == "\r":
            column = 0
        elif text == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif text is not None:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]


def transfer(number: int, **more: object) -> Transfer:
    made = Transfer(
        id=number, batch_id="b", connection="c", source=Path(f"{number}.mov"), name=f"film [bold] {number}" * 4,
        folder="", size=100 * MIB, state=State.SENDING, created_at=1, sent=number * MIB, speed=12.3e6, remaining_s=3700,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_bars_fit_and_give_way_to_what_is_printed() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=WIDTH, color_system=None, legacy_windows=False)
    bars = Bars(console)
    rows = [transfer(number) for number in range(1, 9)]
    printed = []
    for round_ in range(6):
        bars.update(rows, 31, 800 * MIB)
        bars._progress.refresh()
        shown = screen(written.getvalue())
        assert all(len(line) <= WIDTH for line in shown)
        with bars.above():
            for word in ("name: sent.", "http://link"):
                written.write(f"{round_} {word}\n")
                printed.append(f"{round_} {word}")
        rows[round_] = transfer(rows[round_].id, state=State.DONE)
        assert screen(written.getvalue())[: len(printed)] == printed
    bars.close()
    assert screen(written.getvalue()) == printed


def test_the_bars_say_how_far_all_and_each_are() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=WIDTH, color_system=None, legacy_windows=False)
    bars = Bars(console)
    rows = [transfer(1, state=State.DONE), transfer(2), transfer(3, state=State.SUSPENDED, remaining_s=None)]
    bars.update(rows, 3, 300 * MIB)
    bars._progress.refresh()
    first, *others = screen(written.getvalue())
    bars.close()
    assert first.startswith("1 of 3 files")
    assert " 315 MB" in first
    assert "12.3 MB/s" in first
    assert [line.split()[0] for line in others] == ["film", "film"]
    assert "1:01:40" in others[0]
    assert "waiting" in others[1]
