"""The list of transfers: whatever comes in whatever order, what is shown is filtered, searched and sorted."""

import random
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from gui.models.order import FILTER_OF, KEYS, Column, Filter, in_queue_order
from gui.models.transfers import TRANSFER_ROLE, TransfersModel
from gui.transfer.transfers import State, Transfer
from tests.gui.rows import changed, links, of_every_kind, row


@pytest.fixture
def model(qtbot: QtBot) -> TransfersModel:
    return TransfersModel()


def shown(model: TransfersModel) -> list[Transfer]:
    return [model.index(number, 0).data(TRANSFER_ROLE) for number in range(model.rowCount())]


def ids(model: TransfersModel) -> list[int]:
    return [one.id for one in shown(model)]


def test_the_queue_shows_what_runs_then_waits_then_failed_then_is_done_newest_first(model: TransfersModel) -> None:
    model.load(
        [
            row(1, state=State.DONE, finished_at=100),
            row(2, state=State.FAILED, finished_at=100),
            row(3),
            row(4, state=State.SENDING),
            row(5, state=State.PAUSED),
            row(6, state=State.DONE, finished_at=200),
        ]
    )
    assert ids(model) == [4, 3, 5, 2, 6, 1]


def test_a_row_moves_when_its_state_does_and_leaves_when_it_is_forgotten(model: TransfersModel) -> None:
    first, second = row(1), row(2)
    model.apply([first, second])
    model.apply([changed(second, state=State.SENDING, sent=500)])
    assert ids(model) == [2, 1]
    model.apply([changed(second, state=State.DONE, sent=1000, finished_at=9)])
    assert ids(model) == [1, 2]
    model.apply([changed(second, gone=True), changed(row(77), gone=True)])
    assert ids(model) == [1]
    assert model.find(2) is None


def test_the_signals_fit_what_happens(model: TransfersModel) -> None:
    """Qt's own tester ends the process where they do not; it looks at every cell at every signal."""
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    _live(model, Column.NAME, Qt.SortOrder.DescendingOrder, files=12, steps=20, batches=[1, 3])
    _live(model, None, Qt.SortOrder.AscendingOrder, files=12, steps=20, batches=[1, 3])


@pytest.mark.parametrize("column", [None, *KEYS])
@pytest.mark.parametrize("order", list(Qt.SortOrder))
def test_any_news_in_any_order_leave_the_list_sorted(
    model: TransfersModel, column: Column | None, order: Qt.SortOrder
) -> None:
    _live(model, column, order, files=300, steps=40, batches=[1, 3, 10, 150])


def _live(
    model: TransfersModel, column: Column | None, order: Qt.SortOrder, *, files: int, steps: int, batches: list[int]
) -> None:
    """News of a random life, compared with a plain list after each."""
    chance = random.Random(f"{column} {order}")
    model.load([])
    model.sort(-1 if column is None else column, order)
    known: dict[int, Transfer] = {}
    places: dict[int, int] = {}
    for step in range(steps):
        if step % 15 == 7:
            model.show(chance.choice(list(Filter)), chance.choice(["", "", "1", "FILE"]))
        news: list[Transfer] = []
        for _ in range(chance.choice(batches)):
            number = chance.randrange(files)
            one = _anything(chance, number) if number not in known or chance.random() > 0.1 else known[number]
            if number in known and chance.random() < 0.1:
                one = changed(one, gone=True)
            news = [each for each in news if each.id != number] + [one]
        model.apply(news)
        for one in news:
            if one.gone:
                known.pop(one.id, None)
                places.pop(one.id, None)
            else:
                places.setdefault(one.id, step * 1000 + news.index(one))
                known[one.id] = one
        expected = _expected(model, known, places, column, order)
        assert shown(model) == expected
        assert model.tally.counts[Filter.ALL] == len(known)
        for chip in (Filter.ACTIVE, Filter.WAITING, Filter.DONE, Filter.FAILED):
            assert model.tally.counts[chip] == sum(FILTER_OF[one.state] is chip for one in known.values())
        for place, one in enumerate(expected):
            assert model.row_of(one.id) == place


def _anything(chance: random.Random, number: int) -> Transfer:
    state = chance.choice(list(State))
    return row(
        number,
        f"File {chance.randrange(40)}.mov",
        state,
        size=chance.choice([0, 10, 1000]),
        sent=0,
        speed=chance.choice([0.0, 5.0]),
        remaining_s=chance.choice([None, 1.0, 7.0]),
        finished_at=chance.randrange(50) if state in (State.DONE, State.CANCELLED, State.FAILED) else None,
        links=chance.choice([None, links(number)]),
    )


def _expected(
    model: TransfersModel,
    known: dict[int, Transfer],
    places: dict[int, int],
    column: Column | None,
    order: Qt.SortOrder,
) -> list[Transfer]:
    key = in_queue_order if column is None else KEYS[column]

    def total(one: Transfer) -> tuple[Any, int]:
        return key(one), places[one.id]

    wanted = [
        one
        for one in known.values()
        if (model.filter is Filter.ALL or FILTER_OF[one.state] is model.filter) and model.search in one.name.casefold()
    ]
    downward = column is not None and order is Qt.SortOrder.DescendingOrder
    return sorted(wanted, key=total, reverse=downward)


def test_names_and_folders_are_searched_large_or_small(model: TransfersModel) -> None:
    model.load([row(1, "Straße.mov"), row(2, "b.mov", folder="Show/Day 1"), row(3, "c.mov")])
    model.show(Filter.ALL, "STRASSE")
    assert ids(model) == [1]
    model.show(Filter.ALL, "day 1")
    assert ids(model) == [2]
    model.show(Filter.DONE, "")
    assert ids(model) == []


def test_every_cell_says_something_or_nothing_and_screen_readers_hear_reasons(model: TransfersModel) -> None:
    rows = of_every_kind(1_800_000_000_000_000)
    model.load(rows)
    for number in range(model.rowCount()):
        for column in Column:
            index = model.index(number, column)
            assert isinstance(index.data(), str)
            assert index.data(Qt.ItemDataRole.AccessibleTextRole)
    failed = model.row_of(7)
    assert failed is not None
    text = model.index(failed, Column.STATE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "State: Failed: /media/card/old.mxf is not there any more."
    assert model.index(failed, Column.STATE).data(Qt.ItemDataRole.ToolTipRole).startswith("Failed: ")
    assert model.headerData(Column.LINK, Qt.Orientation.Horizontal) == "Link"
    assert model.data(QModelIndex()) is None


def test_the_tally_knows_how_far_all_of_it_is(model: TransfersModel) -> None:
    def sums() -> tuple[int, float | None]:
        return model.tally.left, model.tally.progress

    first, second = row(1), row(2, size=3000)
    model.apply([first, second])
    assert sums() == (4000, 0)
    model.apply([changed(first, state=State.SENDING, sent=500, speed=250.0)])
    assert (model.tally.left, model.tally.speed, model.tally.remaining_s) == (3500, 250.0, 14.0)
    model.apply([changed(first, state=State.DONE, sent=1000)])
    assert sums() == (3000, 0.25)
    model.apply([changed(second, state=State.PAUSED)])
    assert sums() == (0, None)
    model.apply([changed(second, state=State.SENDING, sent=1500)])
    assert sums() == (1500, 0.5)
    model.apply([changed(second, state=State.FAILED, sent=1500)])
    assert sums() == (0, None)
    assert model.tally.failed == 1


def test_a_loaded_list_is_summed_as_one_that_grew(model: TransfersModel) -> None:
    rows = of_every_kind(1_800_000_000_000_000)
    grown = TransfersModel()
    grown.apply(rows)
    model.load(rows)
    for one in (model.tally, grown.tally):
        assert (one.counts, one.left, one.speed) == (grown.tally.counts, 30_340_120_000, 246e6)
    assert 0 < (model.tally.progress or 0) == grown.tally.progress
    assert shown(model) == shown(grown)
