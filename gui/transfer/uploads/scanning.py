"""Finds the files in what a person dropped."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gui.transfer.errors import SourceError, shown
from gui.transfer.names import text_of

_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and the folder on the appliance that it goes to. error: why it cannot be sent, '' where it can."""

    source: Path
    folder: str
    size: int
    mtime_ns: int
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is no file, and is left out."""

    text: str


def scan(sources: Sequence[Path], folder: str) -> Iterator[Found | Note]:
    """Files in the order of their names; folders keep their structure below `folder`. Links are followed, but not in
    circles."""
    for source in sources:
        try:
            status = source.stat()
        except OSError as error:
            yield Found(source, folder, 0, 0, SourceError.of(source, error))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(source, _below(folder, source), ((status.st_dev, status.st_ino),))
        else:
            yield _file(source, folder, status)


def _walk(folder: Path, target: str, above: tuple[tuple[int, int], ...]) -> Iterator[Found | Note]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError as error:
        yield Found(folder, target, 0, 0, SourceError.of(folder, error))
        return
    if not names:
        yield Note(f"{shown(folder)} is empty; an empty folder has no place on the appliance.")
    for name in names:
        path = folder / name
        try:
            status = path.stat()
        except OSError as error:
            yield Found(path, target, 0, 0, SourceError.of(path, error))
            continue
        if not stat.S_ISDIR(status.st_mode):
            yield _file(path, target, status)
            continue
        identity = (status.st_dev, status.st_ino)
        if len(above) >= _DEEPEST:
            yield Note(f"{shown(path)} lies deeper than {_DEEPEST} folders; it was left out.")
        elif identity in above:
            yield Note(f"{shown(path)} leads back to a folder that it is in; it was left out.")
        else:
            yield from _walk(path, _below(target, path), (*above, identity))


def _file(path: Path, folder: str, status: os.stat_result) -> Found | Note:
    if not stat.S_ISREG(status.st_mode):
        return Note(f"{shown(path)} is no file but a device or a pipe; it was left out.")
    return Found(path, folder, status.st_size, status.st_mtime_ns)


def _below(target: str, folder: Path) -> str:
    """A folder's name stays one name, whatever is in it."""
    name = text_of(folder.name).replace("\\", "_")
    return f"{target}/{name}" if target and name else name or target
