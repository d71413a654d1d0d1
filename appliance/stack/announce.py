"""Announces the appliance on the local network by multicast DNS (RFC 6762, RFC 6763), so that programs find it.

What is said: the host `{name}.local`; the service `_media-appliance._tcp` under the appliance's name, its port, and in
the TXT record `name`, `version`, `api` (the port once more, for programs that see records alone), `tls` (1 or 0) and,
where `MEDIA_API_URL` fixes it, `url`. Nothing secret: whoever finds it still needs a key.
"""

import ipaddress
import logging
import platform
import re
from collections.abc import Callable, Sequence
from importlib.metadata import version

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion, ServiceInfo, Zeroconf

from appliance.config import Settings
from appliance.domain.hosts import reachable

SERVICE = "_media-appliance._tcp.local."
LOOK_SECONDS = 30.0
#: Networks of containers and virtual machines on this host, which no other device sees.
_INNER = ("docker", "br-", "veth", "virbr", "vmnet", "podman", "cni", "lxc")
_LONGEST_LABEL = 63
_log = logging.getLogger(__name__)


def on_network(settings: Settings) -> bool:
    """Whether others can reach the appliance, so that it is worth telling them."""
    address = ipaddress.ip_address(reachable(settings.bind)) if _is_address(settings.bind) else None
    everywhere = settings.bind in ("0.0.0.0", "::")  # noqa: S104 - compared, not listened on
    return everywhere or (address is not None and not address.is_loopback)


def addresses_of(settings: Settings) -> list[str]:
    """The IPv4 addresses by which others reach it now: the one it is bound to, or all of this machine."""
    if settings.bind not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        return [settings.bind] if ":" not in settings.bind else []
    found = [
        str(one.ip)
        for adapter in ifaddr.get_adapters()
        if not adapter.name.startswith(_INNER)
        for one in adapter.ips
        if one.is_IPv4
    ]
    return [one for one in found if not _passing(one)]


class Announcement:
    """Keeps the announcement in step with this machine's addresses. Call `step` now and then; `close` takes it back."""

    def __init__(self, settings: Settings, addresses: Callable[[Settings], Sequence[str]] = addresses_of) -> None:
        self._settings = settings
        self._addresses = addresses
        self._announced: list[str] | None = None
        self._zeroconf: Zeroconf | None = None
        self._trouble = ""

    def step(self) -> None:
        """Announce, or announce anew where the addresses changed. A network that cannot take it is logged, once."""
        wanted = sorted(self._addresses(self._settings))
        if wanted == self._announced:
            return
        self.close()
        if not wanted:
            self._complain("this machine has no address on a network")
            return
        try:
            self._zeroconf = Zeroconf(interfaces=wanted, ip_version=IPVersion.V4Only)
            info = _info(self._settings, wanted)
            self._zeroconf.register_service(info, allow_name_change=True)
        except (OSError, ZeroconfError) as error:
            self.close()
            self._complain(str(error) or type(error).__name__)
            return
        self._announced, self._trouble = wanted, ""
        _log.info("announced on the network as '%s' at %s", info.name.removesuffix(f".{SERVICE}"), ", ".join(wanted))

    def close(self) -> None:
        """Take it back, so that lists on other devices lose it at once. Idempotent."""
        zeroconf, self._zeroconf, self._announced = self._zeroconf, None, None
        if zeroconf is not None:
            zeroconf.unregister_all_services()
            zeroconf.close()

    def _complain(self, why: str) -> None:
        if why != self._trouble:
            _log.warning("cannot be found on the network: %s; its address has to be typed, or a line be pasted", why)
        self._trouble = why


def _info(settings: Settings, addresses: Sequence[str]) -> ServiceInfo:
    said = {
        "name": settings.name,
        "version": version("media-appliance"),
        "api": str(settings.api_port),
        "tls": str(int(settings.api_url.startswith("https://"))),
        "url": settings.api_url,
    }
    # Unique by itself: two appliances of one machine do not always hear each other ask whether a name is free.
    where = f" ({platform.node()[:20]}:{settings.api_port})"
    label = settings.name.encode()[: _LONGEST_LABEL - len(where.encode())].decode(errors="ignore") + where
    return ServiceInfo(
        SERVICE,
        f"{label.replace('.', ' ')}.{SERVICE}",
        port=settings.api_port,
        properties={name: value for name, value in said.items() if value},
        parsed_addresses=list(addresses),
        server=f"{_host_label(settings.name)}.local.",
    )


def _host_label(name: str) -> str:
    """The appliance's name as a label of a host name (RFC 1123): `media` makes `http://media.local:8080`."""
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return label[:_LONGEST_LABEL] or "media"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _passing(address: str) -> bool:
    """Addresses that mean nothing to another device, or not for long."""
    found = ipaddress.ip_address(address)
    return found.is_loopback or found.is_link_local
