"""Whether a hot folder is really there, and what lies in it. Nothing is opened or held open."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gui.transfer.hotfolders.patterns import Patterns

#: How files are called for the moment in which they are taken away; hidden, so that no folder sees them as new.
TAKEN = ".media-upload-"
#: What a drive answers that went away while it was read.
_GONE = frozenset({
    errno.ENOTCONN, errno.ESTALE, errno.EIO, errno.ENODEV, errno.ENXIO, errno.EHOSTDOWN, errno.EHOSTUNREACH,
    errno.ETIMEDOUT,
})  # fmt: skip


class RootAway(Exception):
    """The folder cannot be looked into now; `str(error)` is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Version:
    """A file as the disk shows it. size in bytes. inode: 0 where the system has none."""

    size: int
    mtime_ns: int
    inode: int = 0

    @classmethod
    def of(cls, status: os.stat_result) -> "Version":
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)

    def same_bytes(self, other: "Version") -> bool:
        """As far as size and time tell."""
        return (self.size, self.mtime_ns) == (other.size, other.mtime_ns)


@dataclass(slots=True)
class Scan:
    """Files by path relative to the root, with `/`. notes: sentences on what could not be read."""

    files: dict[str, Version] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def mount_of(path: Path) -> str:
    """The mount point or drive that the path lies on."""
    for candidate in (path, *path.parents):
        if os.path.ismount(candidate):
            return str(candidate)
    return path.anchor


def check_root(root: Path, mount: str) -> tuple[str, tuple[int, int]]:
    """The mount point that the root lies on now, and its device and inode; RootAway where that is not what it was.

    mount: where it was when it was last seen, '' at first. A drive that is not mounted leaves an empty folder behind,
    which is told from the real one by lying on the mount above. A mount that came between is taken as the new place.
    """
    try:
        status = root.stat()
        now = mount_of(root)
    except OSError as error:
        raise RootAway(_why(root, error)) from error
    if not stat.S_ISDIR(status.st_mode):
        raise RootAway(f"{root} is no folder.")
    if mount and now != mount and Path(mount).is_relative_to(now):
        raise RootAway(f"The drive at {mount} is not mounted; it goes on as soon as it is back.")
    return now, (status.st_dev, status.st_ino)


def scan(root: Path, patterns: Patterns, excluded: Path | None) -> Scan:
    """Every file that the patterns mean, in folders below too; links are left alone.

    excluded: a folder that is not looked into. RootAway where the root cannot be read or vanishes meanwhile.
    """
    found = Scan()
    for path, status in _walk(root, patterns, str(excluded) if excluded else "", found.notes):
        found.files[path] = Version.of(status)
    return found


def _walk(root: Path, patterns: Patterns, excluded: str, notes: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    folders = [""]
    while folders:
        prefix = folders.pop()
        for entry in _listed(root, prefix, notes):
            path = prefix + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.path != excluded and patterns.enters(path):
                        folders.append(f"{path}/")
                elif entry.is_file(follow_symlinks=False) and not entry.name.startswith(TAKEN) and patterns.wants(path):
                    # Not entry.stat(): Windows keeps an older one there, without inode and with a stale size.
                    yield path, os.lstat(entry.path)
            except OSError as error:
                _note(root, path, error, notes)


def _listed(root: Path, prefix: str, notes: list[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root / prefix) as entries:
            return list(entries)
    except OSError as error:
        if not prefix:
            raise RootAway(_why(root, error)) from error
        _note(root, prefix.rstrip("/"), error, notes)
        return []


def _note(root: Path, path: str, error: OSError, notes: list[str]) -> None:
    """What went meanwhile is nothing to tell of, a drive that went is the end of the scan."""
    if error.errno in _GONE:
        raise RootAway(_why(root, error)) from error
    if error.errno != errno.ENOENT:
        notes.append(f"{path} cannot be read: {error.strerror}.")


def _why(root: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{root} is not there; it goes on as soon as it is back."
    if isinstance(error, PermissionError):
        return f"{root} may not be read by this user."
    return f"{root} does not answer: {error.strerror or error}; it goes on as soon as it does."
