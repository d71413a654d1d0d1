"""All rows of the engine, under one lock: who is next, what changed, what is to be written down."""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from gui.transfer.halting import Halt
from gui.transfer.transfers import ACTIVE, State, Transfer
from gui.transfer.uploads.journal import Notes
from gui.transfer.uploads.rows import ALL_PAUSED, TURN, Row, kept

_Entry = tuple[tuple[int, float, int], int]


def now_us() -> int:
    """Unix microseconds."""
    return time.time_ns() // 1000


class Board:
    """Every change of a row goes through here. Safe to use from several threads.

    `news` is notified where something is to be told or written down, `quiet` where rows have come to rest; both share
    the lock.
    """

    def __init__(self, rows: Iterable[Row], *, paused: bool) -> None:
        self.lock = threading.RLock()
        self.news = threading.Condition(self.lock)
        self.quiet = threading.Condition(self.lock)
        self.rows = {row.id: row for row in rows}
        self.paused = paused
        self.closed = False
        #: A session was abandoned, and the appliance is to be told.
        self.left_something = True
        #: Told, under the lock, that there is work for the lane of small (True) or large files.
        self.on_work: Callable[[bool], None] = lambda small: None
        self._last_id = max(self.rows, default=0)
        self._small: dict[str, list[_Entry]] = {}
        self._large: dict[str, list[_Entry]] = {}
        self._notes = Notes()
        self._counts = Counter(row.state for row in self.rows.values())
        self.active: dict[int, Row] = {}
        self._written: dict[int, Row] = {}
        self._told: dict[int, Row] = {}

    def ids(self, count: int) -> range:
        """So many fresh ids, which are also the positions at the end."""
        with self.lock:
            first = self._last_id + 1
            self._last_id += count
            return range(first, first + count)

    def put(self, rows: Iterable[Row]) -> None:
        """Take in new rows."""
        with self.lock:
            for row in rows:
                self.rows[row.id] = row
                self._counts[row.state] += 1
                self.change(row)

    def change(self, row: Row, **values: Any) -> None:
        """Set fields, and have the row told and written down."""
        with self.lock:
            before = row.state
            for name, value in values.items():
                setattr(row, name, value)
            if row.state is not before:
                self._count(row, before)
            row.snapshot = None
            self._written[row.id] = row
            self._told[row.id] = row
            self.news.notify_all()

    def _count(self, row: Row, before: State) -> None:
        self._counts[before] -= 1
        self._counts[row.state] += 1
        if row.state in ACTIVE:
            self.active[row.id] = row
        else:
            self.active.pop(row.id, None)
            if not self.active and (self.paused or not self._counts[State.WAITING]):
                self.quiet.notify_all()

    @property
    def at_rest(self) -> bool:
        """Whether no row goes on by itself."""
        with self.lock:
            if self.active or (self._counts[State.WAITING] and not self.paused):
                return False
            if not self._counts[State.SUSPENDED]:
                return True
            held = (row for row in self.rows.values() if row.state is State.SUSPENDED)
            return all(row.transfer().needs_person for row in held)

    def moved(self, row: Row, count: int) -> None:
        """So many bytes more; told, not written down."""
        with self.lock:
            row.sent += count
            row.snapshot = None
            self._told[row.id] = row
            self.news.notify_all()

    def note_part(self, row: Row, number: int, etag: str) -> None:
        with self.lock:
            self._notes.parts.append((row.id, number, etag))
            self.news.notify_all()

    def start_over(self, row: Row, key: str) -> None:
        """Its session is void: another one is asked for next time, and the appliance is told to give the old one up."""
        with self.lock:
            self._notes.fresh.append(row.id)
            self._notes.parts = [part for part in self._notes.parts if part[0] != row.id]
            if row.file_id is not None:
                self._notes.abandoned.append((row.connection, row.file_id))
                self.left_something = True
            self.change(row, file_id=None, links=None, key=key, etag=None, etag_sent=None, sent=0)

    def enqueue(self, row: Row, small_bytes: int) -> None:
        """Let it wait for its turn."""
        with self.lock:
            self.change(row, state=State.WAITING, reason=ALL_PAUSED if self.paused else TURN, problem="")
            row.admitted, row.resting = True, False
            small = row.size <= small_bytes
            lane = self._small if small else self._large
            heapq.heappush(lane.setdefault(row.connection, []), (row.rank, row.id))
            self.on_work(small)

    def take(self, *, small: bool, blocked: Collection[str]) -> Row | None:
        """The next row of a lane, now preparing; None where none may start."""
        with self.lock:
            if self.paused or self.closed:
                return None
            lane = self._small if small else self._large
            tops = [(heap[0], heap) for name, heap in lane.items() if name not in blocked and self._trim(heap)]
            if not tops:
                return None
            (_, row_id), heap = min(tops)
            heapq.heappop(heap)
            row = self.rows[row_id]
            row.samples.clear()
            row.busy = True
            self.change(row, state=State.PREPARING, reason="", halt=Halt(), attempts=row.attempts + 1)
            return row

    def _trim(self, heap: list[_Entry]) -> bool:
        """Drop what does not wait (there) any more; whether something is left."""
        while heap:
            rank, row_id = heap[0]
            row = self.rows.get(row_id)
            if row is not None and row.state is State.WAITING and row.rank == rank and not row.busy:
                return True
            heapq.heappop(heap)
        return False

    def in_order(self) -> list[Row]:
        with self.lock:
            return sorted(self.rows.values(), key=lambda row: row.rank)

    def move(self, row: Row, before: Row | None) -> None:
        """Give it a place before another row, or after all of its priority."""
        with self.lock:
            if before is None:
                (position,) = self.ids(1)
                self.change(row, position=float(position))
                return
            ahead = [one for one in self.rows.values() if one.rank < before.rank and one is not row]
            last = max(ahead, key=lambda one: one.rank, default=None)
            first = last.position if last is not None and last.priority == before.priority else before.position - 2
            self.change(row, priority=before.priority, position=(first + before.position) / 2)

    def drop(self, row: Row) -> None:
        """Take it off; told once more as gone."""
        with self.lock:
            del self.rows[row.id]
            self.change(row, gone=True)
            self._counts[row.state] -= 1
            self._written.pop(row.id, None)
            self._notes.forgotten.append(row.id)

    def notes(self) -> Notes:
        """What is to be written down since the last call."""
        with self.lock:
            notes, self._notes = self._notes, Notes()
            notes.rows = [kept(row) for row in self._written.values()]
            self._written = {}
            return notes

    def told(self) -> list[Transfer]:
        """The newest state of rows that changed since the last call."""
        with self.lock:
            rows, self._told = self._told, {}
            return [row.transfer() for row in rows.values()]

    @property
    def has_notes(self) -> bool:
        return bool(self._written or self._notes)

    @property
    def has_news(self) -> bool:
        return bool(self._told)
