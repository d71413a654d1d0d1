"""Network addresses: as URLs write them, and as this machine reaches what listens on them."""

_ALL_INTERFACES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on


def url_host(address: str) -> str:
    """An address or name as it stands in a URL: IPv6 in brackets (RFC 3986, 3.2.2)."""
    return f"[{address}]" if ":" in address and not address.startswith("[") else address


def reachable(address: str) -> str:
    """Where this machine reaches what listens on `address`: by loopback, where that is every interface."""
    return _ALL_INTERFACES.get(address, address)
