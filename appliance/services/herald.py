"""Looks for trouble every few seconds and tells people of it, and of its end."""

import logging
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from appliance.catalog.catalog import Catalog
from appliance.domain.errors import ApplianceError
from appliance.ports.clock import Clock
from appliance.services.worker import SECOND

INTERVAL_S = 10.0
_NAME = "herald"
#: Longer than telling everybody takes where nobody answers.
_LEASE_US = 300 * SECOND
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """names: the first words of the alarms it rules, before a `/`. find: what is wrong now, sentences by alarm; it is
    given those that stand, so that a figure at its edge does not raise the same alarm again and again.
    """

    names: frozenset[str]
    find: Callable[[Collection[str]], Mapping[str, str]]


class Tells(Protocol):
    """How people are told."""

    def __call__(self, sentence: str, *, over: bool) -> bool:
        """Whether anybody took it."""
        ...


def nobody(sentence: str, *, over: bool) -> bool:
    """Where nobody is to be told: alarms stand in the catalog all the same."""
    return False


class Herald:
    """`run` is one round; one process at a time makes it.

    Each alarm is told once when it begins and once when it is over, at least: who dies in between says it again. What
    nobody took is tried again at the next round; telling waits for nobody for long and holds up nothing but itself.
    """

    def __init__(self, catalog: Catalog, looks: Collection[Look], tell: Tells, clock: Clock) -> None:
        self._catalog = catalog
        self._alarms = catalog.alarms
        self._looks = looks
        self._tell = tell
        self._clock = clock
        self._holder = secrets.token_hex(8)

    def run(self) -> bool:
        """Look and tell; False where another process is at it. Raises CatalogBusy."""
        now = self._clock()
        if not self._catalog.leases.take(_NAME, self._holder, now=now, until=now + _LEASE_US):
            return False
        try:
            for look in self._looks:
                self._look(look)
            self._speak()
        finally:
            self._catalog.leases.release(_NAME, self._holder)
        return True

    def _look(self, look: Look) -> None:
        standing = {
            alarm.name
            for alarm in self._alarms.all()
            if alarm.over_at is None and alarm.name.partition("/")[0] in look.names
        }
        try:
            found = look.find(standing)
        except (ApplianceError, OSError) as error:
            # Nothing is known, so nothing changes.
            _log.warning("cannot look for %s: %s", ", ".join(sorted(look.names)), error)
            return
        for name in found.keys() - standing:
            self._alarms.begin(name, found[name], now=self._clock())
            _log.warning("alarm %s: %s", name, found[name])
        for name in standing - found.keys():
            self._alarms.end(name, now=self._clock())
            _log.info("the alarm %s is over", name)

    def _speak(self) -> None:
        for alarm in self._alarms.all():
            if alarm.told_at is None and self._tell(alarm.sentence, over=False):
                self._alarms.told(alarm.name, now=self._clock())
            elif alarm.over_at is not None and self._tell(alarm.sentence, over=True):
                self._alarms.forget(alarm.name)
