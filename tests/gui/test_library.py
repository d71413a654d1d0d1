"""The library page on a real appliance: found, changed, shared, trashed, restored and downloaded."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QPushButton
from pytestqt.qtbot import QtBot

from gui.models.folders import TRASH
from gui.models.library_order import Chip
from gui.program import Program
from gui.transfer.library.mirror import Standing
from gui.views.connections_dialog import ConnectDialog
from gui.views.library import LibraryPage
from gui.views.library_dialogs import ShareDialog
from tests.films import ffmpeg, h264, picture, tone
from tests.flaky_proxy import FlakyProxy
from tests.gui.conftest import StartProgram
from tests.gui.looks import photograph
from tests.integration.api_server import ApiClient
from tests.integration.native_stack import NativeStack
from tests.pictures import encoded, split

LONG_MS = 120_000


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """An appliance with files of every kind."""
    folder = tmp_path_factory.mktemp("shelf")
    stack = NativeStack.in_folder(folder)
    with stack.up():
        with stack.client() as client:
            fill(client, folder)
        yield stack


def fill(client: ApiClient, folder: Path) -> None:
    film = folder / "film.mp4"
    ffmpeg(*picture("640x360", seconds=3), *tone(seconds=3), *h264(), "-c:a", "aac", "-shortest", film)
    photo = encoded(split(640, 400), "JPEG")
    for number in range(1, 5):
        client.upload(f"A00{number}_harbour.mp4", film.read_bytes() + bytes(number), path="show/day 1", tags=["rushes"])
    for number in range(1, 7):
        client.upload(f"still {number}.jpg", photo + bytes(number), path="show/stills")
    client.upload("contract.pdf", b"%PDF-1.4 no more", path="papers", visibility="private")
    client.upload("broken.mp4", os.urandom(4000), path="show/day 2")
    client.upload("ä 🎬 long name of a file that nobody can read on one line of a tile.txt", b"text")
    old = client.upload("old take.mp4", film.read_bytes() + b"old", path="show/day 1")
    client.delete(f"/delete/{old['fileId']}?trash=true")


def library(program: Program) -> LibraryPage:
    page = program.window.page("library")
    assert isinstance(page, LibraryPage)
    return page


@pytest.fixture
def page(start: StartProgram, shelf: NativeStack, qtbot: QtBot) -> LibraryPage:
    program = start(shelf)
    program.window.show_page("library")
    page = library(program)
    settle(page, qtbot)
    return page


def settle(page: LibraryPage, qtbot: QtBot) -> None:
    model, held = page.desk.libraries.model, page.desk.libraries
    qtbot.waitUntil(lambda: held.library is not None and held.library.status.standing is Standing.LIVE, timeout=LONG_MS)
    qtbot.waitUntil(lambda: all(one.state in ("ready", "errored", "trashed") for one in model.all()), timeout=LONG_MS)
    qtbot.waitUntil(lambda: model.rowCount() >= 12, timeout=LONG_MS)


def shown(page: LibraryPage) -> list[str]:
    model = page.desk.libraries.model
    return [model.file_at(row).name for row in range(model.rowCount())]


def choose(page: LibraryPage, qtbot: QtBot, *names: str) -> None:
    ids = [one.file_id for one in page.desk.libraries.model.all() if one.name in names and not one.trashed]
    page.chosen.choose(ids)
    assert len(page.chosen.files()) == len(names)
    said = names[0] if len(names) == 1 else f"{len(names)} files chosen"
    qtbot.waitUntil(lambda: page.detail.isVisible() and page.detail.name.text() == said, timeout=LONG_MS)


def folder_wait(page: LibraryPage, qtbot: QtBot, folder: str) -> None:
    qtbot.waitUntil(lambda: page.folders.item_of(folder) is not None, timeout=LONG_MS)
    page.tree.choose(folder)


def test_everything_is_there_to_be_looked_through(page: LibraryPage, qtbot: QtBot, pytestconfig: pytest.Config) -> None:
    assert "old take.mp4" not in shown(page)
    assert {"A001_harbour.mp4", "still 1.jpg", "contract.pdf", "broken.mp4"} <= set(shown(page))
    model, thumbnails = page.desk.libraries.model, page.desk.libraries.thumbnails

    def pictured() -> bool:
        return all(
            thumbnails.picture(page.desk.libraries.connection, one) is not None
            for one in model.all()
            if one.thumbnail and not one.trashed
        )

    # A picture is ready before its small forms are.
    qtbot.waitUntil(lambda: sum(bool(one.thumbnail) for one in model.all() if not one.trashed) >= 10, timeout=LONG_MS)
    qtbot.waitUntil(pictured, timeout=LONG_MS)
    photograph(pytestconfig, page.window(), "library-grid")
    choose(page, qtbot, "A002_harbour.mp4")
    qtbot.waitUntil(lambda: bool(page.detail.fact("codecs")) and page.detail.poster.has_picture, timeout=LONG_MS)
    assert page.detail.fact("picture") == "640 × 360"
    photograph(pytestconfig, page.window(), "library-grid-chosen")
    page.bar.as_list.click()
    photograph(pytestconfig, page.window(), "library-list")
    folder_wait(page, qtbot, "show/day 1")
    assert all("harbour" in name for name in shown(page))
    page.tree.choose(TRASH)
    assert shown(page) == ["old take.mp4"]
    photograph(pytestconfig, page.window(), "library-trash")
    page.tree.choose("")
    page.bar.search.setText("still show")
    qtbot.waitUntil(lambda: len(shown(page)) == 6, timeout=LONG_MS)
    page.bar.search.setText("no such thing")
    qtbot.waitUntil(lambda: shown(page) == [], timeout=LONG_MS)
    photograph(pytestconfig, page.window(), "library-none-found")
    page.bar.search.clear()
    page.bar.chips[Chip.TROUBLE].click()
    qtbot.waitUntil(lambda: shown(page) == ["broken.mp4"], timeout=LONG_MS)
    choose(page, qtbot, "broken.mp4")
    qtbot.waitUntil(page.detail.isVisible, timeout=LONG_MS)
    assert page.detail.fact("state") == "Trouble"


def test_files_are_renamed_tagged_moved_hidden_trashed_and_restored(
    page: LibraryPage, qtbot: QtBot, shelf: NativeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = page.actions_for_chosen

    def one(name: str) -> str:
        return next(each.file_id for each in page.desk.libraries.model.all() if each.name == name)

    def becomes(name: str, what: str, value: object) -> None:
        file_id = one(name)
        qtbot.waitUntil(lambda: getattr(page.desk.libraries.model.find(file_id), what) == value, timeout=LONG_MS)

    choose(page, qtbot, "still 1.jpg")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("The first still", True))
    actions.rename.trigger()
    becomes("still 1.jpg", "title", "The first still")
    choose(page, qtbot, "still 1.jpg", "still 2.jpg")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("chosen, for print", True))
    actions.tag.trigger()
    for name in ("still 1.jpg", "still 2.jpg"):
        becomes(name, "tags", ("chosen", "for print"))
    monkeypatch.setattr(QInputDialog, "getItem", lambda *_, **__: ("/picked / best/", True))
    actions.move.trigger()
    for name in ("still 1.jpg", "still 2.jpg"):
        becomes(name, "folder", "picked/best")
    folder_wait(page, qtbot, "picked/best")
    assert set(shown(page)) == {"still 1.jpg", "still 2.jpg"}
    page.tree.choose("")
    choose(page, qtbot, "still 2.jpg")
    actions.make_private.trigger()
    becomes("still 2.jpg", "private", True)
    choose(page, qtbot, "still 2.jpg")
    qtbot.waitUntil(actions.make_public.isEnabled, timeout=LONG_MS)
    actions.make_public.trigger()
    becomes("still 2.jpg", "private", False)
    choose(page, qtbot, "still 2.jpg")
    qtbot.waitUntil(actions.trash.isEnabled, timeout=LONG_MS)
    actions.trash.trigger()
    becomes("still 2.jpg", "state", "trashed")
    qtbot.waitUntil(lambda: "still 2.jpg" not in shown(page), timeout=LONG_MS)
    page.tree.choose(TRASH)
    page.chosen.choose([one("still 2.jpg")])
    qtbot.waitUntil(actions.restore.isEnabled, timeout=LONG_MS)
    assert not actions.share.isEnabled()
    actions.restore.trigger()
    becomes("still 2.jpg", "state", "ready")


def test_links_and_shares_are_on_the_clipboard(page: LibraryPage, qtbot: QtBot, pytestconfig: pytest.Config) -> None:
    actions, clipboard = page.actions_for_chosen, QGuiApplication.clipboard()
    choose(page, qtbot, "A001_harbour.mp4", "A002_harbour.mp4")
    actions.copy_link.trigger()
    assert [line.split("/")[3] for line in clipboard.text().splitlines()] == ["watch", "watch"]
    actions.copy_permanent.trigger()
    assert all("/videos/" in line for line in clipboard.text().splitlines())
    actions.share.trigger()
    dialog = page.findChild(ShareDialog)
    assert isinstance(dialog, ShareDialog)
    dialog.title.setText("For the director")
    photograph(pytestconfig, dialog, "library-share")
    dialog.accept()
    qtbot.waitUntil(lambda: "/s/" in clipboard.text(), timeout=LONG_MS)
    actions.share_folder("show")
    second = next(each for each in page.findChildren(ShareDialog) if each.isVisible())
    first = clipboard.text()
    second.accept()
    qtbot.waitUntil(lambda: "/s/" in clipboard.text() and clipboard.text() != first, timeout=LONG_MS)
    names = [each.text().replace("&", "") for each in actions.menu(page).actions() if isinstance(each, QAction)]
    assert "Move to trash" in names
    assert "Restore" not in names


def test_files_and_folders_are_downloaded_under_their_names(
    page: LibraryPage, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "in"))
    choose(page, qtbot, "contract.pdf")
    page.actions_for_chosen.download.trigger()
    qtbot.waitUntil(lambda: "downloaded and compared" in page.downloads.words.text(), timeout=LONG_MS)
    assert (tmp_path / "in" / "contract.pdf").read_bytes() == b"%PDF-1.4 no more"
    page.actions_for_chosen.download_folder("show/day 1")
    names = {f"A00{number}_harbour.mp4" for number in range(1, 5)}
    qtbot.waitUntil(lambda: "5 files downloaded" in page.downloads.words.text(), timeout=LONG_MS)
    assert {path.name for path in (tmp_path / "in" / "day 1").iterdir()} == names
    photograph(pytestconfig, page.window(), "library-downloads")
    page.downloads.away.click()
    qtbot.waitUntil(page.downloads.isHidden, timeout=LONG_MS)


def test_an_appliance_that_goes_away_leaves_its_library_to_be_looked_at(
    start: StartProgram, shelf: NativeStack, qtbot: QtBot, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    with FlakyProxy(shelf.settings.api_port) as proxy:
        program = start(None)
        with shelf.client() as client:
            key = str(client.headers["authorization"]).removeprefix("Bearer ")
        program.desk.connections.add(proxy.url, key, name="Studio")
        program.window.show_page("library")
        page = library(program)
        settle(page, qtbot)
        before = shown(page)
        proxy.down = True
        proxy.cut()
        qtbot.waitUntil(lambda: "Offline" in page.bar.standing.text(), timeout=LONG_MS)
        assert shown(page) == before
        photograph(pytestconfig, program.window, "library-offline")
        choose(page, qtbot, "contract.pdf")
        page.actions_for_chosen.trash.trigger()
        qtbot.waitUntil(program.window.toast.isVisible, timeout=LONG_MS)
        proxy.down = False
        held = page.desk.libraries.library
        assert held is not None
        held.refresh()
        qtbot.waitUntil(lambda: page.bar.standing.text() == "", timeout=LONG_MS)
        program.desk.connections.remove(page.desk.libraries.connection)
        qtbot.waitUntil(lambda: shown(page) == [], timeout=LONG_MS)
        qtbot.waitUntil(lambda: not list((tmp_path / "program").rglob("libraries/*")), timeout=LONG_MS)


def test_without_an_appliance_the_page_says_what_to_do(
    idle: Program, qtbot: QtBot, pytestconfig: pytest.Config
) -> None:
    idle.window.show_page("library")
    page = library(idle)
    button = next(one for one in page.findChildren(QPushButton) if "Connect" in one.text() and one.isVisible())
    photograph(pytestconfig, idle.window, "library-no-appliance")
    button.click()
    dialog = page.findChild(ConnectDialog)
    assert isinstance(dialog, ConnectDialog)
    dialog.reject()
    idle.desk.connections.add("http://127.0.0.1:9", "mk_1", name="Nowhere")
    qtbot.waitUntil(lambda: page.bar.standing.text() != "", timeout=LONG_MS)
    photograph(pytestconfig, idle.window, "library-unreachable")


def test_the_page_works_by_keys_and_says_what_its_parts_are(page: LibraryPage, qtbot: QtBot) -> None:
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_Right)  # type: ignore[no-untyped-call]
    qtbot.keyClick(page.grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)  # type: ignore[no-untyped-call]
    qtbot.waitUntil(lambda: len(page.chosen.files()) >= 2, timeout=LONG_MS)
    unnamed = [
        one
        for one in (page.grid, page.table, page.tree, page.detail, page.bar.search, page.bar.order, page.bar.as_grid)
        if not one.accessibleName()
    ]
    assert unnamed == []
