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


_FILTER_OF: Mapping[State, Filter | None] = {
    **dict.fromkeys(ACTIVE, Filter.ACTIVE),
    **dict.fromkeys((State.WAITING, State.SUSPENDED, State.PAUSED), Filter.WAITING),
    State.DONE: Filter.DONE,
    State.FAILED: Filter.FAILED,
    State.CANCELLED: None,
}
_STATE_RANK = {state: rank for rank, state in enumerate(State)}
_GROUP = {
    state: rank << 61
    for rank, states in enumerate(
        (ACTIVE, {State.WAITING, State.SUSPENDED, State.PAUSED}, {State.FAILED}, {State.DONE, State.CANCELLED})
    )
    for state in states
}
_NEVER_S = float("inf")

Key = Callable[[Transfer], Any]


def filter_of(transfer: Transfer) -> Filter | None:
    """The chip that a transfer counts for besides `all`; None for one that was cancelled."""
    return _FILTER_OF[transfer.state]


def in_queue_order(transfer: Transfer) -> int:
    """What is being sent, what waits in its order, what failed, and at the end what is done, the newest first."""
    newest_first = -(transfer.finished_at or transfer.created_at) if transfer.state in _LAST else 0
    return _GROUP[transfer.state] + newest_first


_LAST = frozenset({State.DONE, State.CANCELLED})

#: What a click on a column's head sorts by. Transfers that are equal in it stay in the engine's order.
KEYS: Mapping[Column, Key] = {
    Column.NAME: lambda one: one.name.casefold(),
    Column.SIZE: lambda one: one.size,
    Column.PROGRESS: lambda one: one.sent / one.size if one.size else 1.0,
    Column.SPEED: lambda one: one.speed,
    Column.REMAINING: lambda one: _NEVER_S if one.remaining_s is None else one.remaining_s,
    Column.STATE: lambda one: _STATE_RANK[one.state],
    Column.LINK: lambda one: one.links.video_url if one.links else "",
}
