"""Starting programs that work on untrusted bytes: limited, without a network, and with no other files than theirs."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from appliance.media import confined
from appliance.media.feed import Feed

_LAUNCHER = str(Path(confined.__file__))
_OPEN_FILES = 512
#: An encoder keeps every core busy for minutes; who asks the API for a page meanwhile should not notice. By this it
#: gets about a tenth of a core that somebody else wants too, and all of one that nobody does.
_NICE = 10
_START_SECONDS = 30.0

#: Stands in a program's arguments where the address of its source goes.
SOURCE = confined.SOURCE


@dataclass(frozen=True, slots=True)
class Walls:
    """What a program was kept to. network: it reaches nothing but its source. files: nothing but what it was given."""

    network: bool
    files: bool


class Confined:
    """One running program that reads one source and writes one folder. Its end is the end of all it started.

    It dies with the thread that made it, so that thread has to stay and wait for it. An HTTP source reaches it through
    a relay of ours: it neither sees the URL nor can it ask for another. Always close it.
    """

    def __init__(
        self, program: Sequence[str], *, source: str, folder: Path, memory_bytes: int, file_bytes: int
    ) -> None:
        """source: a path or an HTTP URL, put where `program` says SOURCE. Raises OSError where it cannot start."""
        remote = source.startswith(("http://", "https://"))
        ours, theirs = socket.socketpair()
        order = {
            "limits": {
                "RLIMIT_AS": memory_bytes,
                "RLIMIT_FSIZE": file_bytes,
                "RLIMIT_CORE": 0,
                "RLIMIT_NOFILE": _OPEN_FILES,
            },
            "nice": _NICE,
            "parent": os.getpid(),
            "control": theirs.fileno(),
            "feed": remote,
            "source": source if not remote else "",
            "folder": str(folder),
            "reads": [program[0]] if remote else [program[0], source],
            "writes": [str(folder)],
            "program": list(program),
        }
        with ours, theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", _LAUNCHER, json.dumps(order)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env={"LC_ALL": "C.UTF-8"},
                bufsize=0,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
            theirs.close()
            ours.settimeout(_START_SECONDS)
            self._feed = None
            try:
                report, handles, _, _ = socket.recv_fds(ours, 4096, 1)
                self.walls = Walls(**json.loads(report))
                if handles:
                    self._feed = Feed(socket.socket(fileno=handles[0]), source)
            except (OSError, ValueError):
                self.kill()
                raise OSError(
                    f"{program[0]} could not be started: {self.error.read().decode(errors='replace')}"
                ) from None

    @property
    def output(self) -> IO[bytes]:
        """What the program prints."""
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def error(self) -> IO[bytes]:
        """What it complains about."""
        assert self.process.stderr is not None
        return self.process.stderr

    @property
    def source_failure(self) -> str | None:
        """Why the source could not be read in full; None while nothing went wrong."""
        return self._feed.failure if self._feed else None

    def kill(self) -> None:
        """End the whole process group at once. Idempotent."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def close(self) -> None:
        """Kill what still runs and let go of all that led to it."""
        self.kill()
        if self._feed:
            self._feed.close()
        self.output.close()
        self.error.close()
