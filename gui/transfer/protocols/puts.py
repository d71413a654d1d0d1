"""The protocol `put`: the whole file in one PUT."""

from gui.transfer.errors import TransferError
from gui.transfer.fingerprint import md5_of
from gui.transfer.network.backoff import with_retries
from gui.transfer.network.wire import Slice
from gui.transfer.offers import Target
from gui.transfer.protocols.sending import ATTEMPTS, TRIES, Sending, Sent, refusal, verify


def send(sending: Sending) -> Sent:
    """Raises TransferError. 412 is no failure: an earlier try was stored and its answer lost; completing compares."""
    target = sending.plan.target or sending.sign([1])[1]
    for _ in range(TRIES):
        sent = with_retries(lambda: _put(sending, target), sending.halt, attempts=ATTEMPTS)  # noqa: B023 - called at once
        if sent is not None:
            return sent
        target = sending.sign([1])[1]
    raise TransferError("The store does not accept the URLs that the appliance signs; are the clocks of both right?")


def _put(sending: Sending, target: Target) -> Sent | None:
    """None: the URL is not accepted (any more)."""
    course = sending.course()
    body = sending.content if sending.content is not None else Slice(sending.source, 0, sending.size)
    answer = sending.request("PUT", target, {}, body, course)
    if answer.ok:
        etag = verify(answer)
        sending.stored_part(1, etag, sending.size)
        return Sent(etag)
    if answer.status == 403:
        return None
    if answer.status == 412:
        etag = md5_of(sending.source, 0, sending.size, sending.halt)
        sending.meter(sending.size)
        return Sent(etag)
    raise refusal(answer)
