"""In which order transfers stand in the list, and which of them are shown."""

from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from typing import Any

from gui.transfer.transfers import ACTIVE, State, Transfer


class Column(IntEnum):
    NAME = 0
    SIZE = 1
    PROGRESS = 2
    SPEED = 3
    REMAINING = 4
    STATE = 5
    LINK = 6


class Filter(StrEnum):
    ALL = "all"
    ACTIVE = "active"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


#: The chip that a transfer counts for besides `all`; none for one that was cancelled.
FILTER_OF: Mapping[State, Filter | None] = {
    **dict.fromkeys(ACTIVE, Filter.ACTIVE),
    **dict.fromkeys((State.WAITING, State.SUSPENDED, State.PAUSED), Filter.WAITING),
    State.DONE: Filter.DONE,
    State.FAILED: Filter.FAILED,
    State.CANCELLED: None,
}
#: Milliseconds since 1970 stay below this for three hundred years.
_APART = 1e13
_STATE_RANK = {state: rank for rank, state in enumerate(State)}
_GROUP = {
    state: rank * _APART
    for rank, states in enumerate(
        (ACTIVE, {State.WAITING, State.SUSPENDED, State.PAUSED}, {State.FAILED}, {State.DONE, State.CANCELLED}), 1
    )
    for state in states
}
_NEVER_S = float("inf")

Key = Callable[[Transfer], Any]


def in_queue_order(transfer: Transfer) -> float:
    """What is being sent, what waits in its order, what failed, and at the end what is done, the newest first."""
    if transfer.state in _LAST:
        return _GROUP[transfer.state] - (transfer.finished_at or transfer.created_at) / 1000
    return _GROUP[transfer.state]


_LAST = frozenset({State.DONE, State.CANCELLED})

#: What a click on a column's head sorts by. Transfers that are equal in it stay in the engine's order. Numbers are
#: floats, which are compared twice as fast as large integers.
KEYS: Mapping[Column, Key] = {
    Column.NAME: lambda one: one.name.casefold(),
    Column.SIZE: lambda one: float(one.size),
    Column.PROGRESS: lambda one: one.sent / one.size if one.size else 1.0,
    Column.SPEED: lambda one: one.speed,
    Column.REMAINING: lambda one: _NEVER_S if one.remaining_s is None else one.remaining_s,
    Column.STATE: lambda one: _STATE_RANK[one.state],
    Column.LINK: lambda one: one.links is None,
}
