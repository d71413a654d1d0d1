"""Takes a local file away after the appliance has it: deleted or moved, and never another file than the one sent."""

import errno
import filecmp
import itertools
import os
import shutil
from enum import Enum
from pathlib import Path

from gui.transfer.hotfolders.disk import TAKEN, Version

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES})


class Outcome(Enum):
    """TAKEN_AWAY: it is gone from its place, or somebody else took it. CHANGED: it is not what was sent; it stays."""

    TAKEN_AWAY = "taken away"
    CHANGED = "changed"


def take_away(source: Path, version: Version, target: Path | None, mark: int) -> Outcome:
    """Delete `source`, or move it to `target`, under a numbered name where that one is taken.

    The file is first renamed to a hidden name and looked at again there, so that one which was put in its place or
    written to meanwhile is never touched. mark: the same number again lets a call go on that a crash broke off.
    version: what was sent. Raises OSError where the disk does not let it; the file is where it was then.
    """
    taken = source.with_name(f"{TAKEN}{mark}")
    if not taken.exists():
        try:
            if not Version.of(source.lstat()).same_bytes(version):
                return Outcome.CHANGED
            source.rename(taken)
        except FileNotFoundError:
            return Outcome.TAKEN_AWAY
    if not Version.of(taken.lstat()).same_bytes(version):
        _place(taken, source)
        return Outcome.CHANGED
    try:
        if target is None:
            taken.unlink()
        else:
            _move(taken, target, mark)
    except OSError:
        _place(taken, source)
        raise
    return Outcome.TAKEN_AWAY


def _move(taken: Path, target: Path, mark: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if taken.lstat().st_dev == target.parent.stat().st_dev:
        _place(taken, target)
        return
    draft = target.with_name(f"{TAKEN}{mark}")
    shutil.copy2(taken, draft)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    _place(draft, target)
    taken.unlink()


def _place(held: Path, wanted: Path) -> None:
    """Give the file its name, or a numbered one; a file that lies there with the very same bytes will do."""
    for name in _names(wanted):
        try:
            _rename_to_free(held, name)
        except FileExistsError:
            if _same_bytes(held, name):
                held.unlink()
                return
        else:
            return


def _rename_to_free(held: Path, name: Path) -> None:
    """A rename that refuses a name in use, by a second link, which is one step; where there are none, as near to it
    as the disk lets one."""
    try:
        name.hardlink_to(held)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if name.exists():
            raise FileExistsError(errno.EEXIST, "in use", str(name)) from error
        held.rename(name)
    else:
        held.unlink()


def _names(wanted: Path) -> "itertools.chain[Path]":
    numbered = (wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}") for number in itertools.count(2))
    return itertools.chain([wanted], numbered)


def _same_bytes(one: Path, two: Path) -> bool:
    return one.samefile(two) or (two.is_file() and filecmp.cmp(one, two, shallow=False))
