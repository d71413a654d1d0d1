"""Files go from a window to a real appliance, and the links are right: offscreen, and under a real X server."""

import hashlib
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from gui.models.instance import Instance
from gui.transfer.transfers import Options, State
from tests.gui.conftest import StartProgram
from tests.gui.hands import PATIENCE_MS, all_done, clipboard, drop, press, transfers, wait
from tests.integration.native_stack import NativeStack
from tests.media_files import clip, picture


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A film, a picture, a document; and a folder with another folder in it."""
    card = tmp_path / "card"
    (card / "day 1" / "sound").mkdir(parents=True)
    made = {"Harbour [1].mp4": clip(seconds=2), "Coast.png": picture(), "Contract ☂.pdf": b"%PDF-1.7 contract"}
    for name, data in made.items():
        (card / name).write_bytes(data)
    (card / "day 1" / "A001.mp4").write_bytes(clip(seconds=1))
    (card / "day 1" / "sound" / "A001.txt").write_bytes(b"take one")
    return [*(card / name for name in made), card / "day 1"]


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, follow_redirects=True)


def serves(url: str) -> bool:
    return get(url).status_code == 200


def test_dropped_files_and_a_folder_arrive_and_their_links_are_on_the_clipboard(
    qtbot: QtBot, start: StartProgram, appliance: NativeStack, files: list[Path]
) -> None:
    program = start(appliance)
    drop(program.window, files)
    wait(qtbot, lambda: all_done(program, 5) and clipboard().count("\n") == 3)
    by_source = {one.source: one for one in transfers(program)}

    # Permanent links serve exactly the bytes that were dropped.
    for source, one in by_source.items():
        assert one.links is not None
        assert one.verified
        wait(qtbot, partial(serves, one.links.video_url))
        assert get(one.links.video_url).content == source.read_bytes()
        assert one.links.page is not None
        assert get(one.links.page).status_code == 200

    # A dropped folder keeps its structure.
    assert {one.folder for one in by_source.values()} == {"", "day 1", "day 1/sound"}

    # The clipboard has the watch page of each file, and one share for the folder, in the order of the drop.
    lines = clipboard().splitlines()
    for source, line in zip(files[:3], lines[:3], strict=True):
        found = by_source[source].links
        assert found is not None
        assert line == found.page
    share = get(lines[3])
    assert share.status_code == 200
    assert "/s/" in lines[3]
    inside = by_source[files[3] / "A001.mp4"].file_id
    assert inside is not None and inside in share.text

    # What the chosen film looks like comes from the appliance.
    film = by_source[files[0]]
    program.window.transfers.table.select([film.id])
    detail = program.window.transfers.detail
    wait(qtbot, lambda: detail.poster.has_picture)
    assert film.links is not None
    assert detail.links.text("page") == film.links.page
    assert detail.links.text("link") == film.links.video_url
    assert detail.links.text("markdown") == rf"[Harbour \[1\].mp4]({film.links.page})"
    wait(qtbot, lambda: "Ready" in detail.time_line.accessibleDescription())


def test_the_link_is_there_before_the_bytes_are(
    qtbot: QtBot, start: StartProgram, appliance: NativeStack, tmp_path: Path
) -> None:
    program = start(appliance)
    program.desk.engine.set_options(Options(limit=50_000))
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(3_000_000))
    QGuiApplication.clipboard().setText("what was copied before")
    drop(program.window, [large])
    wait(qtbot, lambda: "/watch/" in clipboard())
    assert transfers(program)[0].state is not State.DONE
    assert clipboard() in program.window.toast.text
    wait(qtbot, lambda: program.desk.transfers.tally.speed > 0)
    assert " % – " in program.window.windowTitle()
    program.desk.engine.set_options(Options(limit=None))
    wait(qtbot, lambda: all_done(program, 1))
    links = transfers(program)[0].links
    assert links is not None
    body = get(links.video_url).content
    assert hashlib.sha256(body).digest() == hashlib.sha256(large.read_bytes()).digest()
    wait(qtbot, lambda: program.window.windowTitle() == "Media uploader")


def test_what_a_person_copies_meanwhile_stays_on_the_clipboard(
    qtbot: QtBot, start: StartProgram, appliance: NativeStack, tmp_path: Path
) -> None:
    program = start(appliance)
    # Kept back, so that the second link comes only after somebody else has used the clipboard.
    program.desk.engine.set_options(Options(limit=50_000, small_files_at_a_time=1))
    for name in ("one.bin", "two.bin"):
        (tmp_path / name).write_bytes(os.urandom(200_000))
    drop(program.window, [tmp_path / "one.bin", tmp_path / "two.bin"])
    wait(qtbot, lambda: "/watch/" in clipboard())
    QGuiApplication.clipboard().setText("a sentence")
    program.desk.engine.set_options(Options())
    wait(qtbot, lambda: all_done(program, 2))
    wait(qtbot, lambda: "2 files sent" in program.window.toast.text)
    assert clipboard() == "a sentence"


def test_files_are_pasted_and_a_repeat_is_an_instant_link(
    qtbot: QtBot, start: StartProgram, appliance: NativeStack, tmp_path: Path
) -> None:
    program = start(appliance)
    path = tmp_path / "Pasted.txt"
    path.write_bytes(b"pasted " * 1000)
    program.window.activateWindow()
    wait(qtbot, program.window.isActiveWindow)
    for count in (1, 2):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        QGuiApplication.clipboard().setMimeData(mime)
        press(program.window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        wait(qtbot, partial(all_done, program, count))
    first, second = transfers(program)
    assert second.duplicate
    assert first.links is not None and second.links is not None
    assert first.links.video_url == second.links.video_url
    wait(qtbot, lambda: first.links is not None and clipboard() == first.links.page)


def test_what_failed_says_why_and_goes_once_it_can(
    qtbot: QtBot, start: StartProgram, appliance: NativeStack, tmp_path: Path
) -> None:
    program = start(appliance)
    page = program.window.transfers
    path = tmp_path / "Late.txt"
    drop(program.window, [path])
    wait(qtbot, lambda: program.desk.transfers.tally.failed == 1)
    failed = transfers(program)[0]
    assert "Late.txt" in failed.reason
    page.table.select([failed.id])
    wait(qtbot, lambda: failed.reason in program.window.toast.text)
    path.write_bytes(b"here it is")
    assert page.actions_for_chosen.retry.isEnabled()
    page.actions_for_chosen.retry.trigger()
    wait(qtbot, lambda: all_done(program, 1))
    page.table.select([failed.id])
    page.actions_for_chosen.forget.trigger()
    wait(qtbot, lambda: not transfers(program))


def test_a_second_start_hands_its_files_to_the_first(
    qtbot: QtBot, start: StartProgram, appliance: NativeStack, tmp_path: Path
) -> None:
    program = start(appliance)
    folder = tmp_path / "program"
    first = Instance(folder)
    first.called.connect(program.called)
    assert first.listen()
    (tmp_path / "Named.txt").write_bytes(b"named on the command line")
    try:
        with qtbot.waitSignal(first.called, timeout=PATIENCE_MS):
            second = subprocess.Popen(
                [sys.executable, "-m", "gui", "--folder", str(folder), "Named.txt"],
                cwd=tmp_path,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])},
            )
        assert second.wait(60) == 0
        wait(qtbot, lambda: all_done(program, 1))
        assert transfers(program)[0].source == tmp_path / "Named.txt"
    finally:
        first.close()


def test_all_of_this_also_under_a_real_x_server(request: pytest.FixtureRequest) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("WAYLAND", "DBUS"))}
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", sys.executable, "-m", "pytest", "-q", __file__]
    # Without this very test.
    command += ["--deselect", request.node.nodeid]
    ended = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=request.config.rootpath,
        env={**env, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
