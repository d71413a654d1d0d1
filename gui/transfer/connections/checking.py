"""Asks an appliance who we are to it, before a connection is kept and whenever a person wants to know how it stands."""

from gui.transfer.api import Api
from gui.transfer.credentials import Credentials
from gui.transfer.errors import NotAnAppliance, Refused
from gui.transfer.network.trust import Pins, context_for, examine
from gui.transfer.offers import Account

_LOOK_S = 10.0


def check(credentials: Credentials, pins: Pins) -> Account:
    """In one try: the address, the key, and whether the servers of links and uploads can be trusted too.

    Raises NotAnAppliance, Refused (`unauthorized` for a wrong key), Unreachable, CertificateUnknown,
    CertificateChanged, NotConfigured for an address that is none.
    """
    examine(credentials.api_url, pins)
    other = f"What answers at {credentials.api_url} is no media appliance"
    with Api(credentials, timeout_s=_LOOK_S, tls=context_for(pins)) as api:
        try:
            answer = api.call("GET", "/me", attempts=1)
            account = Account.of(answer)
            further = str(answer["cdnUrl"]), str(answer["s3Url"])
        except Refused as error:
            if error.type == "unknown":
                raise NotAnAppliance(f"{other} (it answers {error.status}).") from None
            raise
        except (KeyError, TypeError):
            raise NotAnAppliance(f"{other}.") from None
    for url in further:
        examine(url, pins)
    return account
