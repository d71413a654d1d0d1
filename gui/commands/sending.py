"""One run of media-upload: what was named is sent, and told of in the order in which it was named."""

import json
import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import click

from gui.commands.keeping import set_aside
from gui.commands.showing import Showing
from gui.commands.texts import FAILED, UNUSABLE, files_of, tell
from gui.commands.wanted import Key, Wanted
from gui.transfer.client import ApplianceClient
from gui.transfer.engine import Engine
from gui.transfer.errors import TransferError
from gui.transfer.transfers import State, Transfer

_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Wishes:
    """How all files of the run go. wait: until they are ready. offline_s: give up after so long without the appliance,
    None: never."""

    connection: str
    tags: tuple[str, ...] = ()
    private: bool = False
    wait: bool = False
    as_json: bool = False
    offline_s: float | None = None

    def to(self, connection: str) -> "Wishes":
        return replace(self, connection=connection)


@dataclass(slots=True)
class _Place:
    """One position of the list of files."""

    wanted: Wanted
    row: Transfer | None = None

    @property
    def settled(self) -> bool:
        return bool(self.wanted.error) or (self.row is not None and self.row.finished)


@dataclass
class Run:
    """Made once for each run; `work` is all of it."""

    engine: Engine
    client: ApplianceClient
    wishes: Wishes
    files: Sequence[Wanted]
    showing: Showing
    now: Callable[[], float] = time.monotonic
    _news: "queue.SimpleQueue[Sequence[Transfer]]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self._places = [_Place(one) for one in self.files]
        self._by_key: dict[Key, list[_Place]] = {}
        for place in self._places:
            self._by_key.setdefault(place.wanted.key, []).append(place)
        self._next = 0
        self._failed = False
        self._trouble = ""
        self._away_since: float | None = None

    def work(self) -> int:
        """The exit code."""
        size = sum(one.size for one in self.files)
        unsubscribe = self.engine.subscribe(self._news.put)
        try:
            self._begin()
            while self._next < len(self._places):
                self._take_news()
                self._report()
                self.showing.update(self._rows(), len(self.files), size)
                if (code := self._stuck()) is not None:
                    return code
                self._tell_of_trouble()
        finally:
            unsubscribe()
            self.showing.close()
        self.engine.forget([row.id for row in self._rows() if row.state is State.DONE])
        return FAILED if self._failed else 0

    @property
    def progress(self) -> str:
        """How far it came, for the end of an interrupted run."""
        done = sum(place.row is not None and place.row.state is State.DONE for place in self._places)
        return f"{done} of {files_of(len(self._places))}"

    def _begin(self) -> None:
        old = set_aside(self.engine, self._is_asked)
        self._known = {row.id for row in self.engine.transfers()} - {row.id for row in old}
        self.engine.start()
        begun = [row for row in old if row.sent or row.file_id]
        if begun:
            tell(f"{files_of(len(begun))} of an earlier run: what is stored of it is not sent again.")
        self._take(old)
        self.engine.resume([row.id for row in old])
        self.engine.retry([row.id for row in old])
        for place in self._places:
            if place.row is not None:
                place.row = self.engine.transfer(place.row.id)
        new = [places[0].wanted for places in self._by_key.values() if places[0].row is None]
        for folder, group in groupby((one for one in new if not one.error), key=lambda one: one.folder):
            self.engine.add(
                [one.source for one in group],
                connection=self.wishes.connection,
                folder=folder,
                tags=self.wishes.tags,
                private=self.wishes.private,
            )

    def _is_asked(self, row: Transfer) -> bool:
        how = (row.connection, row.tags, row.private)
        asked = how == (self.wishes.connection, self.wishes.tags, self.wishes.private)
        return asked and (row.source, row.folder) in self._by_key

    def _take_news(self) -> None:
        try:
            self._take(self._news.get(timeout=_STEP_S))
            while True:
                self._take(self._news.get_nowait())
        except queue.Empty:
            return

    def _take(self, rows: Sequence[Transfer]) -> None:
        for row in rows:
            if row.id not in self._known:
                for place in self._by_key.get((row.source, row.folder), ()):
                    place.row = row

    def _rows(self) -> list[Transfer]:
        rows = {place.row.id: place.row for place in self._places if place.row is not None}
        return list(rows.values())

    def _report(self) -> None:
        """What is settled, up to the first that is not."""
        ready = self._next
        while ready < len(self._places) and self._places[ready].settled:
            ready += 1
        if ready == self._next:
            return
        with self.showing.above():
            while self._next < ready:
                self._failed |= not self._tell_of(self._places[self._next])
                self._next += 1

    def _tell_of(self, place: _Place) -> bool:
        """Print one file's end; whether it was a good one."""
        wanted, row = place.wanted, place.row
        if row is None or row.state is not State.DONE:
            error = wanted.error or (row.reason if row else "")
            tell(error if str(wanted.source) in error else f"{wanted.name}: {error}")
            if self.wishes.as_json:
                click.echo(json.dumps({"file": wanted.shown, "error": error}))
            return False
        tell(f"{wanted.name}: {'was there already; nothing was sent' if row.duplicate else 'sent'}.")
        record = self._final(row) if self.wishes.wait else None
        state = str(record["state"]) if record else None
        self._print_link(wanted, row, state)
        if record is None or state == "ready":
            return True
        trouble = record.get("error")
        tell(f"{wanted.name} is {state}{': ' + str(trouble.get('detail')) if isinstance(trouble, dict) else '.'}")
        return False

    def _print_link(self, wanted: Wanted, row: Transfer, state: str | None) -> None:
        assert row.links is not None, "a file that is done has links"
        if not self.wishes.as_json:
            click.echo(row.links.video_url)
            return
        answer: dict[str, object] = {
            "file": wanted.shown,
            "fileId": row.file_id,
            "videoUrl": row.links.video_url,
            "page": row.links.page,
            "duplicate": row.duplicate,
        }
        click.echo(json.dumps({**answer, "state": state} if state else answer))

    def _final(self, row: Transfer) -> dict[str, object]:
        try:
            return self.client.wait_until_final(str(row.file_id))
        except TransferError as error:
            return {"state": "unknown", "error": {"detail": str(error)}}

    def _waiting(self) -> list[Transfer]:
        return [row for row in self._rows() if not row.finished]

    def _stuck(self) -> int | None:
        """The exit code where nothing goes on without a person, or for too long; said once for all files."""
        waiting = self._waiting()
        known = all(place.row is not None or place.wanted.error for place in self._places)
        if waiting and known and all(row.needs_person for row in waiting):
            return self._give_up(waiting, waiting[0].reason)
        away = bool(waiting) and all(row.state is State.SUSPENDED for row in waiting)
        self._away_since = (self._away_since or self.now()) if away else None
        limit = self.wishes.offline_s
        if limit is not None and self._away_since is not None and self.now() - self._away_since >= limit:
            return self._give_up(waiting, f"{waiting[0].reason} It was waited for {limit:g} s.")
        return None

    def _give_up(self, waiting: Sequence[Transfer], why: str) -> int:
        with self.showing.above():
            tell(f"{why} {files_of(len(waiting))} not sent; the same command goes on with what is stored.")
        return UNUSABLE

    def _tell_of_trouble(self) -> None:
        """Why nothing moves, once, and when it goes on."""
        suspended = [row for row in self._waiting() if row.state is State.SUSPENDED]
        moving = any(row.active for row in self._waiting())
        if suspended and not moving and not self._trouble:
            self._trouble = suspended[0].reason
            with self.showing.above():
                tell(f"Waiting: {self._trouble}")
        elif self._trouble and not suspended:
            self._trouble = ""
            with self.showing.above():
                tell("It goes on.")
