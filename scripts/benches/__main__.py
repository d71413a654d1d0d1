"""Runs benches by name, prints a table, and as the last line one JSON object for the last name."""

import json
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

COLUMNS = ("bench", "ours", "peer", "unit", "ratio", "aim", "p50", "p99")


def names() -> list[str]:
    """All benches there are."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main(chosen: list[str]) -> int:
    """2 for a name that is none."""
    unknown = set(chosen) - set(names())
    if unknown or not chosen:
        print(f"No such bench: {', '.join(sorted(unknown))}." if unknown else "scripts/bench NAME…", file=sys.stderr)
        print(f"There are: {', '.join(names())}.", file=sys.stderr)
        return 2
    results = []
    for name in chosen:
        print(f"{name} …", file=sys.stderr, flush=True)
        results.append(import_module(f"scripts.benches.{name}").run())
    table = Table(*COLUMNS)
    for result in results:
        table.add_row(*(str(result.get(column, "")) for column in COLUMNS))
    Console().print(table)
    print(json.dumps(results[-1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
