"""The window without an appliance: what it says, what it keeps, and that all of it can be had by keyboard."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QGuiApplication, QPalette
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from gui.models.order import Column, Filter
from gui.program import Places, Program
from gui.theme import DARK, LIGHT, Look
from gui.transfer.transfers import State
from gui.views.pages import PAGES
from gui.views.settings_copying import CopyingCard
from gui.views.settings_look import LookCard
from gui.views.settings_sending import SendingCard
from gui.views.tray import Tray, newest_links
from tests.gui.conftest import OFFSCREEN, StartProgram
from tests.gui.hands import application, child, click, clipboard, drop, focusable, press, wait
from tests.gui.rows import NOW, changed, links, of_every_kind, row

CONTROL = Qt.KeyboardModifier.ControlModifier


def words_on(widget: object) -> str:
    assert hasattr(widget, "findChildren")
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_without_an_appliance_it_says_what_to_do(idle: Program, tmp_path: Path, qtbot: QtBot) -> None:
    window = idle.window
    assert "No appliance is connected yet" in words_on(window.transfers)
    assert "settings" in words_on(window.transfers)
    drop(window, [tmp_path])
    assert window.toast.text == "Nothing was sent: connect to an appliance first."
    assert window.page("settings").isVisible()
    idle.desk.connections.add("http://127.0.0.1:9", "mk_none", name="Studio & Co")
    window.show_page("transfers")
    wait(qtbot, lambda: "Nothing has been sent yet" in words_on(window.transfers))
    assert window.statusBar().findChildren(QLabel)[0].text() == "Ready to send to Studio & Co"


def test_what_is_dragged_over_the_window_is_answered(idle: Program, tmp_path: Path) -> None:
    idle.desk.connections.add("http://127.0.0.1:9", "mk_none", name="Studio")
    mime = QMimeData()
    mime.setText("only words")
    middle = QPoint(300, 300)
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDragEnterEvent(middle, copy, mime, left, none)
    event.ignore()
    application().sendEvent(idle.window, event)
    assert not event.isAccepted()
    assert not idle.window.overlay.isVisible()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    application().sendEvent(idle.window, QDragEnterEvent(middle, copy, mime, left, none))
    assert idle.window.overlay.isVisible()
    assert idle.window.overlay.accessibleName() == "Drop to send to Studio"


def test_pasting_words_says_what_can_be_pasted(idle: Program) -> None:
    QGuiApplication.clipboard().setText("no path")
    idle.window.paste()
    assert "no files on the clipboard" in idle.window.toast.text


def test_chips_count_and_filter_and_the_search_finds(idle: Program, qtbot: QtBot) -> None:
    page, model = idle.window.transfers, idle.desk.transfers
    model.load(of_every_kind(NOW))
    texts = {chip: button.text().replace("&", "") for chip, button in page.chips.items()}
    assert texts == {
        Filter.ALL: "All  10",
        Filter.ACTIVE: "Active  3",
        Filter.WAITING: "Waiting  3",
        Filter.DONE: "Done  2",
        Filter.FAILED: "Failed  1",
    }
    click(page.chips[Filter.FAILED])
    assert [model.transfer_at(number).id for number in range(model.rowCount())] == [7]
    page.search.setText("nothing like it")
    wait(qtbot, lambda: "Nothing is called like that" in words_on(page))
    click(page.chips[Filter.ALL])
    page.search.setText("DAY 2")
    wait(qtbot, lambda: model.rowCount() == 1)
    assert page.table.isVisible()


def test_a_choice_outlives_sorting_and_news(idle: Program) -> None:
    table, model = idle.window.transfers.table, idle.desk.transfers
    model.load(of_every_kind(NOW))
    table.select([1, 8])
    table.sortByColumn(Column.NAME, Qt.SortOrder.DescendingOrder)
    assert {one.id for one in table.selected()} == {1, 8}
    first = model.find(1)
    assert first is not None
    model.apply([changed(first, state=State.DONE, finished_at=NOW + 9)])
    assert {one.id for one in table.selected()} == {1, 8}
    assert words_on(idle.window.transfers.detail).startswith("2 files chosen")


def test_links_are_copied_by_key_and_by_click_in_the_chosen_form(idle: Program, qtbot: QtBot) -> None:
    page, model = idle.window.transfers, idle.desk.transfers
    model.load([row(1, "a.mp4", State.DONE, links=links(1), finished_at=NOW), row(2, "b.mp4")])
    page.table.select([1, 2])
    press(page.table, Qt.Key.Key_C, CONTROL)
    assert clipboard() == links(1).page
    assert idle.window.toast.text == "Link copied"
    idle.desk.settings.set_copy_template("[{name}]({page})")
    row_number = model.row_of(1)
    assert row_number is not None
    idle.window.resize(1600, 900)
    page.table.clearSelection()
    application().processEvents()
    where = page.table.visualRect(model.index(row_number, Column.LINK)).center()
    click(page.table.viewport(), where)
    assert clipboard() == f"[a.mp4]({links(1).page})"
    page.table.select([1])
    page.actions_for_chosen.copy_permanent.trigger()
    assert clipboard() == links(1).video_url


def test_everything_that_takes_the_focus_has_a_name(idle: Program) -> None:
    idle.desk.connections.add("http://127.0.0.1:9", "mk_none", name="Studio")
    idle.desk.transfers.load(of_every_kind(NOW))
    for page in PAGES:
        idle.window.show_page(page.name)
        if page.name == "transfers":
            idle.window.transfers.table.select([8])
        application().processEvents()
        for widget in focusable(idle.window):
            text = widget.accessibleName() or (widget.text() if hasattr(widget, "text") else "")
            assert text.strip(), f"{page.name}: {widget} {widget.parentWidget()}"


def test_pages_are_turned_by_keyboard(idle: Program, qtbot: QtBot) -> None:
    idle.window.activateWindow()
    wait(qtbot, idle.window.isActiveWindow)
    for number, page in enumerate(PAGES):
        press(idle.window, Qt.Key(Qt.Key.Key_1 + number), CONTROL)
        assert idle.window.page(page.name).isVisible()
    press(idle.window, Qt.Key.Key_1, CONTROL)
    press(idle.window, Qt.Key.Key_F, CONTROL)
    assert idle.window.transfers.search.hasFocus()


def test_settings_take_effect_at_once_and_are_kept(start: StartProgram, tmp_path: Path, qtbot: QtBot) -> None:
    program = start(folder=tmp_path / "kept")
    page = program.window.page("settings")
    looks = child(page, LookCard).findChildren(QComboBox)
    looks[0].setCurrentIndex(looks[0].findData(Look.DARK))
    looks[1].setCurrentIndex(looks[1].findData(1.3))
    assert application().palette().color(QPalette.ColorRole.Window).name() == DARK.ground
    size = application().font().pointSizeF()
    looks[0].setCurrentIndex(looks[0].findData(Look.LIGHT))
    assert application().palette().color(QPalette.ColorRole.Window).name() == LIGHT.ground
    looks[1].setCurrentIndex(looks[1].findData(1.0))
    assert application().font().pointSizeF() == pytest.approx(size / 1.3)

    sending = child(page, SendingCard)
    child(sending, QSpinBox).setValue(5)
    sending.limit.choose(2_000_000)
    child(sending, QCheckBox).setChecked(False)
    options = program.desk.engine.options
    assert (options.files_at_a_time, options.limit, options.hold_sleep) == (5, 2_000_000, False)
    assert sending.limit.text() == "2.0 MB/s"

    copying = child(page, CopyingCard)
    form = child(copying, QComboBox)
    form.setCurrentIndex(form.findData("markdown"))
    assert "[Harbour.mp4](http" in "".join(label.text() for label in copying.findChildren(QLabel))
    program.close()

    again = start(folder=tmp_path / "kept")
    assert again.desk.engine.options == options
    assert again.desk.settings.copy_template == "[{name}]({page})"
    assert again.desk.settings.look is Look.LIGHT


def test_all_is_paused_and_goes_on(idle: Program, qtbot: QtBot) -> None:
    idle.window.activateWindow()
    wait(qtbot, idle.window.isActiveWindow)
    press(idle.window, Qt.Key.Key_P, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert idle.desk.engine.paused
    idle.window.transfers.toggle_pause()
    assert not idle.desk.engine.paused


def test_the_tray_has_the_last_ten_links(idle: Program) -> None:
    idle.desk.transfers.load([row(number, f"{number} & co.mp4", links=links(number)) for number in range(1, 13)])
    assert [one.id for one in newest_links(idle.desk)] == list(range(12, 2, -1))
    tray = Tray(idle.desk, idle.window.windowIcon(), idle.window.transfers.toggle_pause)
    tray.copied.connect(idle.window.put_on_clipboard)
    tray.fill()
    copying = [action for action in tray.menu.actions() if action.text().startswith("Copy link")]
    assert len(copying) == 10
    assert copying[0].text() == "Copy link: 12 && co.mp4"
    copying[0].trigger()
    assert clipboard() == links(12).page
    tray.close()


def test_the_program_ends_as_quietly_as_it_began(tmp_path: Path) -> None:
    script = """
import sys
from PySide6.QtCore import QTimer
from gui import app
made = app.make_application()
app.make_application = lambda: made
QTimer.singleShot(500, made.quit)
sys.exit(app.main(["--folder", sys.argv[1]]))
"""
    env = {**os.environ, "MEDIA_DATA_DIR": str(tmp_path / "none"), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", script, str(tmp_path / "own")]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    complaints = [line for line in ended.stderr.splitlines() if not any(word in line for word in OFFSCREEN)]
    assert (ended.returncode, ended.stdout, complaints) == (0, "", [])
    assert Places.within(tmp_path / "own").state.joinpath("window.db").is_file()
