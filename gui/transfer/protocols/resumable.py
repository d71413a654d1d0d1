"""The protocol `resumable`: one session URL that takes the bytes in order, as Google Cloud Storage has it.

https://cloud.google.com/storage/docs/performing-resumable-uploads: PUT with Content-Range, answered 308 until all bytes
are there; `bytes */SIZE` asks how many that is.
"""

import base64
import binascii
import re

from gui.transfer.errors import Corrupted
from gui.transfer.fingerprint import md5_of
from gui.transfer.network.answers import Answer
from gui.transfer.network.backoff import with_retries
from gui.transfer.network.wire import Course, Slice
from gui.transfer.protocols.sending import ATTEMPTS, Sending, Sent, refusal

_UNIT = 256 * 1024
_PIECE = 16 * 1024 * 1024
_MORE = 308
_RANGE = re.compile(r"bytes=0-(\d+)\Z")


def send(sending: Sending) -> Sent:
    """Goes on where the session stands. Raises TransferError; SessionLost where the session has ended."""
    return _Session(sending).run()


class _Session:
    """What is told of progress follows what the store says it has."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._target = sending.plan.target or sending.sign([1])[1]
        self._piece = max(_UNIT, (sending.plan.part_size or _PIECE) // _UNIT * _UNIT)
        self._told = 0
        self._last: Answer | None = None

    def run(self) -> Sent:
        while self._last is None:
            with_retries(self._step, self._sending.halt, attempts=ATTEMPTS)
        return Sent(self._verify(self._last))

    def _step(self) -> None:
        """Send the next piece from where the store is by now; a piece whose answer was lost is not sent again."""
        size = self._sending.size
        start = self._ask()
        if self._last is not None:
            return
        length = min(self._piece, size - start)
        what = f"bytes {start}-{start + length - 1}/{size}" if length else "bytes */0"
        body = Slice(self._sending.source, start, length)
        course = Course(self._sending.halt, self._sending.throttle, self._meter)
        self._stands(self._sending.request("PUT", self._target, {"Content-Range": what}, body, course))

    def _ask(self) -> int:
        headers = {"Content-Range": f"bytes */{self._sending.size}"}
        return self._stands(self._sending.request("PUT", self._target, headers, b"", self._sending.quiet()))

    def _stands(self, answer: Answer) -> int:
        """How many bytes the store has."""
        if answer.ok:
            self._last = answer
            stored = self._sending.size
        elif answer.status == _MORE:
            found = _RANGE.match(answer.headers.get("range", ""))
            stored = int(found[1]) + 1 if found else 0
        else:
            raise refusal(answer)
        if stored != self._told:
            self._meter(stored - self._told)
        return stored

    def _meter(self, count: int) -> None:
        self._told += count
        self._sending.meter(count)

    def _verify(self, answer: Answer) -> str:
        """The MD5 of the file. Raises Corrupted where the object has another one."""
        computed = md5_of(self._sending.source, 0, self._sending.size, self._sending.halt)
        try:
            named = base64.b64decode(str(answer.json()["md5Hash"]), validate=True).hex()
        except (ValueError, KeyError, TypeError, binascii.Error):
            return computed
        if named != computed:
            raise Corrupted("The store has other bytes than were sent.")
        return computed
