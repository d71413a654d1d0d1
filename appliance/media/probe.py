"""Looking into media files, in child processes that may die of what they find there."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.domain.errors import Malformed, ProbeUnavailable, ResourceLimit
from appliance.domain.kinds import Kind
from appliance.domain.media import MediaFacts
from appliance.domain.sources import Source
from appliance.media.analysis import source_of
from appliance.media.facts import facts_of

_CHILD = str(Path(__file__).with_name("probe_child.py"))
_FILES_PER_CHILD = 200
_LONGEST_ANSWER = 4 * 1024 * 1024
_READ_BYTES = 64 * 1024


class Probe:
    """Children that wait for work, one per caller at a time, replaced after 200 files or any mishap.

    A child has limits on memory and processor time, writes no files, knows no credentials, and is killed with its
    process group when a file takes longer than `limit_s` seconds. Safe for several threads.
    """

    def __init__(self, *, limit_s: float = 60.0) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False

    def probe(self, url: str, *, kind: Kind, ext: str) -> MediaFacts:
        """What is behind an HTTP URL, read by ranges: a large file costs little more than a small one.

        kind, ext: what its name says. Raises Malformed, TypeMismatch, ResourceLimit: the file will not get better;
        ProbeUnavailable: the store did not give us its bytes.
        """
        return facts_of(self._ask({"url": url}), kind, ext)

    def analyse(self, location: str) -> Source:
        """What an encoder must know of the file behind an HTTP URL or a path; some seconds of it are read.

        Raises as `probe` does.
        """
        return source_of(self._ask({"url": location, "closely": True}))

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

    def _ask(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        child = self._take()
        try:
            answer = child.ask(request, self._limit_s)
        except BaseException:
            self._drop(child)
            raise
        self._put_back(child)
        error, detail = answer.get("error"), str(answer.get("detail", ""))
        if error == "unavailable":
            raise ProbeUnavailable(f"The file could not be read: {detail}.")
        if error == "limit":
            raise ResourceLimit(f"The file cannot be opened within limits: {detail}.")
        if error is not None:
            raise Malformed(f"The file cannot be opened: {detail}.")
        facts: Mapping[str, Any] = answer["facts"]
        return facts

    def _take(self) -> "_Child":
        with self._lock:
            if self._closed:
                raise ProbeUnavailable("The probe is closing.")
            child = self._idle.pop() if self._idle else None
        child = child or _Child()
        with self._lock:
            self._busy.add(child)
        return child

    def _put_back(self, child: "_Child") -> None:
        if child.files >= _FILES_PER_CHILD:
            self._drop(child)
            return
        with self._lock:
            self._busy.discard(child)
            if not self._closed:
                self._idle.append(child)
                return
        self._drop(child)

    def _drop(self, child: "_Child") -> None:
        with self._lock:
            self._busy.discard(child)
        child.kill()
        child.forget()


class _Child:
    """One process of probe_child.py. It ends by itself when this process does, whose end closes its input."""

    def __init__(self) -> None:
        self.files = 0
        self._buffer = b""
        self._process = subprocess.Popen(
            [sys.executable, "-I", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )

    def ask(self, request: Mapping[str, object], limit_s: float) -> dict[str, Any]:
        """The child's answer. Raises ResourceLimit where it took too long or died of a limit."""
        self.files += 1
        try:
            self._write(json.dumps(request).encode() + b"\n")
            line = self._read_line(time.monotonic() + limit_s)
        except OSError:
            line = None
        if line is None:
            raise self._why_it_died()
        answer: dict[str, Any] = json.loads(line)
        return answer

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

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    def _read_line(self, deadline: float) -> bytes | None:
        """One line; None where the child ended instead."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer and len(self._buffer) < _LONGEST_ANSWER:
                if not selector.select(deadline - time.monotonic()):
                    raise ResourceLimit("The file takes longer to open than a file may.")
                data = os.read(self._process.stdout.fileno(), _READ_BYTES)
                if not data:
                    return None
                self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _why_it_died(self) -> Exception:
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return ProbeUnavailable("The process that reads files was ended.")
        if code < 0:
            return ResourceLimit(f"The file ended the process that read it ({signal.Signals(-code).name}).")
        return ProbeUnavailable("The process that reads files cannot run.")
