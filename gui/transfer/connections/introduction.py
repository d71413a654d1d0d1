"""Getting to know an appliance, in steps that may stop at a question to a person and go on after it."""

from gui.transfer.connections.book import Connection, ConnectionBook
from gui.transfer.connections.checking import check
from gui.transfer.connections.pairing import PairingLine, trade
from gui.transfer.credentials import Credentials
from gui.transfer.errors import CertificateUnknown
from gui.transfer.offers import Account


class Introduction:
    """From a pairing line, or from an address and a key, to a connection that is known to work.

    `meet` may be called again after it raised: a code that was traded is not traded twice.
    """

    def __init__(self, by: PairingLine | Credentials) -> None:
        self._line = by if isinstance(by, PairingLine) else None
        self._credentials = by if isinstance(by, Credentials) else None
        self._account: Account | None = None
        self.pins: dict[str, str] = {}

    def accept(self, question: CertificateUnknown) -> None:
        """A person said yes to the certificate that `meet` raised; to it alone."""
        self.pins[question.address] = question.fingerprint

    def meet(self) -> Account:
        """Waits for the network. Raises CertificateUnknown for `accept`, else what `trade` and `check` do."""
        if self._credentials is None:
            assert self._line is not None
            self._credentials = trade(self._line, self.pins)
        self._account = check(self._credentials, self.pins)
        return self._account

    def keep(self, book: ConnectionBook, name: str = "") -> Connection:
        """After `meet`. name: by default the appliance's own. NotConfigured as `ConnectionBook.add`."""
        assert self._credentials is not None
        assert self._account is not None
        taken = {one.name.casefold() for one in book.all()}
        own = self._account.name.strip()
        chosen = name.strip() or ("" if own.casefold() in taken else own)
        return book.add(self._credentials.api_url, self._credentials.api_key, name=chosen, pins=self.pins)
