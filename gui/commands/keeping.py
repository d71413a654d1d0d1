"""Engines whose journals outlive a command, so that the same command goes on where it was ended."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gui.commands.texts import tell
from gui.transfer.client import ApplianceClient
from gui.transfer.engine import Engine
from gui.transfer.errors import JournalInUse, NotConfigured
from gui.transfer.places import state_folder
from gui.transfer.transfers import Options, State, Transfer

#: As long as the appliance keeps unfinished sessions.
KEPT_DAYS = 7
_MOST_AT_ONCE = 64
_DAY_US = 86_400_000_000

Clients = Callable[[str], ApplianceClient]


@contextlib.contextmanager
def kept_engine(clients: Clients, options: Options) -> Iterator[Engine]:
    """An engine with the first journal that no other command is using; stopped at the end.

    One command after another always finds the same journal. Where this user can keep none, it is a temporary one, and
    a sentence says so.
    """
    with contextlib.ExitStack() as stack:
        try:
            engine = _first_free(state_folder() / "uploads", clients, options)
        except NotConfigured as error:
            tell(f"{error} An upload that is interrupted will begin anew.")
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="media-upload-"))
            engine = Engine(Path(folder, "journal.db"), clients, options)
        stack.callback(engine.stop)
        if engine.journal_note:
            tell(engine.journal_note)
        yield engine


def _first_free(folder: Path, clients: Clients, options: Options) -> Engine:
    for number in range(1, _MOST_AT_ONCE):
        try:
            return Engine(folder / f"journal-{number}.db", clients, options)
        except JournalInUse:
            continue
    raise NotConfigured(f"{_MOST_AT_ONCE} uploads are running already.")


def set_aside(engine: Engine, asked: Callable[[Transfer], bool]) -> list[Transfer]:
    """Before the engine starts: the unfinished rows of an earlier command that are asked for again.

    The others wait until they are asked for, and are given up when the appliance has forgotten them too.
    """
    rows = engine.transfers()
    engine.forget([row.id for row in rows if row.state is State.DONE])
    unfinished = [row for row in rows if row.state is not State.DONE]
    others = [row for row in unfinished if not asked(row)]
    oldest = time.time_ns() // 1000 - KEPT_DAYS * _DAY_US
    old = [row.id for row in others if row.created_at < oldest]
    engine.cancel(old)
    engine.forget(old)
    engine.pause([row.id for row in others])
    return [row for row in unfinished if asked(row)]
