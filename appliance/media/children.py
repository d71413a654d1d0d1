"""Child processes that open what others made, and may die of what they find there.

A child is a module of this package that calls `child_loop.serve`. It waits for work, and is replaced after some
number of files or any mishap.
"""

import contextlib
import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.domain.errors import Malformed, ProbeUnavailable, ResourceLimit

_ROOT = str(Path(__file__).parents[2])
# Isolated from the environment and the working folder; the code of the child is that of its parent.
_START = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]); from appliance.media.confined import give_way; "
    "give_way(int(sys.argv[3])); runpy.run_module(sys.argv[2], run_name='__main__')"
)
_FILES_PER_CHILD = 200
_LONGEST_LINE = 4 * 1024 * 1024
_READ_BYTES = 256 * 1024
_PIPE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child says of a file: fields, and bytes where it was asked to make some."""

    fields: Mapping[str, Any]
    body: bytes


class ChildPool:
    """Children of one kind, one per caller at a time. Safe for several threads.

    module: the child's. limit_s: wall-clock seconds a request may take; then its whole process group is killed.
    nice: how far its children stand back behind what people wait for, 0 to 19.
    """

    def __init__(self, module: str, *, limit_s: float, nice: int = 0) -> None:
        self._module = module
        self._nice = nice
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False

    def ask(self, request: Mapping[str, object], body: Iterable[bytes] = (), *, size: int = 0) -> Answer:
        """A child's answer to one request, whose body of `size` bytes it reads before it begins.

        Raises Malformed or ResourceLimit: the file will not get better; ProbeUnavailable: its bytes could not be had,
        or there is no child to look at them.
        """
        child = self._take()
        try:
            answer = child.ask({**request, "body": size}, body, self._limit_s)
        except BaseException:
            self._drop(child)
            raise
        self._put_back(child)
        error, detail = answer.fields.get("error"), str(answer.fields.get("detail", ""))
        if error == "unavailable":
            raise ProbeUnavailable(f"The file could not be read: {detail}.")
        if error == "limit":
            raise ResourceLimit(f"The file cannot be opened within limits: {detail}.")
        if error is not None:
            raise Malformed(f"The file cannot be opened: {detail}.")
        return answer

    def close(self) -> None:
        """End all children; who waits for one gets ProbeUnavailable. Idempotent."""
        with self._lock:
            self._closed = True
            idle, busy = self._idle, tuple(self._busy)
            self._idle = []
        for child in (*idle, *busy):
            child.kill()
        for child in idle:
            child.forget()

    def _take(self) -> "_Child":
        with self._lock:
            if self._closed:
                raise ProbeUnavailable("The appliance is stopping.")
            child = self._idle.pop() if self._idle else _Child(self._module, self._nice)
            self._busy.add(child)
        return child

    def _put_back(self, child: "_Child") -> None:
        with self._lock:
            self._busy.discard(child)
            if not self._closed and child.files < _FILES_PER_CHILD:
                self._idle.append(child)
                return
        self._drop(child)

    def _drop(self, child: "_Child") -> None:
        with self._lock:
            self._busy.discard(child)
        child.kill()
        child.forget()


class _Child:
    """One process. It ends by itself when this process does, whose end closes its input."""

    def __init__(self, module: str, nice: int) -> None:
        self.files = 0
        self._buffer = bytearray()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, _ROOT, module, str(nice)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        if sys.platform == "linux":
            self._widen_pipes()

    def ask(self, request: Mapping[str, object], body: Iterable[bytes], limit_s: float) -> Answer:
        """The child's answer. Raises ResourceLimit where it took too long or died of a limit."""
        self.files += 1
        self._tell(json.dumps(request).encode() + b"\n")
        left = int(str(request["body"]))
        for chunk in body:
            left -= len(chunk)
            if left < 0:
                break
            self._tell(chunk)
        if left:
            raise ProbeUnavailable("The file changed while it was read.")
        deadline = time.monotonic() + limit_s
        line = self._read(deadline, upto=b"\n")
        fields: dict[str, Any] = json.loads(line)
        return Answer(fields, self._read(deadline, length=int(fields.get("body", 0))))

    def _widen_pipes(self) -> None:
        """A picture of some megabytes goes through in a few turns of both processes instead of in hundreds."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            # Refused to an account whose pipes take too much memory already (pipe(7)); they work as they are.
            with contextlib.suppress(OSError):
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def kill(self) -> None:
        """End the whole process group. Idempotent; from any thread, also while another waits for an answer."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def forget(self) -> None:
        """Close what led to it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _tell(self, data: bytes) -> None:
        assert self._process.stdin is not None
        left = memoryview(data)
        try:
            while left:
                left = left[self._process.stdin.write(left) :]
        except OSError:
            raise self._why_it_died() from None

    def _read(self, deadline: float, *, upto: bytes = b"", length: int = 0) -> bytes:
        """One line without its end, or so many bytes."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while len(self._buffer) < length or (upto and upto not in self._buffer):
                if not selector.select(deadline - time.monotonic()):
                    raise ResourceLimit("The file takes longer to open than a file may.")
                data = os.read(self._process.stdout.fileno(), _READ_BYTES)
                if not data or (upto and len(self._buffer) > _LONGEST_LINE):
                    raise self._why_it_died()
                self._buffer += data
        end = self._buffer.index(upto) if upto else length
        found = bytes(self._buffer[:end])
        del self._buffer[: end + len(upto)]
        return found

    def _why_it_died(self) -> Exception:
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return ProbeUnavailable("The process that reads files was ended.")
        if code < 0:
            return ResourceLimit(f"The file ended the process that read it ({signal.Signals(-code).name}).")
        return ProbeUnavailable("The process that reads files cannot run.")
