"""What a person named on the command line, as files in the order given."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gui.transfer.errors import SourceMissing
from gui.transfer.uploads.scanning import Found, Note, scan

Key = tuple[Path, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file. shown: its path as the command line had it. error: why it cannot be sent, '' where it can."""

    source: Path
    folder: str
    shown: str
    size: int
    error: str = ""

    @property
    def key(self) -> Key:
        """By what the engine's rows are recognized."""
        return self.source, self.folder

    @property
    def name(self) -> str:
        return self.source.name


def find(named: Sequence[Path], folder: str) -> Iterator[Wanted | Note]:
    """Every file of what was named; a folder's are below its own name in `folder`."""
    for one in scan(named, folder):
        yield one if isinstance(one, Note) else _wanted(one, one.source in named)


def _wanted(found: Found, named: bool) -> Wanted:
    source = Path(os.path.abspath(found.source))  # noqa: PTH100 - links keep their names
    if found.error is None:
        return Wanted(source, found.folder, str(found.source), found.size)
    absent = named and isinstance(found.error, SourceMissing)
    error = "there is no such file or folder." if absent else str(found.error)
    return Wanted(source, found.folder, str(found.source), 0, error)
