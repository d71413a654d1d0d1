"""HTTP as the client speaks it: answers in every form they come, connections that are kept, lost, slow or refused."""

import hashlib
import itertools
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.transfer.errors import Broken, Interrupted, NotConfigured, SourceChanged, Unreachable
from gui.transfer.halting import Halt
from gui.transfer.network.answers import AnswerReader
from gui.transfer.network.throttle import Throttle
from gui.transfer.network.wire import Course, Slice, Wire

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: "abc"\r\n\r\nok'
Serve = Callable[[socket.socket], None]


@contextmanager
def server(*turns: Serve) -> Iterator[str]:
    """Accepts one connection for each of `turns`, which does with it what it likes; its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def run() -> None:
            for turn in turns:
                connection, _ = listener.accept()
                with connection:
                    turn(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x?y=1"
        thread.join(30)
        assert not thread.is_alive()


def request_of(connection: socket.socket) -> bytes:
    """One request, head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answers(*said: bytes) -> Serve:
    """Answers that many requests on one connection."""

    def turn(connection: socket.socket) -> None:
        for one in said:
            request_of(connection)
            connection.sendall(one)

    return turn


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


def read(raw: bytes, cuts: list[int], method: str = "GET") -> tuple[int, bytes, bool]:
    """An answer that arrives in pieces."""
    edges = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    pieces = [raw[start:end] for start, end in itertools.pairwise(edges)]
    reader = AnswerReader(lambda: pieces.pop(0) if pieces else b"")
    answer = reader.read(method)
    return answer.status, answer.body, answer.keep


@given(
    body=st.binary(max_size=300), sizes=st.lists(st.integers(1, 50), max_size=20), cuts=st.lists(st.integers(0, 10**6)),
    form=st.sampled_from(["length", "chunked", "end"]), early=st.booleans(),
)  # fmt: skip
def test_an_answer_is_read_however_it_is_framed_and_cut(
    body: bytes, sizes: list[int], cuts: list[int], form: str, early: bool
) -> None:
    head = b"HTTP/1.1 100 Continue\r\n\r\n" if early else b""
    if form == "length":
        raw = head + b"HTTP/1.1 207 Yes\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    elif form == "end":
        raw = head + b"HTTP/1.1 207 Yes\r\n\r\n" + body
    else:
        chunks, rest = b"", body
        for size in [*sizes, 300]:
            piece, rest = rest[:size], rest[size:]
            chunks += b"%x;ext=1\r\n%b\r\n" % (len(piece), piece) if piece else b""
        raw = head + b"HTTP/1.1 207 Yes\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n"
    assert read(raw, cuts) == (207, body, form != "end")


@given(st.binary(max_size=200))
def test_what_is_no_answer_is_a_broken_connection(raw: bytes) -> None:
    try:
        status, _, _ = read(raw, [])
        assert status >= 200
    except Broken:
        pass


def test_a_connection_is_kept_and_a_lost_one_made_again(wire: Wire) -> None:
    with server(answers(OK, OK), answers(OK)) as url:
        for _ in range(3):
            answer = wire.request("PUT", url, {"A": "b"}, b"body")
            assert (answer.status, answer.body, answer.etag, answer.ok) == (200, b"ok", "abc", True)


def test_a_file_goes_whole_and_its_hash_is_told(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"0123456789" * 1000)
    seen: list[bytes] = []
    told: list[int] = []

    def turn(connection: socket.socket) -> None:
        seen.append(request_of(connection))
        connection.sendall(OK)

    for limit in (None, 10**9):
        with server(turn) as url:
            course = Course(throttle=Throttle(limit), meter=told.append, hashed=True)
            answer = wire.request("PUT", url, {}, Slice(tmp_path / "film", 10, 9000, b"<", b">"), course)
            assert answer.md5 == hashlib.md5(b"0123456789" * 900).hexdigest()
    for request in seen:
        assert request.startswith(b"PUT /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"Content-Length: 9002" in request
        assert request.endswith(b"\r\n\r\n<" + b"0123456789" * 900 + b">")
    assert sum(told) == 18_000


def test_a_refusal_is_heard_before_all_is_sent(wire: Wire, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    told: list[int] = []

    def refuse(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with server(refuse) as url:
        body = Slice(tmp_path / "large", 0, 200 * 1024 * 1024)
        answer = wire.request("PUT", url, {}, body, Course(meter=told.append))
        assert answer.status == 403
        assert sum(count for count in told if count > 0) < 200 * 1024 * 1024
        assert sum(told) == 0
        wire.close()


def test_what_is_lost_on_the_way_is_told_and_taken_back(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(os.urandom(100_000))
    told: list[int] = []
    with server(lambda connection: None) as url, pytest.raises(Broken):
        wire.request("PUT", url, {}, Slice(tmp_path / "film", 0, 100_000), Course(meter=told.append))
    assert sum(told) == 0


def test_a_file_that_ends_too_soon_is_no_fault_of_the_network(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"short")

    def take(connection: socket.socket) -> None:
        while connection.recv(1000):
            pass

    with server(take) as url, pytest.raises(SourceChanged, match="shorter"):
        wire.request("PUT", url, {}, Slice(tmp_path / "film", 0, 100))


def test_waiting_ends_as_soon_as_it_is_asked_to(wire: Wire) -> None:
    halt = Halt()

    def ask_to_end(connection: socket.socket) -> None:
        request_of(connection)
        halt.request()
        assert connection.recv(1) == b""

    with server(ask_to_end) as url, pytest.raises(Interrupted):
        wire.request("GET", url, {}, b"", Course(halt))


@pytest.mark.parametrize("url", ["ftp://host/", "http:///path", "host", "http://host:port/"])
def test_what_is_no_address_is_a_sentence(wire: Wire, url: str) -> None:
    with pytest.raises(NotConfigured, match="address"):
        wire.request("GET", url, {})


def test_who_is_not_there_is_named(wire: Wire) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9 cannot be reached") as away:
        wire.request("GET", "http://127.0.0.1:9/", {})
    assert not isinstance(away.value, Broken)


def test_headers_cannot_be_broken_out_of(wire: Wire) -> None:
    with pytest.raises(NotConfigured):
        wire.request("GET", "http://127.0.0.1:9/", {"A": "b\r\nEvil: yes"})
