"""A small process that outlives the supervisor by seconds and ends what it left behind.

The supervisor tells it process groups over a pipe (`+123` and `-123`, a line each). When the pipe ends, the
supervisor is gone, by SIGKILL perhaps: the groups still known get SIGTERM and, a few seconds later, SIGKILL.
The kernel's own way (PR_SET_PDEATHSIG) reaches only the children, not theirs, and can be ignored.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE_SECONDS = 5.0


class Guardian:
    """The supervisor's side. `watch` and `forget` never fail for a guardian that died: another one takes over."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._process = self._start()

    def watch(self, group: int) -> None:
        """From now on this process group does not outlive the caller."""
        self._groups.add(group)
        self._say(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended."""
        self._groups.discard(group)
        self._say(f"-{group}\n")

    def check(self) -> None:
        """Put another one in the place of a guardian that died."""
        if self._process.poll() is not None:
            self._replace()

    def close(self) -> None:
        """End the guardian; groups that are still watched end with it."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        # -I -S: it needs nothing but the standard library, and starts in a few milliseconds.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__))], stdin=subprocess.PIPE, start_new_session=True, bufsize=0
        )

    def _say(self, line: str) -> None:
        try:
            self._write(line)
        except BrokenPipeError:
            self._replace()

    def _replace(self) -> None:
        self.close()
        self._process = self._start()
        self._write("".join(f"+{group}\n" for group in self._groups))

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())


def end_groups(groups: set[int], grace_s: float) -> None:
    """SIGTERM to all, then, to those that still live after `grace_s` seconds, SIGKILL."""
    alive = {group for group in groups if _send(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_s
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = {group for group in alive if _send(group, 0)}
    for group in alive:
        _send(group, signal.SIGKILL)


def _send(group: int, signal_number: int) -> bool:
    try:
        os.killpg(group, signal_number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """The guardian itself."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    end_groups(groups, GRACE_SECONDS)


if __name__ == "__main__":
    main()
