"""Connections: kept without keys, found by what a person types, and paired by a line."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked, PasswordDeleteError

from gui.transfer.connections.book import ConnectionBook
from gui.transfer.connections.keys import Keys
from gui.transfer.connections.pairing import PairingLine
from gui.transfer.credentials import Credentials
from gui.transfer.errors import NotConfigured

URL = "http://192.168.1.20:8080"


class MemoryKeyring(KeyringBackend):
    """A keyring of the kind that systems bring, in memory."""

    priority = 5
    locked = False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("there is none")

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked("locked")


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """As on a server: no keyring, and no appliance on this machine."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    monkeypatch.setenv("MEDIA_DATA_DIR", str(tmp_path / "nothing"))
    yield
    keyring.set_keyring(before)


@pytest.fixture
def ring(no_keyring: None) -> MemoryKeyring:
    ring = MemoryKeyring()
    keyring.set_keyring(ring)
    return ring


@pytest.fixture
def book(tmp_path: Path) -> Iterator[ConnectionBook]:
    book = ConnectionBook(tmp_path / "config")
    yield book
    book.close()


def credentials_file(folder: Path, url: str = "http://127.0.0.1:8080", key: str = "mk_local") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "credentials.json").write_text(json.dumps({"apiUrl": url, "apiKey": key}))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_connection_is_there_again_in_the_next_process(book: ConnectionBook, tmp_path: Path) -> None:
    made = book.add(URL + "/", "mk_1", name="Studio", pins={"h:1": "AA"})
    again = ConnectionBook(tmp_path / "config")
    assert again.all() == [made]
    assert again.credentials(made.id) == Credentials(URL, "mk_1")
    assert (made.name, made.api_url, dict(made.pins)) == ("Studio", URL, {"h:1": "AA"})


def test_no_key_lies_in_the_list_and_nobody_else_reads_either_file(book: ConnectionBook, tmp_path: Path) -> None:
    book.add(URL, "mk_secret")
    folder = tmp_path / "config"
    assert "mk_secret" not in (folder / "connections.json").read_text()
    assert "mk_secret" in (folder / "keys.json").read_text()
    assert (mode(folder), mode(folder / "connections.json"), mode(folder / "keys.json")) == (0o700, 0o600, 0o600)
    assert "no keyring" in book.keys.note
    assert str(folder / "keys.json") in book.keys.note


def test_keys_go_into_the_keyring_where_there_is_one(ring: MemoryKeyring, tmp_path: Path) -> None:
    book = ConnectionBook(tmp_path)
    made = book.add(URL, "mk_secret")
    assert list(ring.kept.values()) == ["mk_secret"]
    assert not (tmp_path / "keys.json").exists()
    assert "keyring of this system" in book.keys.note
    book.remove(made.id)
    assert ring.kept == {}


def test_a_locked_keyring_does_not_lose_a_key(ring: MemoryKeyring, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys.json")
    ring.locked = True
    keys.put("c", "mk_1")
    assert keys.get("c") == "mk_1"
    ring.locked = False
    assert keys.get("c") == "mk_1"
    keys.put("c", "mk_2")
    assert keys.get("c") == "mk_2"
    assert "mk" not in (tmp_path / "keys.json").read_text()


def test_a_connection_without_its_key_says_what_to_do(book: ConnectionBook) -> None:
    made = book.add(URL, "mk_1", name="Studio")
    book.keys.remove(made.id)
    with pytest.raises(NotConfigured, match="no key for Studio: pair"):
        book.client(made.id)
    with pytest.raises(NotConfigured, match="removed"):
        book.client("c-unknown")


def test_the_client_is_the_same_until_address_key_or_certificate_change(book: ConnectionBook) -> None:
    made = book.add(URL, "mk_1")
    first = book.client(made.id)
    book.change(made.id, name="other name")
    assert book.client(made.id) is first
    book.change(made.id, api_key="mk_2")
    second = book.client(made.id)
    book.change(made.id, pins={"h:1": "AA"})
    third = book.client(made.id)
    book.change(made.id, api_url="http://192.168.1.21:8080")
    fourth = book.client(made.id)
    assert len({id(client) for client in (first, second, third, fourth)}) == 4
    assert fourth.api_url == "http://192.168.1.21:8080"


def test_connections_are_renamed_chosen_and_removed_and_listeners_hear_of_it(book: ConnectionBook) -> None:
    heard: list[int] = []
    end = book.subscribe(lambda: heard.append(len(book.all())))
    one, two = book.add(URL, "mk_1"), book.add(URL, "mk_2")
    assert (one.name, two.name) == ("192.168.1.20", "192.168.1.20 2")
    assert book.default == one
    book.choose_default(two.id)
    assert book.default == two
    assert book.find() == two
    assert book.change(two.id, name=" Archive ").name == "Archive"
    with pytest.raises(NotConfigured, match="already"):
        book.change(one.id, name="archive")
    assert book.find("ARCHIVE").id == two.id
    book.remove(two.id)
    book.remove(two.id)
    assert book.default == one
    assert heard == [1, 2, 2, 2, 1, 1]
    end()
    book.remove(one.id)
    assert len(heard) == 6
    with pytest.raises(NotConfigured, match="No appliance is known"):
        book.find()


@pytest.mark.parametrize("url", ["192.168.1.20:8080", "ftp://host", "http://", "http://host:99999", ""])
def test_an_address_that_is_none_is_refused(book: ConnectionBook, url: str) -> None:
    with pytest.raises(NotConfigured):
        book.add(url, "mk_1")
    assert book.all() == []


def test_an_appliance_on_this_machine_needs_no_typing_and_its_key_is_never_copied(
    book: ConnectionBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIA_DATA_DIR", str(tmp_path / "data"))
    assert book.adopt_local() is None
    credentials_file(tmp_path / "data")
    found = book.find()
    assert found.local
    assert found.name == "This computer"
    assert book.credentials(found.id).api_key == "mk_local"
    assert not (tmp_path / "config" / "keys.json").exists()
    credentials_file(tmp_path / "data", "http://127.0.0.1:8090", "mk_renewed")
    assert book.adopt_local() == book.get(found.id)
    assert book.credentials(found.id) == Credentials("http://127.0.0.1:8090", "mk_renewed")
    # Also from a program that was started elsewhere.
    monkeypatch.setenv("MEDIA_DATA_DIR", str(tmp_path / "elsewhere"))
    assert ConnectionBook(tmp_path / "config").find().id == found.id
    (tmp_path / "data" / "credentials.json").unlink()
    with pytest.raises(NotConfigured, match="has gone"):
        book.credentials(found.id)


def test_two_processes_do_not_lose_each_others_connections(book: ConnectionBook, tmp_path: Path) -> None:
    other = ConnectionBook(tmp_path / "config")
    one, two = book.add(URL, "mk_1", name="one"), other.add(URL, "mk_2", name="two")
    assert ConnectionBook(tmp_path / "config").all() == [one, two]
    assert book.change(one.id, name="uno").name == "uno"
    assert [connection.name for connection in book.all()] == ["uno", "two"]


def test_a_damaged_list_is_put_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / "connections.json").write_text("{")
    book = ConnectionBook(tmp_path)
    assert book.all() == []
    assert "connections.damaged" in book.note
    assert (tmp_path / "connections.damaged").read_text() == "{"


def test_a_list_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "connections.json").write_text('{"form": 99, "connections": [], "default": ""}')
    with pytest.raises(NotConfigured, match="newer version"):
        ConnectionBook(tmp_path)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://192.168.1.20:8080/pair#ABCD-EFGHJKLM", "http://192.168.1.20:8080"),
        ("  http://192.168.1.20:8080/\n  pair#ABCD-EFGHJKLM\n", "http://192.168.1.20:8080"),
        ("https://media.example.org/pair/#ABCD-EFGHJKLM", "https://media.example.org"),
        ("https://example.org/media/pair#ABCD-EFGHJKLM", "https://example.org/media"),
    ],
)
def test_a_pairing_line_is_read_as_it_is_pasted(text: str, url: str) -> None:
    assert PairingLine.parse(text) == PairingLine(url, "ABCD-EFGHJKLM")


def test_a_code_alone_is_enough_for_an_appliance_that_was_found() -> None:
    assert PairingLine.parse(" abcd-efghjklm ", URL) == PairingLine(URL, "abcd-efghjklm")
    assert PairingLine.parse("ABCD EFGHJKLM", URL) == PairingLine(URL, "ABCD-EFGHJKLM")


@pytest.mark.parametrize(
    "text", ["", "ABCD-EFGHJKLM", "http://host:8080/", "http://host:8080/pair", "pair#A", "http:///pair#A"]
)
def test_what_is_no_pairing_line_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(NotConfigured):
        PairingLine.parse(text)
