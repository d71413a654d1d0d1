"""Downloads as a queue: several files at a time, each in several ranges, that can be paused and gone on with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gui.transfer.remote import RemoteFile


class DownloadState(StrEnum):
    """waiting → fetching → checking → done. `suspended` waits for the network and goes on by itself."""

    WAITING = "waiting"
    FETCHING = "fetching"
    CHECKING = "checking"
    DONE = "done"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Proof(StrEnum):
    """How the bytes on this disk were compared with the appliance's.

    sha256: with the hash that the appliance verified. etag: with the store's MD5 of the bytes, or of its parts. size:
    by their number alone, each range having come from the object of the recorded etag.
    """

    SHA256 = "sha256"
    ETAG = "etag"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Download:
    """One file as it stands. Sizes in bytes.

    target: where it is once done (its name may have got a number); where it is to go before. received: bytes that are
    on this disk. reason: one sentence, '' where all goes well. proof: once done. present: it was there already, the
    same bytes, and nothing was fetched.
    """

    id: int
    connection: str
    file: RemoteFile
    target: Path
    state: DownloadState
    received: int = 0
    speed: float = 0.0
    reason: str = ""
    problem: str = ""
    proof: Proof | None = None
    present: bool = False
    gone: bool = False


Listener = Callable[[Sequence[Download]], None]
