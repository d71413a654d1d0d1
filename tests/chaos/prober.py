"""Looks at links all the time: those of live files must answer, those of deleted ones must not."""

import hashlib
import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.chaos.ledger import Ledger, Sent, Stand
from tests.chaos.weather import Weather

_EVERY_S = 0.04
_ANSWER_S = 30.0
#: Of large files only so much is read.
_MOST = 1_000_000
DEATH_S = 5.0
#: Faults of these excuse that a link does not answer.
_EXCUSES = ("edge", "minio", "store", "filling")


@dataclass(frozen=True, slots=True)
class Answer:
    """status None: no whole answer came, and `text` says why."""

    status: int | None
    text: str = ""
    body: bytes = b""


@dataclass
class Prober:
    """A context manager; two threads.

    A link that answered since its file last came to life must go on answering, whatever happens to API and workers. A
    fault of the edge or the store itself excuses it while it lasts, and a disk that is just being filled. A link of a
    deleted or trashed file must be dead five seconds after that was answered, wherever the API was well for so long.
    """

    ledger: Ledger
    weather: Weather
    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    deaths: list[float] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._live, self._dead)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _live(self) -> None:
        chance = random.Random(self.seed)
        while not self._stopping.wait(_EVERY_S):
            known = self.ledger.standing(Stand.STORED)
            if known:
                # The newest are in the middle of something; the others must not have been forgotten.
                self.look(chance.choice(known[-10:] if chance.random() < 0.5 else known))

    def look(self, sent: Sent) -> Answer:
        """One GET of a live file's link, judged."""
        opened, began = sent.opened_at, time.monotonic()
        answer = get(sent.link, sent.size)
        self.counts["looks"] += 1
        if self._is_right(sent, answer):
            # On a full disk the edge keeps no answers that it could fall back on.
            if not self.weather.was_bad(("disk",), began, time.monotonic()):
                self.ledger.opened(sent, began)
            return answer
        still_live = sent.stand is Stand.STORED and not sent.changing and opened and sent.opened_at == opened
        bad = [part for part in _EXCUSES if self.weather.was_bad([part], began, time.monotonic())]
        if not still_live:
            self.counts["not yet open"] += 1
        elif bad:
            self.counts[f"excused by {bad[0]}"] += 1
        else:
            self.ledger.breaks(
                f"the link of {sent.key} answered {began - opened:.1f} s before and then {answer.status} {answer.text} "
                f"after {time.monotonic() - began:.2f} s"
            )
        return answer

    def _is_right(self, sent: Sent, answer: Answer) -> bool:
        if answer.status not in (200, 206):
            return False
        if sent.size <= _MOST and hashlib.sha256(answer.body).hexdigest() != sent.sha256:
            self.ledger.breaks(f"the link of {sent.key} answered with other bytes")
        return True

    def _dead(self) -> None:
        while not self._stopping.wait(0.2):
            for sent in self.ledger.standing(Stand.DELETED, Stand.TRASHED):
                if sent.link and not sent.buried and not self._stopping.is_set():
                    self._look_at_dead(sent)

    def _look_at_dead(self, sent: Sent) -> None:
        died, began = sent.dead_at, time.monotonic()
        well = self.weather.well_for("api")
        answer = get(sent.link, sent.size)
        if not died or sent.dead_at != died:
            return  # restored meanwhile
        if answer.status == 404:
            sent.buried = True
            self.deaths.append(time.monotonic() - died)
        elif answer.status in (200, 206) and min(began - died, well) > DEATH_S:
            sent.buried = True
            self.ledger.breaks(f"the link of {sent.key} answers {began - died:.1f} s after its end")


def get(link: str, size: int) -> Answer:
    """What a link answers now; of a large file the first bytes."""
    where = urlsplit(link)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=_ANSWER_S)
    try:
        connection.request("GET", where.path, headers={"Range": f"bytes=0-{_MOST - 1}"} if size > _MOST else {})
        response = connection.getresponse()
        return Answer(response.status, "", response.read())
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, f"{type(error).__name__}: {error}")
    finally:
        connection.close()
