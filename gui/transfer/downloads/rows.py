"""What the queue of downloads tells of itself: immutable values that any thread may keep."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gui.transfer.downloads.fetching import Proof
from gui.transfer.downloads.remote import RemoteFile


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


ENDED = frozenset({DownloadState.DONE, DownloadState.FAILED, DownloadState.CANCELLED})
#: These do not go on by themselves.
HELD = ENDED | {DownloadState.PAUSED}
AT_WORK = frozenset({DownloadState.FETCHING, DownloadState.CHECKING})


@dataclass(frozen=True, slots=True)
class Download:
    """One file as it stands. Sizes in bytes, speed in bytes a second.

    into: the place that a person chose. target: where the file is once done (its name may have got a number); where it
    is to go before. received: bytes that are on this disk. reason: one sentence, '' where all goes well; problem: the
    same for programs. proof: how it was compared, once done. present: it was there before, the same bytes, and nothing
    was fetched. gone: forgotten; told to listeners once.
    """

    id: int
    connection: str
    file: RemoteFile
    into: Path
    target: Path
    state: DownloadState = DownloadState.WAITING
    received: int = 0
    speed: float = 0.0
    reason: str = ""
    problem: str = ""
    proof: Proof | None = None
    present: bool = False
    gone: bool = False

    @property
    def ended(self) -> bool:
        return self.state in ENDED
