"""Hot folders in the window: added by the dialog, watched, paused, changed and removed, against a real appliance."""

import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from gui.program import Program
from gui.transfer.hotfolders.profiles import After
from gui.transfer.hotfolders.statuses import FolderState
from gui.views.hot_folder_card import HotFolderCard
from gui.views.hot_folder_dialog import HotFolderDialog
from gui.views.hot_folders import HotFoldersPage
from tests.gui.conftest import StartProgram
from tests.gui.hands import click, clipboard, wait
from tests.gui.looks import photograph
from tests.integration.native_stack import NativeStack


def page_of(program: Program) -> HotFoldersPage:
    program.window.show_page("hot_folders")
    page = program.window.page("hot_folders")
    assert isinstance(page, HotFoldersPage)
    return page


def dialog_of(page: HotFoldersPage) -> HotFolderDialog:
    return page.findChildren(HotFolderDialog)[-1]


def add(page: HotFoldersPage, folder: Path, after: After = After.LEAVE) -> HotFolderCard:
    """By the dialog, with files taken at once."""
    folder.mkdir(exist_ok=True)
    page.open_dialog()
    dialog = dialog_of(page)
    dialog.root.setText(str(folder))
    dialog.folder.setText("watched")
    dialog.tags.setText("one, two")
    dialog.settle.setValue(0)
    dialog.after.setCurrentIndex(dialog.after.findData(after))
    click(dialog.save)
    return page.cards[-1]


def test_an_empty_page_says_what_a_hot_folder_is(idle: Program) -> None:
    page = page_of(idle)
    assert page.cards == []
    page.open_dialog()
    dialog = dialog_of(page)
    assert not dialog.save.isEnabled()
    assert "Connect to an appliance first" in dialog.trouble.text()
    dialog.reject()


def test_a_folder_is_added_and_what_is_put_into_it_goes_up(
    start: StartProgram, appliance: NativeStack, tmp_path: Path, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    program = start(appliance)
    page = page_of(program)
    card = add(page, tmp_path / "in", After.MOVE)
    assert dialogs_are_closed(page)
    (tmp_path / "in" / "a film.mov").write_bytes(os.urandom(1000))
    moved = tmp_path / "in" / "Sent" / "a film.mov"
    wait(qtbot, moved.exists)
    wait(qtbot, lambda: "1 file sent" in card.counts.text())
    assert card.state.text() == "Watching"
    click(card.copy)
    assert clipboard().endswith(".mov")
    photograph(request.config, program.window, "hot-folders")
    with appliance.client() as client:
        files = client.get("/files", params={"path": "watched"}).json()["items"]
    assert [(file["name"], file["tags"]) for file in files] == [("a film.mov", ["one", "two"])]


def dialogs_are_closed(page: HotFoldersPage) -> bool:
    return not any(dialog.isVisible() for dialog in page.findChildren(HotFolderDialog))


def test_a_folder_is_paused_changed_and_removed(
    start: StartProgram, appliance: NativeStack, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = start(appliance)
    page = page_of(program)
    card = add(page, tmp_path / "in")
    click(card.pause)
    wait(qtbot, lambda: card.state.text().startswith("Paused"))
    click(card.pause)
    wait(qtbot, lambda: card.state.text() == "Watching")
    card.edit_wanted.emit(program.desk.hot_folders.of(card.folder_id).profile)
    dialog = dialog_of(page)
    assert (dialog.root.text(), dialog.folder.text()) == (str(tmp_path / "in"), "watched")
    assert not dialog.move_to.isVisibleTo(dialog)
    dialog.after.setCurrentIndex(dialog.after.findData(After.DELETE))
    dialog.folder.setText("elsewhere")
    click(dialog.save)
    assert program.desk.hot_folders.of(card.folder_id).profile.folder == "elsewhere"
    monkeypatch.setattr(QMessageBox, "question", lambda *words: QMessageBox.StandardButton.Yes)
    remove = next(action for action in card.more.menu().actions() if "Remove" in action.text())
    remove.trigger()
    assert page.cards == []
    assert program.desk.hot_folders.folders.status() == []


def test_what_would_send_twice_is_refused_in_the_dialog(
    start: StartProgram, appliance: NativeStack, tmp_path: Path
) -> None:
    program = start(appliance)
    page = page_of(program)
    add(page, tmp_path / "in")
    page.open_dialog()
    dialog = dialog_of(page)
    dialog.root.setText(str(tmp_path / "in" / "deeper"))
    click(dialog.save)
    assert "There is no folder" in dialog.trouble.text()
    (tmp_path / "in" / "deeper").mkdir()
    click(dialog.save)
    assert "overlaps" in dialog.trouble.text()
    assert len(page.cards) == 1
    dialog.reject()


def test_a_folder_that_went_away_says_so_also_after_a_restart(
    start: StartProgram, appliance: NativeStack, tmp_path: Path, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    program = start(appliance, tmp_path / "first")
    card = add(page_of(program), tmp_path / "in")
    shutil.rmtree(tmp_path / "in")
    click_menu(card, "Look")
    wait(qtbot, lambda: "is not there" in card.state.text())
    photograph(request.config, program.window, "hot-folders-away")
    program.close()
    again = start(appliance, tmp_path / "first")
    page = page_of(again)
    wait(qtbot, lambda: "is not there" in page.cards[0].state.text())
    assert again.desk.hot_folders.all()[0].state is FolderState.AWAY
    (tmp_path / "in").mkdir()
    wait(qtbot, lambda: page.cards[0].state.text() == "Watching")


def click_menu(card: HotFolderCard, word: str) -> None:
    next(action for action in card.more.menu().actions() if word in action.text()).trigger()


def test_all_of_the_dialog_is_reached_by_the_keyboard_and_named(
    start: StartProgram, appliance: NativeStack, request: pytest.FixtureRequest
) -> None:
    program = start(appliance)
    page = page_of(program)
    page.open_dialog()
    dialog = dialog_of(page)
    for widget in (dialog.root, dialog.connection, dialog.folder, dialog.tags, dialog.settle, dialog.after):
        assert widget.accessibleName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    dialog.after.setCurrentIndex(dialog.after.findData(After.MOVE))
    photograph(request.config, dialog, "hot-folder-dialog")
    dialog.reject()
