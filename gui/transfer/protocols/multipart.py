"""The protocol `multipart`: parts of equal size, several at a time, each verified, each on record once it is there.

Verified by a CRC32 that the store compares: measured, that takes 0.3 s of CPU a GiB, and the MD5 that is a part's etag
1.8 s. Where a store does not know or not allow the header, by its etag.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from gui.transfer.errors import Corrupted, TransferError
from gui.transfer.fingerprint import crc32_of, joined_etag, md5_of
from gui.transfer.network.answers import Answer
from gui.transfer.network.backoff import with_retries
from gui.transfer.network.wire import Slice
from gui.transfer.offers import Target
from gui.transfer.protocols.sending import ATTEMPTS, TRIES, Sending, Sent, is_md5, refusal, verify

CHECKSUM = "x-amz-checksum-crc32"
_SIGNED_AT_ONCE = 32


def send(sending: Sending) -> Sent:
    """All parts that are not stored. Raises what the first part that failed raised; the others end in order."""
    return _Parts(sending).run()


class _Parts:
    """Threads take the next part until none is left or one has failed."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self._plan = sending.plan
        self._lock = threading.Lock()
        self._signing = threading.Lock()
        self._targets: dict[int, Target] = dict(sending.plan.parts)
        self._etags: dict[int, str] = dict(sending.stored)
        self._waiting = [number for number in range(self._plan.part_count, 0, -1) if number not in self._etags]
        self._failed: BaseException | None = None
        self._by_checksum = True

    def run(self) -> Sent:
        count = min(self._sending.parts_at_a_time, len(self._waiting))
        if count:
            with ThreadPoolExecutor(count, thread_name_prefix="part") as pool:
                for _ in range(count):
                    pool.submit(self._work)
        if self._failed is not None:
            raise self._failed
        etags = sorted(self._etags.items())
        whole = joined_etag([etag for _, etag in etags]) if all(is_md5(etag) for _, etag in etags) else ""
        return Sent(whole, tuple(etags))

    def _work(self) -> None:
        try:
            while (number := self._next()) is not None:
                etag = self._send(number)
                with self._lock:
                    self._etags[number] = etag
        except BaseException as error:
            with self._lock:
                self._failed = self._failed or error

    def _next(self) -> int | None:
        with self._lock:
            return self._waiting.pop() if self._waiting and self._failed is None else None

    def _send(self, number: int) -> str:
        damaged = refused = 0
        while damaged < TRIES and refused < TRIES:
            try:
                etag = with_retries(lambda: self._put(number), self._sending.halt, attempts=ATTEMPTS)
            except Corrupted:
                damaged += 1
                if damaged == TRIES:
                    raise
                continue
            if etag is not None:
                return etag
            refused += 1
            # A fresh URL that is refused as well: it may be the checksum, which the URL's signature does not cover.
            self._by_checksum = self._by_checksum and refused < TRIES - 1
            self._sign_again()
        raise TransferError("The store does not accept the URLs that the appliance signs; are the clocks right?")

    def _put(self, number: int) -> str | None:
        """The part's etag; None: its URL is not accepted (any more)."""
        sending = self._sending
        offset = (number - 1) * self._plan.part_size
        length = min(self._plan.part_size, sending.size - offset)
        checksum = crc32_of(sending.source, offset, length, sending.halt) if self._by_checksum else ""
        headers = {CHECKSUM: checksum} if checksum else {}
        body = Slice(sending.source, offset, length)
        answer = sending.request(
            "PUT", self._target(number), headers, body, replace(sending.course(), hashed=not checksum)
        )
        if answer.status == 403:
            return None
        if not answer.ok:
            raise refusal(answer)
        try:
            etag = self._verified(answer, checksum, offset, length)
        except Corrupted:
            sending.meter(-length)
            raise
        sending.stored_part(number, etag, length)
        return etag

    def _verified(self, answer: Answer, checksum: str, offset: int, length: int) -> str:
        """The part's etag, once it is sure that the store has these bytes: it says that it compared, or its etag does.

        Raises Corrupted.
        """
        if checksum and answer.headers.get(CHECKSUM) == checksum and answer.etag:
            return answer.etag
        if checksum:
            self._by_checksum = False
            answer = replace(answer, md5=md5_of(self._sending.source, offset, length, self._sending.halt))
        computed = verify(answer)
        return answer.etag or computed

    def _target(self, number: int) -> Target:
        with self._signing:
            if number not in self._targets:
                with self._lock:
                    wanted = [number, *self._waiting[:-_SIGNED_AT_ONCE:-1]]
                self._targets.update(self._sending.sign([one for one in wanted if one not in self._targets]))
            return self._targets[number]

    def _sign_again(self) -> None:
        """All URLs signed so far are as old: forget them, and let each part fetch fresh ones."""
        with self._signing:
            self._targets.clear()
