"""TLS with certificates that no public authority vouches for: a person says yes to one, and from then on to no other.

Where the system trusts a server, nothing is kept and nothing is asked. Where it does not, the certificate's SHA-256 is
shown, and kept once somebody accepts it (trust on first use). The handshake ends with the comparison, so that no byte
of a request goes to a server that shows another certificate.
"""

import hashlib
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import certifi

from gui.transfer.errors import CertificateChanged, CertificateUnknown, NotConfigured, Unreachable

#: What was accepted: fingerprints by `host:port`.
Pins = Mapping[str, str]
_TIMEOUT_S = 6.0


def fingerprint_of(certificate: bytes) -> str:
    """The SHA-256 of a certificate in DER form, as browsers and `openssl x509 -fingerprint` show it."""
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


class _Changed(ssl.SSLCertVerificationError):
    """found: the fingerprint that came."""

    found = ""


class _PinnedSocket(ssl.SSLSocket):
    """A connection that ends its handshake by comparing the certificate with the one that was accepted."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        expected = self.context.expected  # type: ignore[attr-defined]
        found = fingerprint_of(self.getpeercert(binary_form=True) or b"")
        if found != expected:
            error = _Changed(f"another certificate than the accepted one: {expected} was accepted, {found} came")
            error.verify_message = f"it shows another certificate; {expected} was accepted, {found} came"
            error.found = found
            raise error


class _PinnedContext(ssl.SSLContext):
    """For connections to one server whose certificate is known by its fingerprint and by nothing else."""

    sslsocket_class = _PinnedSocket
    expected = ""

    @classmethod
    def expecting(cls, fingerprint: str) -> "_PinnedContext":
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.expected = fingerprint
        return context


class TrustingContext(ssl.SSLContext):
    """The system's trust, and for servers in `pins` their pinned certificate instead. For clients on sockets."""

    def __new__(cls, pins: Pins) -> "TrustingContext":
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, pins: Pins) -> None:
        self._pinned = {address: _PinnedContext.expecting(fingerprint) for address, fingerprint in pins.items()}
        self.load_default_certs()
        # Some Pythons come without the system's authorities.
        self.load_verify_locations(certifi.where())

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:
        super().set_alpn_protocols(alpn_protocols)
        for context in self._pinned.values():
            context.set_alpn_protocols(alpn_protocols)

    def wrap_socket(self, sock: socket.socket, *args: Any, **options: Any) -> ssl.SSLSocket:
        address = f"{options.get('server_hostname')}:{sock.getpeername()[1]}"
        pinned = self._pinned.get(address)
        if pinned is not None:
            return pinned.wrap_socket(sock, *args, **options)
        return super().wrap_socket(sock, *args, **options)


def context_for(pins: Pins) -> ssl.SSLContext:
    """How to prove servers, for httpx (`verify=`) and for plain sockets (`wrap_socket`)."""
    return TrustingContext(pins)


def address_of(url: str) -> str:
    """The `host:port` by which a server's certificate is kept. NotConfigured where the URL is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NotConfigured(f"{url} is no address: {error}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotConfigured(f"{url} is no address that begins with http:// or https://.")
    return f"{parts.hostname}:{port}"


def examine(url: str, pins: Pins, *, timeout_s: float = _TIMEOUT_S) -> None:
    """Whether a server proves who it is; sends nothing but a handshake, and nothing at all over plain http.

    Raises CertificateUnknown with what a person needs to decide, CertificateChanged, Unreachable, NotConfigured.
    """
    address = address_of(url)
    if not url.startswith("https://"):
        return
    try:
        _handshake(address, context_for(pins), timeout_s)
    except _Changed as error:
        known = pins[address]
        raise CertificateChanged(
            f"{address} shows another certificate than the accepted one: {known} was accepted, {error.found} came. "
            "It was renewed, or somebody stands between; nothing was sent.",
            address=address,
            fingerprint=error.found,
        ) from None
    except ssl.SSLCertVerificationError as error:
        shown = _handshake(address, _unverified(), timeout_s)
        raise CertificateUnknown(
            f"Nobody whom this computer trusts vouches for the certificate of {address} ({error.verify_message}). "
            f"Its fingerprint is {shown}.",
            address=address,
            fingerprint=shown,
        ) from None


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _handshake(address: str, context: ssl.SSLContext, timeout_s: float) -> str:
    """The fingerprint of the certificate that a server shows. Raises ssl.SSLCertVerificationError, Unreachable."""
    host, _, port = address.rpartition(":")
    try:
        plain = socket.create_connection((host, int(port)), timeout_s)
    except TimeoutError as error:
        raise Unreachable(f"{address} does not answer.") from error
    except socket.gaierror as error:
        raise Unreachable(f"The name {host} is not known on this network.") from error
    except OSError as error:
        raise Unreachable(f"{address} cannot be reached: {(error.strerror or str(error)).lower()}.") from error
    try:
        with plain, context.wrap_socket(plain, server_hostname=host) as encrypted:
            return fingerprint_of(encrypted.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:
        raise Unreachable(f"{address} answers, but not by https:// as it should; is it http:// instead?") from error
