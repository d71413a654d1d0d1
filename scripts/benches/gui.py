"""The list of transfers with 100,000 rows, against the same rows in Qt's own models behind a proxy that sorts.

Without a screen: what is measured is the model, the view and the painting, not a graphics driver.
"""

import gc
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QTableView

from gui import theme
from gui.models import cells
from gui.models.order import KEYS, Column
from gui.models.transfers import TransfersModel
from gui.transfer.transfers import Links, State, Transfer
from gui.views.transfer_table import TransferTable

ROWS = 100_000
ROUNDS = 3
_SECONDS = 4.0
_PER_SECOND = 10
#: As many as two lanes of the engine send at one time.
_CHANGED = 24
_SORT_ROLE = int(Qt.ItemDataRole.UserRole)


def run() -> dict[str, Any]:
    """Milliseconds: medians of three alternating rounds for the first paint and a sort; p50 and p99 of our frames.

    A frame is one update of 24 rows, ten times a second, with all that Qt does until the window is quiet again.
    """
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, theme.Look.LIGHT)
    rows = _rows()
    # The program does the same once its list is loaded: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    paints: tuple[list[float], list[float]] = ([], [])
    sorts: tuple[list[float], list[float]] = ([], [])
    frames: tuple[list[float], list[float]] = ([], [])
    makers: tuple[type[_Ours] | type[_Peer], ...] = (_Ours, _Peer)
    for _ in range(ROUNDS):
        for side, make in enumerate(makers):
            part = make(app)
            paints[side].append(_timed(app, partial(part.fill, rows)))
            sorts[side].append(median(_timed(app, partial(part.sort, column)) for column in KEYS))
            frames[side].extend(_frames(app, part, rows))
            part.view.close()
            part.view.deleteLater()
            app.processEvents()
    ours, theirs = (
        {"paint": median(paints[side]), "sort": median(sorts[side]), "frame": max(frames[side])} for side in (0, 1)
    )
    for what, aim in (("paint", 200), ("sort", 50), ("frame", 50)):
        print(f"{what:>6}: {ours[what]:8.1f} ms   peer {theirs[what]:9.1f} ms   aim {aim} ms", flush=True)
    return {
        "bench": "gui",
        "ours": round(ours["sort"], 1),
        "peer": round(theirs["sort"], 1),
        "unit": "ms a sort",
        "ratio": round(theirs["sort"] / ours["sort"], 1),
        "aim": f"paint ≤ 200 ({ours['paint']:.0f}), sort ≤ 50, frame ≤ 50 ({ours['frame']:.0f})",
        "p50": round(median(frames[0]), 1),
        "p99": round(quantiles(frames[0], n=100)[98], 1),
    }


class _Ours:
    """The window's model and table."""

    def __init__(self, app: QApplication) -> None:
        self._model = TransfersModel()
        self.view = TransferTable(self._model)
        _show(app, self.view)

    def fill(self, rows: list[Transfer]) -> None:
        self._model.load(rows)

    def sort(self, column: Column) -> None:
        self._model.sort(column, Qt.SortOrder.DescendingOrder)

    def update(self, news: list[Transfer]) -> None:
        self._model.apply(news)


class _Peer:
    """A QStandardItemModel behind a QSortFilterProxyModel; what is sorted by lies in a role of each item."""

    def __init__(self, app: QApplication) -> None:
        self._model = QStandardItemModel(0, len(Column))
        self._proxy = QSortFilterProxyModel()
        self._proxy.setSourceModel(self._model)
        self._proxy.setSortRole(_SORT_ROLE)
        self.view = QTableView()
        self.view.setModel(self._proxy)
        _show(app, self.view)

    def fill(self, rows: list[Transfer]) -> None:
        for one in rows:
            self._model.appendRow([self._item(one, column) for column in Column])

    def sort(self, column: Column) -> None:
        self._proxy.sort(column, Qt.SortOrder.DescendingOrder)

    def update(self, news: list[Transfer]) -> None:
        for one in news:
            for column in Column:
                item = self._model.item(one.id, column)
                item.setData(_key(one, column), _SORT_ROLE)
                item.setText(cells.text(one, column))

    @staticmethod
    def _item(one: Transfer, column: Column) -> QStandardItem:
        item = QStandardItem(cells.text(one, column))
        item.setData(_key(one, column), _SORT_ROLE)
        return item


def _key(one: Transfer, column: Column) -> str | float:
    key: str | float = KEYS[column](one)
    return key


def _show(app: QApplication, view: QTableView) -> None:
    view.resize(1240, 780)
    view.show()
    app.processEvents()


def _timed(app: QApplication, work: Callable[[], None]) -> float:
    """Milliseconds until it is done and painted."""
    began = time.perf_counter()
    work()
    app.processEvents()
    return (time.perf_counter() - began) * 1000


def _frames(app: QApplication, part: _Ours | _Peer, rows: list[Transfer]) -> list[float]:
    """What each update took, while what is sent is sorted by its speed and some of it ends and begins."""
    part.sort(Column.SPEED)
    app.processEvents()
    chance, took = random.Random(1), []
    for _ in range(int(_SECONDS * _PER_SECOND)):
        news = [_further(chance, rows[chance.randrange(ROWS)]) for _ in range(_CHANGED)]
        took.append(_timed(app, partial(part.update, list({one.id: one for one in news}.values()))))
        time.sleep(max(0.0, 1 / _PER_SECOND - took[-1] / 1000))
    return took


def _further(chance: random.Random, one: Transfer) -> Transfer:
    state = chance.choice([State.SENDING, State.SENDING, State.SENDING, State.DONE, State.WAITING])
    return replace(one, state=state, sent=chance.randrange(one.size), speed=chance.random() * 1e8)


def _rows() -> list[Transfer]:
    chance = random.Random(0)
    states = [State.SENDING] * 24 + [State.WAITING] * 400 + [State.DONE] * 500 + [State.FAILED] * 20
    return [
        Transfer(
            id=number,
            batch_id="batch",
            connection="studio",
            source=Path("/media/card/clip.mov"),
            name=f"A{chance.randrange(ROWS):06d}_clip.mov",
            folder=f"show/day {chance.randrange(30)}",
            size=chance.randrange(1, 10**10),
            state=chance.choice(states),
            created_at=number,
            links=Links(f"http://studio.local/videos/{chance.randrange(10**9)}.mov"),
        )
        for number in range(ROWS)
    ]
