"""Pairing: a line that the appliance prints becomes a connection."""

import json
import platform
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from gui.transfer.credentials import Credentials
from gui.transfer.errors import NotAnAppliance, NotConfigured, Refused
from gui.transfer.network.trust import Pins, address_of, context_for, examine
from gui.transfer.network.wire import Wire

_ASK_S = 15.0
_CODE = re.compile(r"([A-Za-z0-9]{4})-?([A-Za-z0-9]{8})\Z")
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class PairingLine:
    """What `media-appliance pair` prints: where to, and a code that works once, for ten minutes."""

    api_url: str
    code: str

    @classmethod
    def parse(cls, text: str, api_url: str = "") -> "PairingLine":
        """From `http://HOST:8080/pair#CODE`, as it is pasted; or from the code alone, for an appliance at `api_url`.

        NotConfigured with a sentence for anything else.
        """
        line = "".join(text.split())
        if api_url and (code := _CODE.match(line)):
            return cls(api_url.rstrip("/"), f"{code[1]}-{code[2]}")
        parts = urlsplit(line)
        if parts.scheme not in ("http", "https") or not parts.path.rstrip("/").endswith("/pair") or not parts.fragment:
            raise NotConfigured(
                "This is no pairing line. The appliance prints one with `media-appliance pair`; "
                "it looks like http://192.168.1.20:8080/pair#ABCD-EFGHJKLM."
            )
        address_of(line)
        base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/pair')}"
        return cls(base, parts.fragment)


def trade(line: PairingLine, pins: Pins, *, device_name: str = "") -> Credentials:
    """Trade the code for a key of this device's own. Not repeatable: the code is gone afterwards.

    The code is sent only to a server that proves who it is. device_name: what the key is called there, by default this
    computer's name. Raises Refused (`unauthorized` for a code that is wrong, used or too old, `rate_limited`),
    NotAnAppliance, Unreachable, CertificateUnknown, CertificateChanged.
    """
    examine(line.api_url, pins)
    name = (device_name.strip() or platform.node() or "desktop")[:_LONGEST_NAME]
    body = json.dumps({"code": line.code, "deviceName": name}).encode()
    wire = Wire(tls=context_for(pins), timeout_s=_ASK_S)
    try:
        answer = wire.request(
            "POST", f"{line.api_url}/pair", {"Content-Type": "application/json"}, body, answer_s=_ASK_S
        )
        known = answer.json()
        if answer.ok:
            # Where it was reached, not where it says it is: a name of its own need not be known here.
            return Credentials(line.api_url, str(known["apiKey"]))
        slug, detail = str(known["type"]).rpartition(":")[2], str(known["detail"])
    except (ValueError, KeyError, TypeError):
        raise NotAnAppliance(f"What answers at {line.api_url} is no media appliance.") from None
    finally:
        wire.close()
    if slug == "unauthorized":
        detail = "The code is wrong, was used already or is older than ten minutes; let the appliance print a new one."
    raise Refused(detail, type_=slug, status=answer.status)
