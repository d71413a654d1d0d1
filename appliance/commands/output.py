"""What commands print: tables for people, JSON for programs."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from appliance.domain.sizes import readable as size

__all__ = ["json_option", "show_json", "show_rows", "size", "when"]

Row = Mapping[str, Any]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_FILE_ID_LENGTH = 36


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json` on a command."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for programs instead of a table.")(command)


def show_json(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=1, ensure_ascii=False))


def show_rows(rows: Sequence[Row], columns: Mapping[str, str], *, as_json: bool, empty: str) -> None:
    """A list. columns: heading by field, what the table shows of it; JSON has every field.

    The first column is what people copy into the next command: up to a file id's length it is not broken.

    empty: the sentence for a person where there is nothing.
    """
    if as_json:
        show_json(list(rows))
        return
    if not rows:
        click.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for field, heading in columns.items():
        copied = field == next(iter(columns)) and max(len(str(row[field])) for row in rows) <= _FILE_ID_LENGTH
        table.add_column(heading, overflow="fold", no_wrap=copied)
    for row in rows:
        table.add_row(*(_cell(row[field]) for field in columns))
    Console(highlight=False, markup=False, emoji=False).print(table)


def when(microseconds: int | None) -> str | None:
    """Unix microseconds as RFC 3339 in UTC, to the second."""
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, str) and _TIME.fullmatch(value):
        return f"{value[:10]} {value[11:16]}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
