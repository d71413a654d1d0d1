"""The client where connections are encrypted: files pass through memory then, and arrive all the same."""

import hashlib
import os
import ssl
from pathlib import Path

import pytest

from gui.transfer.errors import Unreachable
from gui.transfer.network.throttle import Throttle
from gui.transfer.network.wire import Course, Slice, Wire
from tests.tls_server import make_certificate
from tests.unit.store_doubles import FormDouble

SIZE = 3_000_000


class TlsDouble(FormDouble):
    """A form's double behind a certificate."""

    def __init__(self, pem: Path) -> None:
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return super().url.replace("http://", "https://")


def test_a_file_goes_out_encrypted_over_a_connection_that_is_kept(tmp_path: Path) -> None:
    pem = make_certificate(tmp_path, "localhost")
    (tmp_path / "film").write_bytes(os.urandom(SIZE))
    before = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    body = Slice(tmp_path / "film", 0, SIZE, before, b"\r\n--b--\r\n")
    wire = Wire(tls=ssl.create_default_context(cafile=str(pem)))
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    with TlsDouble(pem) as store:
        for limit in (None, 10**9):
            course = Course(throttle=Throttle(limit), hashed=True)
            answer = wire.request("POST", store.url, headers, body, course)
            assert answer.ok
            assert answer.md5 == hashlib.md5(store.body).hexdigest()
            assert store.body == (tmp_path / "film").read_bytes()
        wire.close()


def test_a_server_that_nobody_vouches_for_is_not_spoken_to(tmp_path: Path) -> None:
    pem = make_certificate(tmp_path, "localhost")
    wire = Wire()
    with TlsDouble(pem) as store, pytest.raises(Unreachable, match="does not prove who it is"):
        wire.request("GET", store.url, {})
    wire.close()
