"""The window as a person meets it: real Qt, a real appliance. Warnings of Qt fail the test."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from gui.program import Places, Program, open_desk
from tests.integration.native_stack import NativeStack

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

#: What the offscreen platform says of itself: it has no window manager and no tray.
OFFSCREEN = ("This plugin does not support", "systemTrayWindowChanged")
#: Starts the program on a folder of its own; the same folder again is a second start.
StartProgram = Callable[..., Program]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(*OFFSCREEN))


@pytest.fixture(scope="session")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """One whole appliance for all tests that send something."""
    stack = NativeStack.in_folder(tmp_path_factory.mktemp("appliance"))
    with stack.up():
        yield stack


@pytest.fixture
def start(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartProgram]:
    """Without an appliance nothing is connected; with one it is found by its credentials, as on the same machine."""
    running: list[Program] = []

    def begin(stack: NativeStack | None = None, folder: Path = tmp_path / "program") -> Program:
        data = stack.settings.data_dir if stack else tmp_path / "nowhere"
        monkeypatch.setenv("MEDIA_DATA_DIR", str(data))
        QGuiApplication.clipboard().clear()
        program = Program(qapp, open_desk(Places.within(folder)))
        running.append(program)
        program.start([])
        return program

    yield begin
    for program in running:
        program.close()
        program.window.close()
        program.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def idle(start: StartProgram) -> Program:
    """A program that knows no appliance."""
    return start()
