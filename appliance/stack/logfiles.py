"""Log files that stay bounded while processes write into them: each is cut at a size, and a few older pieces are kept.

The processes write by descriptors that they inherited, open for appending, and know nothing of files; so what is cut
off is copied, and the file itself emptied in place. A line that falls between the two is lost.
"""

import contextlib
import itertools
import os
import shutil
from pathlib import Path

LOG_BYTES = 10 * 1024 * 1024
_KEPT = 3


def bound(folder: Path) -> None:
    """Cut every log in `folder` that is over its size. A full disk costs the older pieces, never the bound."""
    for log in folder.glob("*.log"):
        with contextlib.suppress(FileNotFoundError):
            if log.stat().st_size > LOG_BYTES:
                _cut(log)


def _cut(log: Path) -> None:
    pieces = [log.with_name(f"{log.name}.{number}") for number in range(1, _KEPT + 1)]
    for newer, older in reversed(list(itertools.pairwise(pieces))):
        if newer.exists():
            newer.replace(older)
    try:
        shutil.copyfile(log, pieces[0])
    except OSError:
        pieces[0].unlink(missing_ok=True)
    os.truncate(log, 0)
