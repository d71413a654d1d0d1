"""Finds appliances on the local network by multicast DNS (RFC 6762, RFC 6763)."""

import ipaddress
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ifaddr
from zeroconf import InterfaceChoice, IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

SERVICE = "_media-appliance._tcp.local."
_ASK_MS = 3000


@dataclass(frozen=True, slots=True)
class Found:
    """One appliance that announces itself. api_url: where it says it is; nobody has proved anything yet."""

    instance: str
    name: str
    api_url: str
    version: str

    @property
    def tls(self) -> bool:
        return self.api_url.startswith("https://")


class Discovery:
    """Listens until `stop`. `found` may be read from any thread; the listener is called on a thread of its own."""

    def __init__(
        self,
        listener: Callable[[], None] = lambda: None,
        *,
        interfaces: Sequence[str] | InterfaceChoice = InterfaceChoice.All,
    ) -> None:
        """listener: told that `found` has changed. interfaces: addresses of this machine to listen on."""
        self._listener = listener
        self._interfaces = interfaces
        self._lock = threading.Lock()
        self._found: dict[str, Found] = {}
        self._zeroconf: Zeroconf | None = None
        self._browser: ServiceBrowser | None = None
        self.trouble = ""

    @property
    def found(self) -> list[Found]:
        """By name."""
        with self._lock:
            return sorted(self._found.values(), key=lambda one: (one.name.casefold(), one.instance))

    def start(self) -> None:
        """Begin to listen; where this network lends itself not to it, `trouble` says so. Idempotent."""
        if self._zeroconf is not None:
            return
        try:
            self._zeroconf = Zeroconf(interfaces=self._interfaces, ip_version=IPVersion.V4Only)
            self._browser = ServiceBrowser(self._zeroconf, SERVICE, handlers=[self._changed])
        except OSError as error:
            self.trouble = f"This network cannot be searched: {(error.strerror or str(error)).lower()}."
            self.stop()

    def stop(self) -> None:
        """Idempotent."""
        zeroconf, self._zeroconf, self._browser = self._zeroconf, None, None
        if zeroconf is not None:
            zeroconf.close()

    def _changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Removed:
            with self._lock:
                self._found.pop(name, None)
        else:
            info = zeroconf.get_service_info(service_type, name, timeout=_ASK_MS)
            found = _found(info) if info is not None else None
            if found is None:
                return
            with self._lock:
                self._found[name] = found
        self._listener()


def _found(info: ServiceInfo) -> Found | None:
    """What an announcement says; None where it names no address."""
    said = {
        key.decode(errors="replace"): (value or b"").decode(errors="replace") for key, value in info.properties.items()
    }
    address = _nearest(info.parsed_addresses(IPVersion.V4Only))
    url = said.get("url") or (f"http://{address}:{said.get('api') or info.port}" if address else "")
    if not url.startswith(("http://", "https://")):
        return None
    name = said.get("name") or info.name.removesuffix(f".{SERVICE}")
    return Found(info.name, name[:100], url.rstrip("/"), said.get("version", ""))


def _nearest(addresses: Sequence[str]) -> str | None:
    """Of an appliance on several networks, its address on one that this machine is on too."""
    own = [
        ipaddress.ip_network(f"{one.ip}/{one.network_prefix}", strict=False)
        for adapter in ifaddr.get_adapters()
        for one in adapter.ips
        if one.is_IPv4
    ]
    near = [one for one in addresses if any(ipaddress.ip_address(one) in network for network in own)]
    return next(iter(near or addresses), None)
