"""The step between the appliance and a program that works on untrusted bytes: gives up rights, then becomes it.

Run as a script of its own (standard library alone); the order is one JSON object in the first argument. What the
kernel offers is taken: resource limits always; a user and network namespace of its own; Landlock, which leaves it the
files named and no TCP but to the feed. It answers once over the socket `control`, with the feed's listening socket.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SOURCE = "{source}"
FEED_PATH = "/source"

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_INSIDE_ID = 65534
# Landlock: linux/landlock.h. The system call numbers are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
#: The version that knows of TCP.
WITH_TCP = 4
_PATH_BENEATH, _NET_PORT = 1, 2
_EXECUTE, _WRITE, _READ, _READ_DIR, _TRUNCATE, _IOCTL = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_CONNECT_TCP = 1 << 1
_FS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/alternatives", "/nix/store")
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")


def confine(order: dict[str, Any]) -> None:
    """Give up rights as ordered and become the program; returns never."""
    libc = ctypes.CDLL(None, use_errno=True)
    for name, value in order["limits"].items():
        _limit(getattr(resource, name), value)
    give_way(order["nice"])
    alone = sys.platform == "linux" and _leave_network(libc)
    if sys.platform == "linux":
        # After the namespace: a change of credentials forgets it.
        _end_with(libc, order["parent"])
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    feed = _listen() if order["feed"] else None
    port = feed.getsockname()[1] if feed else None
    version = landlock(libc, order["reads"], order["writes"], port) if sys.platform == "linux" else 0
    with socket.socket(fileno=order["control"]) as control:
        report = json.dumps({"network": alone or version >= WITH_TCP, "files": version > 0}).encode()
        socket.send_fds(control, [report], [feed.fileno()] if feed else [])
    source = f"http://127.0.0.1:{port}{FEED_PATH}" if feed else order["source"]
    if feed:
        feed.close()
    program = [source if part == SOURCE else part for part in order["program"]]
    environment = {"LC_ALL": "C.UTF-8", "TMPDIR": order["folder"], "HOME": order["folder"]}
    os.execve(program[0], program, environment)  # noqa: S606 (no shell is what is wanted)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def give_way(nice: int) -> None:
    """Make a process that leads a session of its own nicer by so much.

    Where Linux shares the processor out by session, the niceness of a process counts only within its own (sched(7),
    "The autogroup feature"), so the session has to be nice too.
    """
    os.nice(nice)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


def _end_with(libc: Any, parent: int) -> None:
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _leave_network(libc: Any) -> bool:
    """Whether the process now has a network of its own, in which there is nothing but its loopback."""
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) != 0:
        return False
    # Files are made with an id that has to be mapped; inside, it is nobody's, so the program starts without rights.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{_INSIDE_ID} {group} 1")
    Path("/proc/self/uid_map").write_text(f"{_INSIDE_ID} {user} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name = b"lo".ljust(16, b"\0")
        (flags,) = struct.unpack_from("<16xH", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, name + bytes(24)))
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, name + struct.pack("<H22x", flags | _IFF_UP))
    return True


def _listen() -> socket.socket:
    feed = socket.socket()
    feed.bind(("127.0.0.1", 0))
    feed.listen(16)
    return feed


def landlock(
    libc: Any, reads: Sequence[str], writes: Sequence[str], port: int | None, *, anywhere: bool = False
) -> int:
    """Keep the thread, and what it starts, to the files named and to one TCP port; it needs PR_SET_NO_NEW_PRIVS.

    anywhere: leave it all of the network. Returns the version that did so, 0 where there is none.
    """
    version: int = libc.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return 0
    everything = (1 << _FS_BITS.get(version, 16)) - 1
    attributes = struct.pack("=QQ", everything, 3)[: 16 if version >= WITH_TCP and not anywhere else 8]
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return 0
    for path in (*_SYSTEM, *reads):
        _allow(libc, rules, path, (_EXECUTE | _READ | _READ_DIR) & everything)
    for path in _DEVICES:
        _allow(libc, rules, path, (_READ | _WRITE) & everything)
    for path in writes:
        _allow(libc, rules, path, everything & ~_EXECUTE)
    if port is not None and version >= WITH_TCP:
        libc.syscall(_ADD_RULE, rules, _NET_PORT, struct.pack("=QQ", _CONNECT_TCP, port), 0)
    return version if libc.syscall(_RESTRICT_SELF, rules, 0) == 0 else 0


def _allow(libc: Any, rules: int, path: str, access: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    if not Path(path).is_dir():
        access &= _ON_FILES
    libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", access, handle), 0)
    os.close(handle)


if __name__ == "__main__":
    confine(json.loads(sys.argv[1]))
