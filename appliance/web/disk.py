"""How much room the disk of the data folder has."""

import shutil
import time
from functools import lru_cache


def free_bytes(folder: str) -> int:
    """Bytes free on the disk of `folder`, at most a second old: a call into the system lets other threads go first."""
    return _free_bytes(folder, int(time.monotonic()))


@lru_cache(maxsize=4)
def _free_bytes(folder: str, second: int) -> int:
    return shutil.disk_usage(folder).free
