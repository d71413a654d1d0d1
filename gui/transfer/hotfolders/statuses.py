"""What a hot folder tells of itself."""

from dataclasses import dataclass
from enum import StrEnum

from gui.transfer.hotfolders.ledger import Sent
from gui.transfer.hotfolders.profiles import Profile


class FolderState(StrEnum):
    """watching: new files are taken. paused: a person stopped it. away: it cannot be read now, and goes on by itself
    as soon as it can."""

    WATCHING = "watching"
    PAUSED = "paused"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """One hot folder as it stands; any thread may keep it.

    reason: one sentence, never empty where the state is paused or away. notes: sentences on what does not go as it
    should while the rest does. settling: files that may still grow. waiting: files that the engine has and that have
    not arrived. failed: files it gave up, which are tried again later. sent: files that arrived, ever.
    gone: the folder was removed; told once, as the last word on it.
    """

    profile: Profile
    state: FolderState
    reason: str = ""
    notes: tuple[str, ...] = ()
    settling: int = 0
    waiting: int = 0
    failed: int = 0
    sent: int = 0
    last: Sent | None = None
    gone: bool = False

    @property
    def idle(self) -> bool:
        """Nothing is to be done as far as the last look saw."""
        return self.state is FolderState.WATCHING and not (self.settling or self.waiting)
