"""What the clients were told: the list that bucket, catalog and links are compared with at the end."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Stand(StrEnum):
    """What a client may rely on, by the last answer it got."""

    ASKED = "asked"
    STORED = "stored"
    TRASHED = "trashed"
    DELETED = "deleted"
    CANCELLED = "cancelled"


@dataclass(slots=True, eq=False)
class Sent:
    """One file of one client. Times are monotonic seconds.

    changing: a request that moves it to another stand is under way, or was not answered. opened_at: when its link
    was last seen to answer, 0 for never since it last came to life. dead_at: when its end was answered. buried: whether
    its link was seen to be dead.
    """

    operation: str
    name: str
    kind: str
    size: int
    sha256: str
    path: str
    tags: tuple[str, ...]
    file_id: str = ""
    key: str = ""
    link: str = ""
    stand: Stand = Stand.ASKED
    changing: bool = False
    opened_at: float = 0.0
    dead_at: float = 0.0
    buried: bool = False


@dataclass
class Ledger:
    """Of all clients. broken: every promise that was not kept. asked: how many files there ever were.

    Safe for several threads.
    """

    files: list[Sent] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    asked: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sent: Sent) -> None:
        with self.lock:
            self.files.append(sent)
            self.asked += 1

    def moves(self, sent: Sent) -> None:
        """A request is on its way after which the file may stand elsewhere, answered or not."""
        with self.lock:
            sent.changing = True

    def moved(self, sent: Sent, stand: Stand) -> None:
        """An answer said so."""
        with self.lock:
            sent.changing, sent.stand = False, stand
            sent.opened_at, sent.buried = 0.0, False
            sent.dead_at = 0.0 if stand in (Stand.ASKED, Stand.STORED) else time.monotonic()

    def opened(self, sent: Sent, at: float) -> None:
        """The link answered to a request that began at that time."""
        with self.lock:
            if sent.stand is Stand.STORED and not sent.changing:
                sent.opened_at = at

    def breaks(self, what: str) -> None:
        """A promise was broken."""
        with self.lock:
            self.broken.append(what)

    def standing(self, *stands: Stand) -> list[Sent]:
        """The files that stand there for certain."""
        with self.lock:
            return [one for one in self.files if one.stand in stands and not one.changing]

    def forget(self, gone: Iterable[Sent]) -> None:
        """Files that were looked at for the last time."""
        doomed = set(map(id, gone))
        with self.lock:
            self.files = [one for one in self.files if id(one) not in doomed]
