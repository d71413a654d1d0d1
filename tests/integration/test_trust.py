"""TLS without an authority: a person says yes to one certificate, and from then on no other gets a byte."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from appliance.ports.clock import system_clock
from gui.transfer.client import ApplianceClient
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.connections.checking import check
from gui.transfer.connections.pairing import PairingLine, trade
from gui.transfer.credentials import Credentials
from gui.transfer.errors import (
    CertificateChanged,
    CertificateUnknown,
    NotAnAppliance,
    NotConfigured,
    Refused,
    Unreachable,
)
from gui.transfer.network.trust import context_for, examine
from tests.integration.api_server import ApiServer
from tests.servers import MinioServer, free_port
from tests.tls_server import TlsServer, make_certificate


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, "first")


@pytest.fixture
def server(pem: Path, api: ApiServer) -> Iterator[TlsServer]:
    with TlsServer(pem, api.url) as server:
        yield server


@pytest.fixture
def fresh(minio: MinioServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API of its own: tries to pair are counted by address."""
    with ApiServer(minio, tmp_path_factory.mktemp("pairing")) as server:
        server.tenant("red")
        yield server


def key_of(api: ApiServer) -> str:
    with api.client("red") as client:
        return client.headers["authorization"].removeprefix("Bearer ")


def accept(url: str) -> dict[str, str]:
    """What a person who says yes adds to the connection."""
    with pytest.raises(CertificateUnknown) as caught:
        examine(url, {})
    return {caught.value.address: caught.value.fingerprint}


def test_an_unknown_certificate_is_shown_before_anything_is_sent(server: TlsServer, pem: Path) -> None:
    with pytest.raises(CertificateUnknown) as caught:
        check(Credentials(server.url, "mk_1"), {})
    assert re.fullmatch(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", caught.value.fingerprint)
    assert caught.value.fingerprint in str(caught.value)
    assert caught.value.address == f"127.0.0.1:{server.port}"
    assert "vouches" in str(caught.value)
    assert server.requests == []


def test_once_accepted_every_program_of_ours_goes_there(api: ApiServer, server: TlsServer, tmp_path: Path) -> None:
    pins = accept(server.url)
    account = check(Credentials(server.url, key_of(api)), pins)
    assert account.tenant_id == "red"
    book = ConnectionBook(tmp_path / "config")
    made = book.add(server.url, key_of(api), pins=pins)
    assert book.client(made.id).me().tenant_id == "red"
    book.close()
    # The same for httpx, which asks for the protocol beside.
    with httpx.Client(verify=context_for(pins), trust_env=False) as http:
        assert http.get(f"{server.url}/healthz").json() == {"status": "ok"}


def test_another_certificate_is_refused_with_both_fingerprints_and_gets_nothing(
    api: ApiServer, pem: Path, tmp_path: Path
) -> None:
    with TlsServer(pem, api.url) as server:
        pins = accept(server.url)
        port = server.port
    with TlsServer(make_certificate(tmp_path, "second"), api.url, port=port) as server:
        found = accept(server.url)
        key = key_of(api)
        with pytest.raises(CertificateChanged) as caught:
            check(Credentials(server.url, key), pins)
        assert caught.value.fingerprint in found.values()
        for fingerprint in (*pins.values(), *found.values()):
            assert fingerprint in str(caught.value)
        with (
            ApplianceClient(Credentials(server.url, key), tls=context_for(pins)) as client,
            pytest.raises(Unreachable, match="another certificate"),
        ):
            client.me()
        with httpx.Client(verify=context_for(pins), trust_env=False) as http, pytest.raises(httpx.ConnectError):
            http.get(f"{server.url}/healthz")
        assert server.requests == []


def test_an_accepted_certificate_opens_no_other_address(api: ApiServer, server: TlsServer, pem: Path) -> None:
    pins = accept(server.url)
    with TlsServer(pem, api.url) as other, pytest.raises(CertificateUnknown):
        examine(other.url, pins)


def test_servers_of_links_and_uploads_are_examined_too(
    api: ApiServer, minio: MinioServer, tmp_path_factory: pytest.TempPathFactory, pem: Path, tmp_path: Path
) -> None:
    with (
        TlsServer(make_certificate(tmp_path, "links"), api.url) as links,
        ApiServer(minio, tmp_path_factory.mktemp("a"), {"cdn_url": links.url}) as appliance,
        TlsServer(pem, appliance.url) as front,
    ):
        appliance.tenant("red")
        credentials = Credentials(front.url, key_of(appliance))
        with pytest.raises(CertificateUnknown) as caught:
            check(credentials, accept(front.url))
        assert caught.value.address == f"127.0.0.1:{links.port}"
        assert check(credentials, {**accept(front.url), **accept(links.url)}).name == "media"


def test_what_goes_wrong_is_said_in_a_sentence(api: ApiServer) -> None:
    with pytest.raises(Refused) as wrong_key:
        check(Credentials(api.url, "mk_wrong"), {})
    assert wrong_key.value.type == "unauthorized"
    with pytest.raises(Unreachable, match="refused"):
        check(Credentials(f"http://127.0.0.1:{free_port()}", "mk_1"), {})
    with pytest.raises(Unreachable, match="http://"):
        check(Credentials(api.url.replace("http", "https"), "mk_1"), {})
    with pytest.raises(NotAnAppliance):
        check(Credentials(f"{api.minio.url}/nothing", "mk_1"), {})
    with pytest.raises(NotConfigured):
        check(Credentials("media.local:8080", "mk_1"), {})


def test_a_pairing_line_becomes_a_key_of_this_device(fresh: ApiServer) -> None:
    code = fresh.catalog.pairings.offer("red", "laptop", ["read"], now=system_clock())
    line = PairingLine.parse(f"{fresh.url}/pair#{code}")
    credentials = trade(line, {}, device_name="Edit suite")
    assert credentials.api_url == fresh.url
    assert check(credentials, {}).key_name == "Edit suite"
    with pytest.raises(Refused, match="wrong, was used already or is older"):
        trade(line, {})


def test_a_code_is_not_spent_on_a_server_that_does_not_prove_itself(fresh: ApiServer, pem: Path) -> None:
    code = fresh.catalog.pairings.offer("red", "laptop", ["read"], now=system_clock())
    with TlsServer(pem, fresh.url) as server:
        line = PairingLine(server.url, code)
        with pytest.raises(CertificateUnknown):
            trade(line, {})
        assert server.requests == []
        pins = accept(server.url)
        assert check(trade(line, pins), pins).tenant_id == "red"


def test_guessing_codes_is_told_to_wait_and_other_servers_are_named(fresh: ApiServer) -> None:
    line = PairingLine(fresh.url, "AAAA-BBBBBBBB")
    with pytest.raises(Refused, match="wait"):
        for _ in range(20):
            try:
                trade(line, {})
            except Refused as error:
                if error.type != "unauthorized":
                    raise
    with pytest.raises(NotAnAppliance):
        trade(PairingLine(fresh.minio.url, "AAAA-BBBBBBBB"), {})
