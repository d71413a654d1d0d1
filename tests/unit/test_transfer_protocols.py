"""The two protocols that no store on this machine speaks, against doubles of those that do (see store_doubles)."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gui.transfer.errors import Corrupted, SourceChanged, TransferError
from gui.transfer.fingerprint import look
from gui.transfer.halting import Halt
from gui.transfer.network.throttle import Slots, Throttle
from gui.transfer.network.wire import Wire
from gui.transfer.offers import Plan, Target
from gui.transfer.protocols.sending import Sending
from gui.transfer.protocols.table import PROTOCOLS, send
from tests.unit.store_doubles import FormDouble, SessionDouble

PIECE = 256 * 1024
SIZE = 3 * PIECE + 5


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "film.mov"
    path.write_bytes(os.urandom(SIZE))
    return path


def sending(
    wire: Wire, source: Path, protocol: str, url: str, told: list[int], fields: Mapping[str, str] | None = None
) -> Sending:
    plan = Plan(protocol, Target(url, {}), "PUT", fields or {}, PIECE, 1, {}, "")
    return Sending(
        wire=wire, source=source, fingerprint=look(source), plan=plan,
        sign=lambda numbers: dict.fromkeys(numbers, Target(url, {})),
        halt=Halt(), throttle=Throttle(), meter=told.append, slots=Slots(4), parts_at_a_time=4, stored={},
        stored_part=lambda number, etag, size: None,
    )  # fmt: skip


def test_a_session_takes_the_file_in_pieces(wire: Wire, source: Path) -> None:
    told: list[int] = []
    with SessionDouble() as store:
        send(sending(wire, source, "resumable", store.url, told))
        assert store.body == source.read_bytes()
        assert store.pieces == 4
    assert sum(told) == SIZE


def test_a_session_goes_on_where_the_store_stands(wire: Wire, source: Path) -> None:
    told: list[int] = []
    with SessionDouble(lose_after=(2, 4)) as store:
        send(sending(wire, source, "resumable", store.url, told))
        assert store.body == source.read_bytes()
        assert store.pieces == 4, "what was stored and not answered is not sent again"
    assert sum(told) == SIZE


def test_a_store_may_keep_less_of_a_piece_than_was_sent(wire: Wire, source: Path) -> None:
    told: list[int] = []
    with SessionDouble(keeps=100_000) as store:
        send(sending(wire, source, "resumable", store.url, told))
        assert store.body == source.read_bytes()
    assert sum(told) == SIZE


def test_a_session_takes_nothing_too(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "nothing").write_bytes(b"")
    with SessionDouble() as store:
        sent = send(sending(wire, tmp_path / "nothing", "resumable", store.url, []))
    assert sent.etag == "d41d8cd98f00b204e9800998ecf8427e"


def test_other_bytes_at_the_store_are_noticed(wire: Wire, source: Path) -> None:
    with SessionDouble(wrong=True) as store, pytest.raises(Corrupted):
        send(sending(wire, source, "resumable", store.url, []))


def test_a_form_goes_in_pieces_of_one_id(wire: Wire, source: Path) -> None:
    told: list[int] = []
    with FormDouble(refuse_once=PIECE) as store:
        send(sending(wire, source, "form", store.url, told, {"api_key": "k", "signature": "s"}))
        assert store.body == source.read_bytes()
        assert store.fields == {"api_key": "k", "signature": "s"}
        assert len(store.ids) == 1
        assert len(store.requests) == 5
    assert sum(told) == SIZE


def test_a_small_form_goes_at_once(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"small")
    with FormDouble() as store:
        send(sending(wire, tmp_path / "small", "form", store.url, []))
        assert store.body == b"small"
        assert "content-range" not in store.requests[0][2]


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_a_file_that_is_another_one_by_now_is_not_sent(wire: Wire, source: Path, protocol: str) -> None:
    with FormDouble() as store:
        asked = sending(wire, source, protocol, store.url, [])
        source.write_bytes(b"other")
        with pytest.raises(SourceChanged):
            send(asked)
        assert not store.requests


def test_a_protocol_of_the_future_is_a_sentence(wire: Wire, source: Path) -> None:
    with pytest.raises(TransferError, match="cannot send by 'pigeon'"):
        send(sending(wire, source, "pigeon", "http://127.0.0.1:9/", []))
