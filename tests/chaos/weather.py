"""When which part of the appliance was under a fault: what excuses a client's trouble, and what does not."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_EVERY_S = 0.2
_GRACE_S = 0.5
#: Somebody of a killed group may answer for an instant longer.
_SETTLED_S = 0.3


@dataclass(slots=True)
class _Spell:
    part: str
    since: float
    lifted_at: float = float("inf")
    until: float = float("inf")


class Weather:
    """Asks every part all the time whether it is well. A spell of bad weather begins with a fault (`begins`) and ends
    when the fault was lifted (`lifts`) and the part answered again. A context manager. Times are monotonic seconds.

    checks: by part, whether it is well now; quick, and they must not raise.
    """

    def __init__(self, checks: Mapping[str, Callable[[], bool]]) -> None:
        self._checks = checks
        self._spells: list[_Spell] = []
        self._well_since: dict[str, float | None] = dict.fromkeys(checks)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(part,), daemon=True) for part in checks]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def begins(self, *parts: str) -> None:
        """From now on trouble with these parts is our own doing."""
        now = time.monotonic()
        with self._lock:
            for part in parts:
                self._spells.append(_Spell(part, now))
                if part in self._checks:
                    self._well_since[part] = None

    def lifts(self, *parts: str) -> None:
        """The cause is gone; what is not asked for its health is well at once."""
        now = time.monotonic()
        with self._lock:
            for spell in self._spells:
                if spell.part in parts and spell.lifted_at > now:
                    spell.lifted_at = now
                    if spell.part not in self._checks:
                        spell.until = now

    def was_bad(self, parts: Iterable[str], since: float, until: float) -> bool:
        """Whether one of the parts was under a fault at some time between, give or take half a second."""
        wanted = set(parts)
        with self._lock:
            return any(
                spell.part in wanted and spell.since <= until and spell.until + _GRACE_S >= since
                for spell in self._spells
            )

    def well_for(self, part: str) -> float:
        """Seconds for which the part has been well without a break, each answer within a second; 0 where it is not."""
        with self._lock:
            since = self._well_since[part]
        return time.monotonic() - since if since is not None else 0.0

    def is_fair(self) -> bool:
        """Whether no fault works any more and every part answers."""
        with self._lock:
            return all(spell.until < float("inf") for spell in self._spells) and None not in self._well_since.values()

    def clears(self) -> None:
        """Forget spells that have long passed."""
        with self._lock:
            self._spells = [spell for spell in self._spells if spell.until > time.monotonic() - 120]

    def _watch(self, part: str) -> None:
        while not self._stopping.wait(_EVERY_S):
            began = time.monotonic()
            well = self._checks[part]() and time.monotonic() - began < 1
            with self._lock:
                if not well:
                    self._well_since[part] = None
                    continue
                working = False
                for spell in self._spells:
                    if spell.part != part or spell.until < float("inf"):
                        continue
                    if began > spell.lifted_at + _SETTLED_S:
                        spell.until = time.monotonic()
                    else:
                        working = True
                if self._well_since[part] is None and not working:
                    self._well_since[part] = began
