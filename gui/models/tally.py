"""Sums over all transfers, kept up to date row by row."""

from collections import Counter
from collections.abc import Mapping, Sequence

from gui.models.order import FILTER_OF, Filter
from gui.transfer.transfers import FINISHED, State, Transfer

_AT_REST = FINISHED | {State.PAUSED}


class Tally:
    """Counts for the chips; bytes that are left; how fast it goes and how far it is since there was last nothing to do.

    Paused rows are not waited for: their bytes do not count as left.
    """

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Filter, 0)
        self._active: dict[int, Transfer] = {}
        self._left = 0
        self._total = 0

    @property
    def counts(self) -> Mapping[Filter, int]:
        return self._counts

    @property
    def speed(self) -> float:
        """Bytes a second, all together."""
        return sum(one.speed for one in self._active.values())

    @property
    def left(self) -> int:
        """Bytes that are still to be sent."""
        return self._left

    @property
    def remaining_s(self) -> float | None:
        """None while it cannot be told, or nothing is left."""
        speed = self.speed
        return self._left / speed if self._left and speed >= 1 else None

    @property
    def progress(self) -> float | None:
        """0 to 1; None where nothing is to be done."""
        busy = self._counts[Filter.ACTIVE] or self._left
        return 1 - self._left / self._total if busy and self._total else None

    @property
    def failed(self) -> int:
        return self._counts[Filter.FAILED]

    @classmethod
    def of(cls, transfers: Sequence[Transfer]) -> "Tally":
        """Of many at once."""
        tally = cls()
        for state, count in Counter(one.state for one in transfers).items():
            tally._count(state, count)
        going_on = [one for one in transfers if one.state not in _AT_REST]
        tally._active = {one.id: one for one in going_on if one.active}
        tally._total = sum(one.size for one in going_on)
        tally._left = tally._total - sum(one.sent for one in going_on)
        return tally

    def change(self, old: Transfer | None, new: Transfer | None) -> None:
        """One row came, changed or went."""
        if old is not None:
            self._count(old.state, -1)
            self._active.pop(old.id, None)
        if new is not None:
            self._count(new.state, 1)
            if new.active:
                self._active[new.id] = new
        self._left += _left(new) - _left(old)
        # What was sent stays in the total, so that it shows how far all of it is.
        if not (new is not None and new.state is State.DONE and _goes_on(old)):
            self._total += _whole(new) - _whole(old)
        if not self._left and not self._active:
            self._total = 0

    def _count(self, state: State, step: int) -> None:
        self._counts[Filter.ALL] += step
        chip = FILTER_OF[state]
        if chip is not None:
            self._counts[chip] += step


def _goes_on(transfer: Transfer | None) -> bool:
    return transfer is not None and transfer.state not in _AT_REST


def _left(transfer: Transfer | None) -> int:
    return transfer.size - transfer.sent if transfer is not None and _goes_on(transfer) else 0


def _whole(transfer: Transfer | None) -> int:
    return transfer.size if transfer is not None and _goes_on(transfer) else 0
