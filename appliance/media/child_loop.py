"""What every child does but its work: limits, isolation, one JSON line in and one out for each file.

A line may announce a body of bytes that follows it: `"body": 1234`. Nothing of the appliance that knows secrets is
imported in a child; it has no environment, writes no files and has no credentials.
"""

import ctypes
import gc
import json
import os
import queue
import resource
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appliance.media.confined import WITH_TCP, landlock

_MEMORY = 3 * 1024**3
_CPU_SECONDS = 20
_OPEN_FILES = 64
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_NOBODY = 65534


class Unavailable(Exception):
    """The store did not give us the bytes."""


class Limit(Exception):
    """More work than a file may cause."""


@dataclass(frozen=True, slots=True)
class Reply:
    """fields: the line. body: bytes that follow it."""

    fields: dict[str, Any]
    body: bytes = b""


Work = Callable[[dict[str, Any], bytes], Reply]


@dataclass(frozen=True, slots=True)
class Walls:
    """What a child was kept from. network: it reaches nobody. files: it opens nothing of ours."""

    network: bool
    files: bool


def isolate(*, network: bool = False) -> Walls:
    """Leave the network (unless it is needed), the files and root's rights behind, as far as the system lets us.

    Call before any thread is started, after all imports. Limits, and what a child is given, hold without it: this is
    the second wall.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    is_root = os.geteuid() == 0
    alone = False
    if sys.platform == "linux" and not network:
        alone = libc.unshare(_CLONE_NEWNET if is_root else _CLONE_NEWUSER | _CLONE_NEWNET) == 0
    version = 0
    if sys.platform == "linux":
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # Python's own files, and what names of hosts and fonts are looked up in.
        version = landlock(libc, (sys.prefix, sys.base_prefix, "/etc"), (), None, anywhere=network)
    if is_root:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    return Walls(alone or (version >= WITH_TCP and not network), version > 0 or is_root)


def serve(work: Work, *, memory: int = _MEMORY, cpu_seconds: int = _CPU_SECONDS) -> None:
    """Answer requests until standard input ends; then end at once, also in the middle of a file.

    memory: bytes of address space. cpu_seconds: processor time for one file; the kernel ends us beyond it.
    """
    _, hard_cpu = resource.getrlimit(resource.RLIMIT_CPU)
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(limit, (value, value))
    requests: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
    threading.Thread(target=_feed, args=(requests,), daemon=True).start()
    # What was imported stays; leaving it out makes each look for garbage take a millisecond.
    gc.freeze()
    try:
        while True:
            _answer(work, requests.get(), cpu_seconds, hard_cpu)
            _let_go()
    finally:
        # A defect. The interpreter's own way out would trip over the thread that waits at standard input.
        os._exit(1)


def _answer(work: Work, asked: tuple[dict[str, Any], bytes], cpu_seconds: int, hard_cpu: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard_cpu))
    reply = _attempt(work, *asked)
    line = json.dumps({**reply.fields, "body": len(reply.body)}).encode()
    sys.stdout.buffer.write(line + b"\n" + reply.body)
    sys.stdout.buffer.flush()


def _let_go() -> None:
    """Give back what the last file took, which may be hundreds of megabytes: the next one may be days away.

    A decoder, its frames and the generator that gives them refer to each other, so nobody but the collector frees them.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _attempt(work: Work, request: dict[str, Any], body: bytes) -> Reply:
    try:
        return work(request, body)
    except Unavailable as error:
        return Reply({"error": "unavailable", "detail": str(error)})
    except (Limit, MemoryError) as error:
        return Reply({"error": "limit", "detail": str(error) or "it takes more memory than a file may"})
    except ValueError as error:
        return Reply({"error": "malformed", "detail": str(error)})


def _feed(requests: "queue.SimpleQueue[tuple[dict[str, Any], bytes]]") -> None:
    stdin = sys.stdin.buffer
    while line := stdin.readline():
        request = json.loads(line)
        size = request.get("body", 0)
        body = stdin.read(size) if size else b""
        if len(body) < size:
            break
        requests.put((request, body))
    os._exit(0)
