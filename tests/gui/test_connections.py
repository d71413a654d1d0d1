"""Connecting to appliances in the window: by a pairing line, by hand, found on the network; and what can go wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from appliance.config import Settings
from appliance.stack.announce import Announcement
from gui.program import Program
from gui.views.connections import ConnectionRow, ConnectionsCard
from gui.views.connections_dialog import ConnectDialog
from tests.gui.conftest import StartProgram
from tests.gui.looks import photograph
from tests.integration.native_stack import NativeStack
from tests.servers import free_port
from tests.tls_server import TlsServer, make_certificate

LONG_MS = 60_000


def rows(program: Program, qtbot: QtBot, count: int) -> list[ConnectionRow]:
    """The rows, once there are so many."""
    qtbot.waitUntil(lambda: len(card(program).rows) == count, timeout=LONG_MS)
    return card(program).rows


def says(program: Program, qtbot: QtBot, number: int, text: str) -> None:
    """Wait until a row says how its connection stands."""
    qtbot.waitUntil(lambda: text in card(program).rows[number].state.text(), timeout=LONG_MS)


def card(program: Program) -> ConnectionsCard:
    program.window.show_page("settings")
    found = program.window.page("settings").findChild(ConnectionsCard)
    assert isinstance(found, ConnectionsCard)
    return found


@pytest.fixture
def dialog(idle: Program, qtbot: QtBot) -> Iterator[ConnectDialog]:
    """Of a program that knows no appliance; it searches loopback alone."""
    dialog = ConnectDialog(idle.desk, idle.window, interfaces=["127.0.0.1"])
    dialog.open()
    yield dialog
    if isValid(dialog):
        dialog.close()


def connect(dialog: ConnectDialog, qtbot: QtBot) -> str:
    with qtbot.waitSignal(dialog.connected, timeout=LONG_MS) as heard:
        dialog.connect_button.click()
    assert heard.args is not None
    return str(heard.args[0].name)


def trouble(dialog: ConnectDialog, qtbot: QtBot) -> str:
    dialog.connect_button.click()
    qtbot.waitUntil(dialog.trouble.isVisible, timeout=LONG_MS)
    return dialog.trouble.text()


def key_of(appliance: NativeStack) -> str:
    with appliance.client() as client:
        return str(client.headers["authorization"]).removeprefix("Bearer ")


def url_of(appliance: NativeStack) -> str:
    return f"http://127.0.0.1:{appliance.settings.api_port}"


def pairing_line(appliance: NativeStack, name: str = "desk") -> str:
    out = appliance.run("pair", "--name", name).stdout
    return next(word for word in out.split() if "/pair#" in word)


def test_a_pasted_pairing_line_is_enough(
    dialog: ConnectDialog, idle: Program, appliance: NativeStack, qtbot: QtBot
) -> None:
    dialog.line.setText(f"  {pairing_line(appliance)}\n")
    name = connect(dialog, qtbot)
    [kept] = idle.desk.connections.all()
    assert (name, kept.name) == ("media", "media")
    assert idle.desk.connections.client(kept.id).me().tenant_id == "default"
    assert len(rows(idle, qtbot, 1)) == 1
    says(idle, qtbot, 0, "free")
    assert card(idle).note.text() == idle.desk.connections.keys.note


def test_an_appliance_that_is_found_needs_only_the_code(
    dialog: ConnectDialog,
    idle: Program,
    appliance: NativeStack,
    qtbot: QtBot,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    settings = Settings(data_dir=tmp_path, bind="0.0.0.0", name="Studio B", api_port=appliance.settings.api_port)
    announcement = Announcement(settings, lambda _: ["127.0.0.1"])
    announcement.step()
    try:
        qtbot.waitUntil(
            lambda: any("Studio B" in dialog.found.item(row).text() for row in range(dialog.found.count())),
            timeout=LONG_MS,
        )
        row = next(row for row in range(dialog.found.count()) if "Studio B" in dialog.found.item(row).text())
        dialog.found.setCurrentRow(row)
        dialog.line.setText(pairing_line(appliance).partition("#")[2])
        photograph(pytestconfig, dialog, "connections-found")
        connect(dialog, qtbot)
    finally:
        announcement.close()
    assert idle.desk.connections.all()[0].api_url == url_of(appliance)


def test_what_goes_wrong_is_said_beside_the_fields_and_can_be_mended(
    dialog: ConnectDialog, idle: Program, appliance: NativeStack, qtbot: QtBot, pytestconfig: pytest.Config
) -> None:
    assert "no pairing line" in trouble(dialog, qtbot)
    dialog.line.setText(f"{url_of(appliance)}/pair#AAAA-BBBBBBBB")
    assert "wrong, was used already" in trouble(dialog, qtbot)
    dialog.line.clear()
    dialog.by_hand.click()
    dialog.address.setText(f"127.0.0.1:{free_port()}")
    dialog.key.setText("mk_wrong")
    assert "cannot be reached" in trouble(dialog, qtbot)
    dialog.address.setText(url_of(appliance))
    assert "does not know this key" in trouble(dialog, qtbot)
    photograph(pytestconfig, dialog, "connections-wrong-key")
    dialog.address.setText(f"http://127.0.0.1:{appliance.settings.s3_port}")
    assert "no media appliance" in trouble(dialog, qtbot)
    assert idle.desk.connections.all() == []
    dialog.address.setText(url_of(appliance))
    dialog.key.setText(key_of(appliance))
    dialog.name.setText("By hand")
    assert connect(dialog, qtbot) == "By hand"


def test_an_unknown_certificate_is_a_question_and_another_one_later_too(
    dialog: ConnectDialog,
    idle: Program,
    appliance: NativeStack,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:
    with TlsServer(make_certificate(tmp_path, "first"), url_of(appliance)) as server:
        port = server.port
        dialog.line.setText(pairing_line(appliance).replace(url_of(appliance), server.url))
        assert "fingerprint" in trouble(dialog, qtbot)
        assert not dialog.connect_button.isVisible()
        photograph(pytestconfig, dialog, "connections-certificate")
        with qtbot.waitSignal(dialog.connected, timeout=LONG_MS):
            dialog.trust.click()
        [kept] = idle.desk.connections.all()
        assert list(kept.pins) == [f"127.0.0.1:{port}"]
    with TlsServer(make_certificate(tmp_path, "second"), url_of(appliance), port=port):
        [row] = rows(idle, qtbot, 1)
        says(idle, qtbot, 0, "shows another")
        assert row.accept.isVisible()
        photograph(pytestconfig, idle.window, "connections-certificate-changed")
        monkeypatch.setattr(QMessageBox, "warning", lambda *_: QMessageBox.StandardButton.Yes)
        row.accept.click()
        says(idle, qtbot, 0, "free")
        assert idle.desk.connections.get(kept.id).pins != kept.pins


def test_connections_are_chosen_renamed_and_removed(
    start: StartProgram,
    appliance: NativeStack,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:
    program = start(appliance)
    book = program.desk.connections
    second = book.add(url_of(appliance), key_of(appliance), name="Archive")
    lost = book.add(f"http://127.0.0.1:{free_port()}", "mk_1", name="Old studio")
    rows(program, qtbot, 3)
    says(program, qtbot, 2, "cannot be reached")
    says(program, qtbot, 0, "free")
    says(program, qtbot, 1, "free")
    photograph(pytestconfig, program.window, "connections-several")
    choose(program, "Archive", "default")
    assert book.default == second
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Vault", True))
    choose(program, "Archive", "Rename")
    assert book.get(second.id).name == "Vault"
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    qtbot.waitUntil(lambda: any(one.accessibleName() == "Vault" for one in card(program).rows), timeout=LONG_MS)
    choose(program, "Old studio", "Remove")
    assert lost.id not in [one.id for one in book.all()]


def choose(program: Program, name: str, word: str) -> None:
    """What a row's menu offers by that word."""
    row = next(one for one in card(program).rows if one.accessibleName() == name)
    menu = row.more.menu()
    assert menu is not None
    next(one for one in menu.actions() if word in one.text().replace("&", "")).trigger()
