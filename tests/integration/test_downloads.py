"""Downloads from a real appliance through its real edge: whole, compared, gone on with, and never over another file."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.transfer.client import ApplianceClient
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.downloads.fetching import Proof
from gui.transfer.downloads.partial import PIECE
from gui.transfer.downloads.queue import Downloads
from gui.transfer.downloads.remote import RemoteFile, resolve
from gui.transfer.downloads.rows import Download, DownloadState
from gui.transfer.errors import Refused, TransferError
from tests.flaky_proxy import FlakyProxy
from tests.integration.api_server import ApiClient
from tests.integration.native_stack import NativeStack
from tests.servers import free_port, wait_until

LONG_S = 120
BIG = os.urandom(3 * PIECE + 12_345)


@pytest.fixture(scope="module")
def proxy() -> Iterator[FlakyProxy]:
    """Between clients and the edge."""
    port = free_port()
    with FlakyProxy(port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def stack(proxy: FlakyProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    stack = NativeStack.in_folder(
        tmp_path_factory.mktemp("stack"), MEDIA_CDN_URL=proxy.url, MEDIA_CDN_PORT=str(proxy.to)
    )
    with stack.up():
        yield stack


@pytest.fixture(scope="module")
def sender(stack: NativeStack) -> Iterator[ApiClient]:
    with stack.client() as client:
        yield client


@pytest.fixture
def book(
    stack: NativeStack, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConnectionBook]:
    monkeypatch.setenv("MEDIA_DATA_DIR", str(stack.settings.data_dir))
    book = ConnectionBook(tmp_path_factory.mktemp("config"))
    yield book
    book.close()


@pytest.fixture
def connection(book: ConnectionBook) -> str:
    return book.find().id


@pytest.fixture
def client(book: ConnectionBook, connection: str) -> ApplianceClient:
    return book.client(connection)


@pytest.fixture
def downloads(book: ConnectionBook) -> Iterator[Downloads]:
    downloads = Downloads(book.client)
    downloads.start()
    yield downloads
    downloads.stop()


@pytest.fixture(scope="module")
def big(sender: ApiClient) -> RemoteFile:
    return RemoteFile.of(sender.upload("big.bin", BIG))


def fetch(downloads: Downloads, files: list[RemoteFile], connection: str, into: Path) -> list[Download]:
    ids = downloads.add(files, connection=connection, into=into)
    assert downloads.wait_idle(LONG_S)
    return [downloads.download(one) for one in ids]


def only(into: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too, by their path."""
    return {str(path.relative_to(into)): path.read_bytes() for path in into.rglob("*") if path.is_file()}


def test_a_file_comes_whole_and_is_compared(
    downloads: Downloads, connection: str, big: RemoteFile, tmp_path: Path
) -> None:
    [done] = fetch(downloads, [big], connection, tmp_path / "in")
    assert (done.state, done.proof, done.present) == (DownloadState.DONE, Proof.ETAG, False)
    assert done.received == len(BIG)
    assert only(tmp_path / "in") == {"big.bin": BIG}


def test_a_verified_hash_is_what_is_compared(
    sender: ApiClient, downloads: Downloads, connection: str, tmp_path: Path
) -> None:
    body = b"with a hash"
    record = sender.upload("hash.txt", body, sha256=hashlib.sha256(body).hexdigest())
    [done] = fetch(downloads, [RemoteFile.of(record)], connection, tmp_path)
    assert (done.state, done.proof) == (DownloadState.DONE, Proof.SHA256)


def test_a_folder_keeps_its_names_and_its_structure(
    sender: ApiClient, client: ApplianceClient, downloads: Downloads, connection: str, tmp_path: Path
) -> None:
    sender.upload("a.txt", b"a", path="shows/day 1")
    sender.upload("b.txt", b"b", path="shows/day 1/cam: A")
    sender.upload("ä 🎬.txt", b"c", path="shows/day 1/cam: A")
    sender.upload("empty.txt", b"", path="shows/day 1/cam: A/deep")
    sender.upload("other.txt", b"d", path="shows/day 10")
    files = resolve(client, "/shows/day 1/")
    done = fetch(downloads, files, connection, tmp_path)
    assert [one.reason for one in done] == [""] * 4
    assert only(tmp_path) == {
        "day 1/a.txt": b"a",
        "day 1/cam_ A/b.txt": b"b",
        "day 1/cam_ A/ä 🎬.txt": b"c",
        "day 1/cam_ A/deep/empty.txt": b"",
    }


def test_files_are_found_by_every_link_that_people_have(sender: ApiClient, client: ApplianceClient) -> None:
    public = sender.upload("public.txt", b"public")
    private = sender.upload("private.txt", b"private", visibility="private")
    for record in (public, private):
        links = record["links"]
        texts = [links["videoUrl"], links["url"], links["download"], links["page"], record["fileId"]]
        for text in texts:
            assert [one.file_id for one in resolve(client, f" {text}\n")] == [record["fileId"]]
    with pytest.raises(TransferError, match="no link"):
        resolve(client, "http://example.org/film.mp4")
    with pytest.raises(TransferError, match="nothing in the folder"):
        resolve(client, "no such folder")
    with pytest.raises(Refused) as unknown:
        resolve(client, "00000000-0000-4000-8000-000000000000")
    assert unknown.value.type == "not_found"
    sender.delete(f"/delete/{public['fileId']}")
    with pytest.raises(Refused, match="cannot be fetched: it is deleted"):
        resolve(client, public["fileId"])


def test_private_files_come_by_their_token(
    sender: ApiClient, downloads: Downloads, connection: str, tmp_path: Path
) -> None:
    record = sender.upload("secret.txt", b"secret", visibility="private")
    [done] = fetch(downloads, [RemoteFile.of(record)], connection, tmp_path)
    assert done.target.read_bytes() == b"secret"


def test_no_file_is_overwritten_and_the_same_one_is_not_fetched_twice(
    sender: ApiClient, downloads: Downloads, connection: str, tmp_path: Path
) -> None:
    first, second = (RemoteFile.of(sender.upload("clip.mov", body)) for body in (b"first", b"later"))
    (tmp_path / "clip.mov").write_bytes(b"my own work")
    one, two = fetch(downloads, [first, second], connection, tmp_path)
    assert {one.target.name, two.target.name} == {"clip (2).mov", "clip (3).mov"}
    assert (one.target.read_bytes(), two.target.read_bytes()) == (b"first", b"later")
    assert (tmp_path / "clip.mov").read_bytes() == b"my own work"
    (tmp_path / "clip.mov").write_bytes(b"first")
    [again] = fetch(downloads, [first], connection, tmp_path)
    assert (again.state, again.present, again.target.name) == (DownloadState.DONE, True, "clip.mov")


def test_a_pause_keeps_what_has_come_and_only_the_rest_is_fetched_after_a_restart(
    book: ConnectionBook, connection: str, big: RemoteFile, proxy: FlakyProxy, tmp_path: Path
) -> None:
    first = Downloads(book.client, ranges_at_a_time=1, limit=PIECE)
    first.start()
    [one] = first.add([big], connection=connection, into=tmp_path)
    wait_until(lambda: first.download(one).received > PIECE, timeout_s=LONG_S, what="more than a piece has come")
    first.pause([one])
    assert first.wait_idle(LONG_S)
    assert first.download(one).state is DownloadState.PAUSED
    first.stop()
    note = json.loads((tmp_path / f".{big.file_id}.part.json").read_text())
    assert note["done"]
    before = proxy.served
    second = Downloads(book.client)
    second.start()
    [done] = fetch(second, [big], connection, tmp_path)
    second.stop()
    assert only(tmp_path) == {"big.bin": BIG}
    assert proxy.served - before < len(BIG) - len(note["done"]) * PIECE + 100_000
    assert done.proof is Proof.ETAG


def test_cancelling_takes_away_what_has_come(
    book: ConnectionBook, connection: str, big: RemoteFile, tmp_path: Path
) -> None:
    downloads = Downloads(book.client, ranges_at_a_time=1, limit=PIECE)
    downloads.start()
    [one] = downloads.add([big], connection=connection, into=tmp_path)
    wait_until(lambda: downloads.download(one).received > PIECE, timeout_s=LONG_S, what="more than a piece has come")
    downloads.cancel([one])
    wait_until(lambda: only(tmp_path / "") == {}, timeout_s=LONG_S, what="nothing is left")
    assert downloads.download(one).state is DownloadState.CANCELLED
    downloads.set_limit(None)
    downloads.resume([one])
    assert downloads.wait_idle(LONG_S)
    assert only(tmp_path) == {"big.bin": BIG}
    downloads.stop()


def test_connections_that_break_and_a_server_that_goes_away_cost_time_only(
    downloads: Downloads, connection: str, big: RemoteFile, proxy: FlakyProxy, tmp_path: Path
) -> None:
    proxy.cut_after = PIECE // 2
    [done] = fetch(downloads, [big], connection, tmp_path / "cut")
    assert (done.state, only(tmp_path / "cut")) == (DownloadState.DONE, {"big.bin": BIG})
    proxy.down = True
    try:
        [one] = downloads.add([big], connection=connection, into=tmp_path / "away")
        wait_until(
            lambda: downloads.download(one).state is DownloadState.SUSPENDED, timeout_s=LONG_S, what="it is suspended"
        )
        assert downloads.download(one).reason
    finally:
        proxy.down = False
    downloads.resume([one])
    assert downloads.wait_idle(LONG_S)
    assert only(tmp_path / "away") == {"big.bin": BIG}


def test_bytes_that_were_spoilt_on_disk_are_noticed_and_fetched_again(
    book: ConnectionBook, connection: str, big: RemoteFile, tmp_path: Path
) -> None:
    first = Downloads(book.client, ranges_at_a_time=1, limit=PIECE)
    first.start()
    [one] = first.add([big], connection=connection, into=tmp_path)
    wait_until(lambda: first.download(one).received > PIECE, timeout_s=LONG_S, what="more than a piece has come")
    first.pause([one])
    first.stop()
    part = tmp_path / f".{big.file_id}.part"
    with part.open("r+b") as file:
        file.write(b"spoilt")
    second = Downloads(book.client)
    second.start()
    [row] = fetch(second, [big], connection, tmp_path)
    assert (row.state, row.problem) == (DownloadState.FAILED, "checksum_mismatch")
    assert only(tmp_path) == {}
    second.resume([row.id])
    assert second.wait_idle(LONG_S)
    second.stop()
    assert only(tmp_path) == {"big.bin": BIG}


def test_what_cannot_be_fetched_or_written_is_said(
    sender: ApiClient, downloads: Downloads, connection: str, big: RemoteFile, tmp_path: Path
) -> None:
    record = sender.upload("gone.txt", b"gone")
    sender.delete(f"/delete/{record['fileId']}")
    (tmp_path / "file").write_bytes(b"")
    huge = RemoteFile(big.file_id, "big.bin", "", big.size, big.etag, None)
    gone, blocked = fetch(downloads, [RemoteFile.of(record)], connection, tmp_path) + fetch(
        downloads, [huge], connection, tmp_path / "file"
    )
    assert (gone.state, gone.problem) == (DownloadState.FAILED, "conflict")
    assert "deleted" in gone.reason
    assert (blocked.state, blocked.problem) == (DownloadState.FAILED, "target_unusable")
    assert str(tmp_path / "file") in blocked.reason


def test_listeners_hear_the_last_word_and_rows_can_be_forgotten(
    book: ConnectionBook, connection: str, big: RemoteFile, tmp_path: Path
) -> None:
    heard: dict[int, Any] = {}
    downloads = Downloads(book.client)
    downloads.subscribe(lambda rows: heard.update({row.id: row for row in rows}))
    downloads.start()
    [done] = fetch(downloads, [big], connection, tmp_path)
    wait_until(lambda: heard.get(done.id) == done, timeout_s=LONG_S, what="the last word was heard")
    downloads.forget([done.id])
    wait_until(lambda: heard[done.id].gone, timeout_s=LONG_S, what="that it is gone was heard")
    assert downloads.downloads() == []
    assert done.target.read_bytes() == BIG
    downloads.stop()
