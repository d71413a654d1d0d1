"""The library as the desktop program holds it: the appliance's files, live, kept while the appliance is away."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.ports.clock import system_clock
from gui.transfer.client import ApplianceClient
from gui.transfer.credentials import Credentials
from gui.transfer.errors import NotConfigured
from gui.transfer.library.files import LibraryFile
from gui.transfer.library.mirror import Library, News, Standing
from tests.flaky_proxy import FlakyProxy
from tests.integration.api_server import ApiClient, ApiServer
from tests.servers import MinioServer, wait_until

LONG_S = 60


@pytest.fixture
def server(minio: MinioServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with ApiServer(minio, tmp_path_factory.mktemp("api")) as server:
        server.tenant("red")
        yield server


@pytest.fixture
def sender(server: ApiServer) -> Iterator[ApiClient]:
    with server.client("red") as client:
        yield client


@pytest.fixture
def proxy(server: ApiServer) -> Iterator[FlakyProxy]:
    with FlakyProxy(server.listener.port) as proxy:
        yield proxy


@pytest.fixture
def client(sender: ApiClient, proxy: FlakyProxy) -> Iterator[ApplianceClient]:
    key = sender.headers["authorization"].removeprefix("Bearer ")
    with ApplianceClient(Credentials(proxy.url, key)) as client:
        yield client


@pytest.fixture
def library(client: ApplianceClient) -> Iterator[Library]:
    library = Library(lambda: client)
    yield library
    library.stop()


def live(library: Library) -> None:
    wait_until(lambda: library.status.standing is Standing.LIVE, timeout_s=LONG_S, what="the library is live")


def held(library: Library) -> dict[str, LibraryFile]:
    return {one.name: one for one in library.files()}


def until(library: Library, condition: Callable[[dict[str, LibraryFile]], bool], what: str) -> None:
    wait_until(lambda: condition(held(library)), timeout_s=LONG_S, what=what)


def test_what_is_there_is_listed_and_what_happens_is_followed(sender: ApiClient, library: Library) -> None:
    heard: list[News] = []
    library.subscribe(heard.append)
    sent = [sender.upload(f"{number}.txt", b"x", path="shows", tags=["a"]) for number in range(3)]
    library.start()
    live(library)
    assert sorted(held(library)) == ["0.txt", "1.txt", "2.txt"]
    one = held(library)["0.txt"]
    assert (one.folder, one.tags, one.size, one.link) == ("shows", ("a",), 1, sent[0]["videoUrl"])
    assert one.stored
    assert any(news.all for news in heard)
    sender.upload("new.txt", b"new")
    until(library, lambda files: "new.txt" in files and files["new.txt"].stored, "a new file is there")
    file_id = sent[0]["fileId"]
    sender.patch(f"/files/{file_id}", json={"title": "Zero", "path": "archive", "tags": ["b", "c"]})
    until(library, lambda files: files["0.txt"].title == "Zero", "the edit is seen")
    assert (held(library)["0.txt"].folder, held(library)["0.txt"].tags) == ("archive", ("b", "c"))
    sender.delete(f"/delete/{file_id}?trash=true")
    until(library, lambda files: files["0.txt"].trashed, "it is in the trash")
    sender.post(f"/files/{file_id}/restore")
    until(library, lambda files: not files["0.txt"].trashed, "it is back")
    sender.delete(f"/delete/{file_id}")
    until(library, lambda files: "0.txt" not in files, "it is gone")
    wait_until(lambda: file_id in {gone for news in heard for gone in news.gone}, timeout_s=LONG_S, what="that is told")
    cancelled = sender.ask("never.txt")
    until(library, lambda files: "never.txt" in files, "an upload that was asked for is there")
    sender.delete(f"/upload/{cancelled['fileId']}")
    until(library, lambda files: "never.txt" not in files, "a cancelled one is not")


def test_more_files_than_a_page_come_all(server: ApiServer, sender: ApiClient, library: Library) -> None:
    for number in range(450):
        sender.ask(f"{number}.txt")
    library.start()
    live(library)
    assert len(library.files()) == 450


def test_offline_the_files_stay_and_afterwards_nothing_was_missed(
    sender: ApiClient, library: Library, proxy: FlakyProxy
) -> None:
    sender.upload("before.txt", b"x")
    library.start()
    live(library)
    proxy.down = True
    proxy.cut()
    wait_until(lambda: library.status.standing is Standing.OFFLINE, timeout_s=LONG_S, what="it is noticed")
    assert library.status.reason
    assert list(held(library)) == ["before.txt"]
    sender.upload("meanwhile.txt", b"x")
    proxy.down = False
    library.refresh()
    until(library, lambda files: "meanwhile.txt" in files, "what happened meanwhile is there")
    live(library)
    assert library.status.reason == ""


def test_a_cursor_that_is_too_old_lists_anew(server: ApiServer, sender: ApiClient, library: Library) -> None:
    sender.upload("one.txt", b"x")
    library.start()
    live(library)
    library.stop()
    gone = sender.upload("gone.txt", b"x")
    sender.delete(f"/delete/{gone['fileId']}")
    sender.upload("two.txt", b"x")
    server.catalog.changes.forget(before=system_clock())
    library.start()
    until(library, lambda files: sorted(files) == ["one.txt", "two.txt"], "the list is right again")


def test_the_next_start_shows_what_was_known_and_asks_for_the_rest(
    sender: ApiClient, client: ApplianceClient, proxy: FlakyProxy, tmp_path: Path
) -> None:
    sender.upload("one.txt", b"x", tags=["a"])
    first = Library(lambda: client, tmp_path / "library" / "c.gz")
    first.start()
    live(first)
    first.stop()
    known = first.files()
    sender.upload("two.txt", b"x")
    proxy.down = True
    second = Library(lambda: client, tmp_path / "library" / "c.gz")
    second.start()
    wait_until(lambda: second.status.standing is Standing.OFFLINE, timeout_s=LONG_S, what="it is offline")
    assert second.files() == known
    proxy.down = False
    second.refresh()
    until(second, lambda files: sorted(files) == ["one.txt", "two.txt"], "the rest is there too")
    second.stop()
    (tmp_path / "library" / "c.gz").write_bytes(b"damaged")
    third = Library(lambda: client, tmp_path / "library" / "c.gz")
    third.start()
    live(third)
    assert len(third.files()) == 2
    third.stop()


def test_a_key_that_is_gone_is_said_and_found_again(
    server: ApiServer, sender: ApiClient, client: ApplianceClient
) -> None:
    sender.upload("one.txt", b"x")
    keys: list[ApplianceClient] = []

    def current() -> ApplianceClient:
        if not keys:
            raise NotConfigured("There is no key for Studio: pair with it again.")
        return keys[-1]

    library = Library(current)
    library.start()
    wait_until(lambda: library.status.standing is Standing.REFUSED, timeout_s=LONG_S, what="it is said")
    assert "pair with it again" in library.status.reason
    keys.append(client)
    library.refresh()
    live(library)
    library.stop()
    server.catalog.keys.revoke(sender.key_id, now=system_clock())
    library.start()
    wait_until(lambda: library.status.standing is Standing.REFUSED, timeout_s=LONG_S, what="the revoked key is said")
    assert len(library.files()) == 1
    library.stop()


def test_an_action_shows_before_the_feed_tells_of_it(
    sender: ApiClient, client: ApplianceClient, library: Library
) -> None:
    record = sender.upload("one.txt", b"x")
    library.start()
    live(library)
    heard: list[News] = []
    end = library.subscribe(heard.append)
    library.take(client.edit(record["fileId"], title="Titled"))
    assert held(library)["one.txt"].title == "Titled"
    assert [one.title for news in heard for one in news.changed][:1] == ["Titled"]
    end()


def test_another_key_shows_what_it_opens(server: ApiServer, sender: ApiClient, client: ApplianceClient) -> None:
    sender.upload("red.txt", b"x")
    server.tenant("blue")
    with server.client("blue") as other:
        other.upload("blue.txt", b"x")
        key = other.headers["authorization"].removeprefix("Bearer ")
        with ApplianceClient(Credentials(server.url, key)) as second:
            current = [client]
            library = Library(lambda: current[-1])
            library.start()
            live(library)
            assert list(held(library)) == ["red.txt"]
            current.append(second)
            sender.upload("later.txt", b"x")
            until(library, lambda files: list(files) == ["blue.txt"], "the other key's files are there")
            library.stop()
