"""One file in the engine's hands: what changes while it runs, and what the journal keeps of it."""

import json
import os
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gui.transfer.fingerprint import Fingerprint
from gui.transfer.halting import Halt
from gui.transfer.transfers import ACTIVE, FINISHED, Links, State, Transfer

TURN = "Waits for its turn."
COUNTING = "Waits until it is known whether there is room for all of its batch."
PAUSED = "Paused."
ALL_PAUSED = "All transfers are paused."
STOPPED = "Goes on when the program is started again."
CANCELLED = "Cancelled."
_SPEED_WINDOW_S = 5.0


@dataclass(slots=True)
class Row:
    """Changed by the board alone, under its lock. Names as in Transfer.

    position: order among rows of one priority. ends: of the file as it was when its session began. key: the
    Idempotency-Key of the wish that stands. admitted: its batch was found to fit. restarts: since the last success.
    busy: a thread is at it. resting: suspended for a time of its own, not for its connection's.
    """

    id: int
    batch_id: str
    connection: str
    source: Path
    name: str
    folder: str
    size: int
    created_at: int
    position: float
    priority: int = 0
    tags: tuple[str, ...] = ()
    private: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    state: State = State.WAITING
    reason: str = COUNTING
    problem: str = ""
    mtime_ns: int = 0
    ends: str = ""
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    file_id: str | None = None
    file_state: str | None = None
    links: Links | None = None
    duplicate: bool = False
    etag: str | None = None
    etag_sent: str | None = None
    verified: bool = False
    finished_at: int | None = None
    attempts: int = 0
    sent: int = 0
    admitted: bool = False
    restarts: int = 0
    gone: bool = False
    busy: bool = False
    resting: bool = False
    halt: Halt | None = None
    snapshot: Transfer | None = None
    samples: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def rank(self) -> tuple[int, float, int]:
        """Smaller goes first."""
        return (-self.priority, self.position, self.id)

    @property
    def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.size, self.mtime_ns, self.ends)

    def transfer(self) -> Transfer:
        """As others see it now."""
        if self.snapshot is None:
            speed = self._speed()
            left = self.size - self.sent
            known = {name: getattr(self, name) for name in _SHARED}
            remaining = left / speed if speed > 0 and self.state in ACTIVE else None
            self.snapshot = Transfer(**known, speed=speed, remaining_s=remaining)
        return self.snapshot

    def sample(self, now: float) -> None:
        """Note how far it is, for its speed. now: of time.monotonic."""
        self.samples.append((now, self.sent))
        while self.samples[0][0] < now - _SPEED_WINDOW_S:
            self.samples.popleft()

    def _speed(self) -> float:
        if self.state not in ACTIVE or len(self.samples) < 2:
            return 0.0
        (began, before), (now, sent) = self.samples[0], self.samples[-1]
        return max(0.0, (sent - before) / (now - began)) if now > began else 0.0


_SHARED = [one.name for one in fields(Transfer) if one.name not in ("speed", "remaining_s")]
#: What the journal keeps, in the order of its columns.
KEPT = (
    "id", "batch_id", "connection", "source", "name", "folder", "size", "created_at", "position", "priority", "tags",
    "private", "metadata", "state", "reason", "problem", "mtime_ns", "ends", "key", "file_id", "file_state", "links",
    "duplicate", "etag", "etag_sent", "verified", "finished_at", "attempts",
)  # fmt: skip
_LINKS = [one.name for one in fields(Links)]
_JSON = ("tags", "metadata")
_FLAGS = ("private", "duplicate", "verified")


def kept(row: Row) -> dict[str, Any]:
    """The row as the journal has it: what is under way counts as waiting, for that is what a crash makes of it."""
    values = {name: getattr(row, name) for name in KEPT}
    values["source"] = os.fsencode(row.source)
    values["links"] = json.dumps([getattr(row.links, name) for name in _LINKS]) if row.links else None
    for name in _JSON:
        values[name] = json.dumps(values[name])
    for name in _FLAGS:
        values[name] = int(values[name])
    values["state"] = str(row.state if row.state in FINISHED or row.state is State.PAUSED else State.WAITING)
    return values


def restored(values: Mapping[str, Any]) -> Row:
    """The row that `kept` gave. ValueError, KeyError, TypeError where the journal holds something else."""
    known = dict(values)
    known["source"] = Path(os.fsdecode(known["source"]))
    known["links"] = Links(*json.loads(known["links"])) if known["links"] else None
    known["tags"] = tuple(json.loads(known["tags"]))
    known["metadata"] = json.loads(known["metadata"])
    for name in _FLAGS:
        known[name] = bool(known[name])
    row = Row(**{**known, "state": State(known["state"])})
    if row.state is State.WAITING:
        row.reason, row.problem = COUNTING, ""
    if row.state is State.DONE:
        row.sent = row.size
    return row
