"""The ways to send a file, by the name that the appliance gives them. Explicit: a new one is a line here."""

from collections.abc import Callable, Mapping

from gui.transfer.errors import TransferError
from gui.transfer.protocols import forms, multipart, puts, resumable
from gui.transfer.protocols.sending import Sending, Sent

PROTOCOLS: Mapping[str, Callable[[Sending], Sent]] = {
    "put": puts.send,
    "multipart": multipart.send,
    "resumable": resumable.send,
    "form": forms.send,
}


def send(sending: Sending) -> Sent:
    """Send what the store lacks; once it returns, the store has all bytes and the appliance is to be told.

    Each goes on where the store stands, tries again what fails in passing, has fresh URLs signed for expired ones, and
    compares what the store names with what was sent. Raises TransferError.
    """
    try:
        protocol = PROTOCOLS[sending.plan.protocol]
    except KeyError:
        raise TransferError(f"This program cannot send by '{sending.plan.protocol}'; a newer one may.") from None
    return protocol(sending)
