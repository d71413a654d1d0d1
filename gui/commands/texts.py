"""What goes to a terminal or a log: sentences on stderr, links and JSON on stdout."""

from collections.abc import Callable

import click

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130
EXIT_CODES = (
    "Exit codes: 0 all is done; 1 a file was refused, failed or, with --wait, could not be processed; "
    "2 wrong usage, no address or valid key, or no answer from the appliance; 130 interrupted."
)
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")

Tell = Callable[[str], None]


def tell(text: str) -> None:
    """A sentence for a person."""
    click.echo(printable(text), err=True)


def printable(text: str) -> str:
    """Fit for a terminal: what a file's name may hold that would move its cursor, or is no text, is replaced."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def size_of(count: float) -> str:
    """Bytes for people, in units of 1000."""
    unit = 0
    while count >= 999.5 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 or count >= 99.5 else f"{count:.1f} {_UNITS[unit]}"


def files_of(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
