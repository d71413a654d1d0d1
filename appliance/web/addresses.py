"""Addresses follow the caller: every URL in an answer is built on the host that the request came to."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from flask import Flask, g, request

from appliance.domain.errors import HostNotAccepted
from appliance.domain.hosts import url_host
from appliance.web.context import WebOptions

_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_SINGLE = re.compile(_LABEL + r"\Z")
#: Names that nobody can own in the public DNS, so no foreign page can point one at the appliance:
#: RFC 6762 (.local), RFC 6761 (.localhost, .test), RFC 8375 (.home.arpa), and .internal, reserved by ICANN in 2024.
_OWN = re.compile(rf"(?:{_LABEL}\.)+(?:local|localhost|test|home\.arpa|internal)\Z")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?\Z")
_MAX_HOST = 253


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URLs as this caller can use them, without a slash at the end."""

    api: str
    cdn: str
    s3: str

    def permanent(self, key: str) -> str:
        """The link of an object that never changes."""
        return f"{self.cdn}/{key}"

    def reading(self, path: str, token: str | None) -> str:
        """The link of an object or picture that works now; token: of a private file, None for a public one's."""
        return f"{self.cdn}/t/{token}/{path}" if token else f"{self.cdn}/{path}"

    def download(self, key: str, token: str | None = None) -> str:
        """The link that saves the object under its original's name."""
        return f"{self.cdn}/t/{token}/download/{key}" if token else f"{self.cdn}/download/{key}"

    def page(self, file_id: str) -> str:
        """The page where people look at a file."""
        return f"{self.api}/watch/{quote(file_id)}"


class AddressBook:
    """Which hosts are ours, and the addresses that belong to each."""

    def __init__(self, options: WebOptions) -> None:
        self._options = options
        fixed = [urlsplit(url).hostname for url in (options.api_url, options.cdn_url, options.s3_public_url) if url]
        self._names = {name.lower() for name in (*options.hosts, options.host, *fixed) if name}
        self.for_header = lru_cache(maxsize=1024)(self._for_header)

    def of_appliance(self) -> Addresses:
        """The addresses where no request gives a host."""
        return self._build(url_host(self._options.host))

    def _for_header(self, header: str) -> Addresses:
        """The addresses for a Host header (RFC 9110, 7.2), HostNotAccepted for one that is not ours."""
        if not header:
            return self.of_appliance()
        match = _HOST.match(header)
        host = match["host"].lower().removesuffix(".") if match else ""
        if not self._accepts(host):
            shown = header[:80].encode("ascii", "backslashreplace").decode()
            raise HostNotAccepted(f"'{shown}' is not a name of this appliance; MEDIA_HOSTS adds names.", field="Host")
        return self._build(host)

    def _accepts(self, host: str) -> bool:
        if not host or len(host) > _MAX_HOST:
            return False
        if host in self._names or _SINGLE.match(host) or _OWN.match(host):
            return True
        try:
            ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return host.startswith("[") == (":" in host)

    def _build(self, host: str) -> Addresses:
        options = self._options
        return Addresses(
            api=options.api_url or f"http://{host}:{options.api_port}",
            cdn=options.cdn_url or f"http://{host}:{options.cdn_port}",
            s3=options.s3_public_url or f"http://{host}:{options.s3_port}",
        )


def install(app: Flask, options: WebOptions) -> None:
    """Work out the addresses before anything else of a request; a foreign host gets no further."""
    book = AddressBook(options)

    @app.before_request
    def find_addresses() -> None:
        # Never from X-Forwarded-*: anyone can send that, and behind a proxy the URLs are fixed settings.
        g.addresses = book.for_header(request.environ.get("HTTP_HOST", ""))


def addresses() -> Addresses:
    """The addresses for the caller of this request."""
    found: Addresses = g.addresses
    return found
