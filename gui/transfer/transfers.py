"""What the engine tells of itself: immutable values that any thread may keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class State(StrEnum):
    """Where one file is on its way.

    waiting → preparing → sending → finishing → done. `paused` and `cancelled` are what a person asked for;
    `suspended` waits for something outside (the network, a valid key) and goes on by itself; `failed` waits for a
    person to try again.
    """

    WAITING = "waiting"
    PREPARING = "preparing"
    SENDING = "sending"
    FINISHING = "finishing"
    DONE = "done"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({State.PREPARING, State.SENDING, State.FINISHING})
#: Nothing more happens to these by themselves, and `Engine.forget` takes them.
FINISHED = frozenset({State.DONE, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Links:
    """Where the file can be read. None: there is no such thing, or not yet; `video_url` is there from the first answer.

    video_url: the permanent link, of every kind of file. url: works now, with a token where the file is private.
    """

    video_url: str
    url: str | None = None
    page: str | None = None
    hls: str | None = None
    poster: str | None = None
    download: str | None = None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Links":
        """From what the appliance answers: an upload's offer, or a file's record."""
        known = {**answer, **(answer.get("links") or {})}
        return cls(
            known["videoUrl"],
            known.get("url"),
            known.get("page"),
            known.get("hls"),
            known.get("poster"),
            known.get("download"),
        )


@dataclass(frozen=True, slots=True)
class Transfer:
    """One file as it stands. Sizes in bytes, times in Unix microseconds.

    id: of this journal, never used again. source: the file on disk; name, folder: what it is called on the appliance.
    sent: bytes of the file that the store has or that are on their way; may shrink where a try failed.
    reason: one sentence for a person, never empty where the state is waiting, paused, suspended, failed or cancelled.
    problem: the same for programs: the slug of the appliance's problem, or `unreachable`, `not_configured`,
    `source_changed`, `source_missing`, `source_unreadable`, `no_space`, `conflict`; '' where there is none.
    speed: bytes a second over the last seconds. remaining_s: None while it cannot be told.
    file_state: the appliance's word (`uploaded`, `ready`, …) when it was last asked.
    duplicate: the appliance had these bytes under that name and folder; nothing was sent.
    etag_sent: the etag of an object of exactly the bytes that were sent: their MD5, computed here, or for parts (`-N`)
    made of the etags of parts whose checksums, computed here, the store compared; None until all are sent, and for a
    duplicate. etag: the record's.
    verified: the record's etag equals `etag_sent`, or, of a duplicate, its verified SHA-256 that of the file; only then
    may a local file be deleted. size and mtime_ns: of the file whose bytes were sent.
    gone: forgotten; told to listeners once, as the last word on this id.
    """

    id: int
    batch_id: str
    connection: str
    source: Path
    name: str
    folder: str
    size: int
    state: State
    created_at: int
    reason: str = ""
    problem: str = ""
    sent: int = 0
    speed: float = 0.0
    remaining_s: float | None = None
    tags: tuple[str, ...] = ()
    private: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    mtime_ns: int = 0
    attempts: int = 0
    file_id: str | None = None
    file_state: str | None = None
    links: Links | None = None
    duplicate: bool = False
    etag: str | None = None
    etag_sent: str | None = None
    verified: bool = False
    finished_at: int | None = None
    gone: bool = False

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def finished(self) -> bool:
        return self.state in FINISHED

    @property
    def needs_person(self) -> bool:
        """It does not go on by itself: it failed, is paused, or the connection needs a key or an address."""
        held = self.state is State.SUSPENDED and self.problem in ("unauthorized", "forbidden", "not_configured")
        return held or self.state in (State.FAILED, State.PAUSED)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one `add` found. notes: sentences on what was left out (an empty folder, a loop of links, a device).

    scanning: folders are still being read; files and bytes grow until it is False.
    """

    id: str
    connection: str
    scanning: bool
    files: int
    bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How much at once. May be changed while the engine runs.

    files_at_a_time: large files; parts_at_a_time: of each of them. small_files_at_a_time: files that go in one PUT of
    up to small_bytes, in a lane of their own, so that one film does not hold up a thousand pictures.
    connections: the most that are open to stores at any time, over everything. limit: bytes a second over everything;
    None: as fast as it goes. hold_sleep: keep the machine from sleeping while something runs.
    """

    files_at_a_time: int = 3
    parts_at_a_time: int = 4
    small_files_at_a_time: int = 12
    small_bytes: int = 8 * 1024 * 1024
    connections: int = 24
    limit: int | None = None
    hold_sleep: bool = True
