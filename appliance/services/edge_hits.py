"""Counts what the edge's cache answered. nginx writes a short line for each request, without path or address."""

import fcntl
import re
from collections.abc import Callable
from pathlib import Path

_LINE = re.compile(r"([A-Z]*|-) ([0-9]{3}) ([0-9]{1,18})")


class EdgeHits:
    """Empties the file each time it has counted it, so it stays small and each line is counted by one process.

    A line that nginx writes between the last look and the emptying is lost: these are figures, not bills.
    """

    def __init__(self, log: Path, served: Callable[[str, str, int], None]) -> None:
        """served: told of each request, as Figures.served."""
        self._log = log
        self._served = served

    def run(self) -> int:
        """How many requests were counted; none where another process is at it, or the edge is elsewhere."""
        try:
            with self._log.open("r+", encoding="ascii", errors="replace") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                counted = sum(self._count(line) for line in file)
                if counted:
                    file.truncate(0)
                return counted
        except (FileNotFoundError, PermissionError, BlockingIOError):
            return 0

    def _count(self, line: str) -> bool:
        match = _LINE.fullmatch(line.rstrip("\n"))
        if match is not None:
            self._served(match[1].strip("-").lower() or "none", match[2], int(match[3]))
        return True
