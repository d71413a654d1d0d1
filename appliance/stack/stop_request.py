"""SIGINT and SIGTERM as a value that a loop can look at and wait for."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self


class StopRequest:
    """A context manager of the main thread: inside it the two signals set `made` instead of ending the process.

    `wait` returns early for them, and for the end of a child.
    """

    def __init__(self) -> None:
        self.made = False
        self._reader, self._writer = -1, -1
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        os.set_blocking(self._reader, False)
        self._before = {
            signal.SIGINT: signal.signal(signal.SIGINT, self._ask),
            signal.SIGTERM: signal.signal(signal.SIGTERM, self._ask),
            signal.SIGCHLD: signal.signal(signal.SIGCHLD, self._wake),
        }
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        os.close(self._reader)
        os.close(self._writer)

    def wait(self, seconds: float) -> None:
        """Return after that many seconds, or as soon as something happened."""
        ready, _, _ = select.select([self._reader], [], [], seconds)
        if ready:
            os.read(self._reader, 4096)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.made = True

    def _wake(self, number: int, frame: FrameType | None) -> None:
        """The signal's byte in the pipe is all that is needed."""
