"""The library's models: what is shown is what was chosen, in the order that was chosen, whatever changes."""

import random
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from gui.models.folders import COUNT_ROLE, TRASH, FolderModel
from gui.models.library import LibraryModel
from gui.models.library_cells import length
from gui.models.library_order import Chip, LibraryColumn, Selection
from gui.views.library_grid import TileGrid
from gui.views.library_table import Chosen, LibraryTable
from tests.gui.library_files import file, many

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@pytest.fixture
def model(qtbot: QtBot) -> LibraryModel:
    made = LibraryModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Warning, made)
    return made


def names(model: LibraryModel) -> list[str]:
    return [model.file_at(row).name for row in range(model.rowCount())]


def test_the_newest_is_first_and_every_column_sorts(model: LibraryModel) -> None:
    model.load([file(1, "b.mp4", size=30), file(3, "a.mp4", size=10), file(2, "C.mp4", size=20)])
    assert names(model) == ["a.mp4", "C.mp4", "b.mp4"]
    model.sort(LibraryColumn.NAME, UP)
    assert names(model) == ["a.mp4", "b.mp4", "C.mp4"]
    model.sort(LibraryColumn.SIZE, DOWN)
    assert names(model) == ["b.mp4", "C.mp4", "a.mp4"]
    model.sort(-1)
    assert names(model) == ["a.mp4", "C.mp4", "b.mp4"]
    for column in LibraryColumn:
        model.sort(column, UP)
        assert sorted(names(model)) == ["C.mp4", "a.mp4", "b.mp4"]
        assert model.data(model.index(0, column)) is not None


def test_what_is_chosen_is_shown(model: LibraryModel) -> None:
    model.load([
        file(1, "harbour.mp4", folder="shows/day 1", tags=("rushes",)),
        file(2, "logo.png", kind="image", folder="shows", title="The Logo"),
        file(3, "broken.mov", state="errored", folder="shows 2"),
        file(4, "coming.wav", kind="audio", state="processing"),
        file(5, "old.zip", kind="file", state="trashed", folder="shows"),
    ])  # fmt: skip
    shown = {
        Selection(): {"harbour.mp4", "logo.png", "broken.mov", "coming.wav"},
        Selection("shows"): {"harbour.mp4", "logo.png"},
        Selection("shows/day 1"): {"harbour.mp4"},
        Selection(trash=True): {"old.zip"},
        Selection(chip=Chip.IMAGE): {"logo.png"},
        Selection(chip=Chip.AT_WORK): {"coming.wav"},
        Selection(chip=Chip.TROUBLE): {"broken.mov"},
        Selection(words=("logo", "shows")): {"logo.png"},
        Selection(words=("rush",)): {"harbour.mp4"},
        Selection(tag="rushes"): {"harbour.mp4"},
        Selection("shows", words=("broken",)): set(),
    }
    for selection, expected in shown.items():
        model.show(selection)
        assert set(names(model)) == expected, selection


def test_changes_one_by_one_and_many_lead_to_the_same_list(model: LibraryModel) -> None:
    chance = random.Random(1)
    files = {one.file_id: one for one in many(1500)}
    model.load(list(files.values()))
    model.show(Selection("show 1", chip=Chip.ALL, words=("a0",)))
    for round_ in range(60):
        changed, gone = [], []
        for one in chance.sample(list(files.values()), min(len(files), 5 if round_ % 10 else 150)):
            match chance.randrange(4):
                case 0:
                    gone.append(one.file_id)
                    del files[one.file_id]
                case 1:
                    changed.append(replace(one, name=f"A0{chance.randrange(999)}.mp4", folder=one.folder))
                case 2:
                    changed.append(replace(one, folder=chance.choice(["show 1", "show 1/day 9", "", "show 12"])))
                case _:
                    changed.append(replace(one, state=chance.choice(["trashed", "ready"]), size=chance.randrange(99)))
        new = file(1000 + round_, f"A0 new {round_}.mp4", folder="show 1")
        changed.append(new)
        files.update((one.file_id, one) for one in changed)
        model.apply(changed, gone)
        model.sort(chance.choice(list(LibraryColumn)), chance.choice([UP, DOWN])) if round_ % 7 == 0 else None
        other = LibraryModel()
        other.selection, other.order = model.selection, model.order
        other.load(list(files.values()))
        assert names(model) == names(other), round_
        for row in (0, model.rowCount() - 1):
            assert model.row_of(model.file_at(row).file_id) == row


def test_folders_count_all_below_and_come_and_go(qtbot: QtBot) -> None:
    folders = FolderModel()
    folders.count([
        file(1, folder="a/b"), file(2, folder="a"), file(3), file(4, folder="Z"), file(5, state="trashed", folder="a"),
    ])  # fmt: skip

    def counts() -> dict[str, int]:
        return {
            folder: item.data(COUNT_ROLE)
            for folder in ("", "a", "a/b", "Z", TRASH)
            if (item := folders.item_of(folder)) is not None
        }

    assert counts() == {"": 4, "a": 2, "a/b": 1, "Z": 1, TRASH: 1}
    assert folders.folders() == ["a", "a/b", "Z"]
    folders.count([file(3), file(6, folder="m/n/o")])
    assert counts() == {"": 2, TRASH: 0}
    assert folders.folders() == ["m", "m/n", "m/n/o"]
    folders.count([])
    assert folders.folders() == []


def test_lengths_are_written_as_players_do() -> None:
    assert [length(one) for one in (None, 0.0, 5.4, 65.0, 3723.0)] == ["", "", "0:05", "1:05", "1:02:03"]


def test_the_grid_knows_where_each_tile_is(model: LibraryModel, qtbot: QtBot) -> None:
    model.load(many(1000))
    grid = TileGrid(QSize(100, 80))
    qtbot.addWidget(grid)
    grid.setModel(model)
    grid.resize(500, 400)
    grid.show()
    assert grid.columns == 4
    for row in (0, 3, 4, 999):
        grid.scrollTo(model.index(row, 0))
        place = grid.visualRect(model.index(row, 0))
        assert grid.viewport().rect().contains(place)
        assert grid.indexAt(place.center()).row() == row
    assert not grid.indexAt(QPoint(2, 2)).isValid()
    grid.scrollToTop()
    grid.setSelection(QRect(0, 0, 200, 150), grid.selectionModel().SelectionFlag.ClearAndSelect)
    assert sorted({index.row() for index in grid.selectionModel().selectedRows(0)}) == [0, 1, 4, 5]
    grid.setCurrentIndex(model.index(0, 0))
    steps = [
        (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 5), (Qt.Key.Key_Left, 4), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_End, 999), (Qt.Key.Key_Down, 999), (Qt.Key.Key_Home, 0),
    ]  # fmt: skip
    for key, row in steps:
        qtbot.keyClick(grid, key)  # type: ignore[no-untyped-call]
        assert grid.currentIndex().row() == row, key
    model.load([])
    assert not grid.indexAt(QPoint(50, 50)).isValid()
    assert grid.grab().width() == 500


def test_a_selection_stays_on_its_files(model: LibraryModel, qtbot: QtBot) -> None:
    files = many(200)
    model.load(files)
    table = LibraryTable(model, lambda one: None)
    qtbot.addWidget(table)
    chosen = Chosen(model, table.selectionModel())
    ids = [files[3].file_id, files[70].file_id]
    chosen.choose(ids)
    assert {one.file_id for one in chosen.files()} == set(ids)
    model.sort(LibraryColumn.NAME, UP)
    model.load([*files, file(5000, "AAA.mp4")])
    model.apply([file(5001, "AAB.mp4")], [files[4].file_id])
    assert {one.file_id for one in chosen.files()} == set(ids)
    model.apply([], [ids[0]])
    assert [one.file_id for one in chosen.files()] == ids[1:]
    assert model.index(0, 0, QModelIndex()).isValid()


def test_a_hundred_thousand_files_are_held_sorted_and_changed(model: LibraryModel) -> None:
    files = many(100_000)
    plain = LibraryModel()
    plain.load(files)
    assert plain.rowCount() == 100_000
    plain.sort(LibraryColumn.NAME, UP)
    assert [plain.file_at(row).name for row in (0, 50_000, 99_999)] == ["A000000.mp4", "A050000.mp4", "A099999.mp4"]
    plain.show(Selection("show 1", chip=Chip.IMAGE))
    assert plain.rowCount() == 5_000
    plain.show(Selection(words=("a0999", "day 9")))
    assert plain.rowCount() == 10
    plain.show(Selection())
    for number in range(100):
        plain.apply([replace(files[number * 7], size=1)], [])
    assert plain.rowCount() == 100_000
