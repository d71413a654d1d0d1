"""The engine: takes files, keeps them in a journal, and sends them until the appliance has each of them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from gui.transfer.client import ApplianceClient
from gui.transfer.transfers import Batch, Options, Transfer

Clients = Callable[[str], ApplianceClient]
Listener = Callable[[Sequence[Transfer]], None]


class Engine(Protocol):
    """One engine and one journal serve several connections, and several users of one process.

    Threads: every method may be called from any thread and none waits for the network or for a folder to be read;
    `stop` and `wait_idle` wait for as long as they are told. Listeners are called from one thread of the engine, one
    after the other, at most ten times a second; they must not call `stop`. `clients` is called from engine threads,
    once for each file that starts, with the connection's id: it answers with the same client as long as address and
    key are the same, and raises NotConfigured where the connection is unknown or lacks a key (its rows are then
    suspended, and tried again every few seconds).

    Delivery: at least once. What `add` has put into the journal is sent even after a crash or a reboot; what a crash
    interrupts goes on at the parts the store lacks.
    """

    def __init__(self, journal_path: Path, clients: Clients, options: Options = Options()) -> None:
        """Opens the journal (made where there is none); nothing is sent before `start`.

        A journal that is damaged or that a newer version wrote is put aside, and `journal_note` says so.
        """

    @property
    def journal_note(self) -> str:
        """A sentence about a journal that had to be put aside, '' otherwise."""
        ...

    def start(self) -> None:
        """Begin, or go on where the last process ended. Idempotent."""

    def stop(self, timeout_s: float = 5.0) -> None:
        """End all threads; what is being sent is broken off and goes on at the next start. Idempotent."""

    def add(
        self,
        sources: Sequence[Path],
        *,
        connection: str,
        folder: str = "",
        tags: Sequence[str] = (),
        private: bool = False,
        metadata: Mapping[str, str] | None = None,
        priority: int = 0,
    ) -> str:
        """Queue files and folders; the batch's id, at once.

        A folder keeps its structure: its files go to `folder`/its name/…; links are followed, but not in circles. What
        cannot be read becomes a row that failed, with the reason; empty folders and devices are noted in the batch.
        Higher priorities go first.
        """
        ...

    def batch(self, batch_id: str) -> Batch:
        """What an `add` of this process found so far. KeyError for an unknown id."""
        ...

    def transfers(self) -> list[Transfer]:
        """All rows in their order."""
        ...

    def transfer(self, transfer_id: int) -> Transfer:
        """One row. KeyError where it is gone."""
        ...

    def pause(self, ids: Sequence[int]) -> None:
        """Break off or hold back. Parts that are stored stay there. Finished rows are left alone."""

    def resume(self, ids: Sequence[int]) -> None:
        """Let paused rows go on; suspended ones are tried at once."""

    def cancel(self, ids: Sequence[int]) -> None:
        """Give up; the appliance is told, so that parts and quota are freed. Done rows are left alone."""

    def retry(self, ids: Sequence[int]) -> None:
        """Let failed and cancelled rows begin again, with the parts that the store still has."""

    def retry_failed(self) -> None:
        """`retry` for every failed row."""

    def move(self, transfer_id: int, before_id: int | None) -> None:
        """Put one row before another, whose priority it takes, or to the end (None)."""

    def pause_all(self) -> None:
        """Hold everything, also what is added later, until `resume_all`; kept over a restart."""

    def resume_all(self) -> None:
        """Undo `pause_all`. Rows that were paused by id stay so."""

    @property
    def paused(self) -> bool:
        """Whether `pause_all` holds."""
        ...

    @property
    def options(self) -> Options: ...

    def set_options(self, options: Options) -> None:
        """Takes effect at once; files that are being sent keep their number of parts at a time."""

    def forget(self, ids: Sequence[int]) -> None:
        """Take finished rows out of the journal; others are left alone."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of rows that changed, soon after they did; the answer ends that.

        It gets each row's newest state, not every step; rows that were forgotten come once more with `gone`.
        """
        ...

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """True once no row goes on by itself (all are done, failed, cancelled, paused or need a person)."""
        ...

    def awake_note(self) -> str:
        """Why the machine may fall asleep during uploads, '' where it is kept awake or nothing runs."""
        ...
