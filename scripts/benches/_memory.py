"""How much memory this process had."""

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def most_resident() -> int:
    """The most bytes resident so far. Of this program alone: what getrusage says begins with what its parent had."""
    if _STATUS.exists():
        (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
