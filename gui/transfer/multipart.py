"""The protocol `multipart`: parts of equal size, several at a time, each verified, each on record once it is there."""

import threading
from concurrent.futures import ThreadPoolExecutor

from gui.transfer.backoff import with_retries
from gui.transfer.errors import Corrupted, TransferError
from gui.transfer.fingerprint import joined_etag
from gui.transfer.offers import Target
from gui.transfer.sending import ATTEMPTS, SIGNINGS, Sending, Sent, is_md5, refusal, verify
from gui.transfer.wire import Slice

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
        damaged = 0
        for _ in range(SIGNINGS):
            try:
                etag = with_retries(lambda: self._put(number), self._sending.halt, attempts=ATTEMPTS)
            except Corrupted:
                damaged += 1
                if damaged == SIGNINGS:
                    raise
                continue
            if etag is not None:
                return etag
            self._sign_again(number)
        raise TransferError("The store does not accept the URLs that the appliance signs; are the clocks right?")

    def _put(self, number: int) -> str | None:
        """The part's etag; None: its URL is not accepted (any more)."""
        sending = self._sending
        offset = (number - 1) * self._plan.part_size
        length = min(self._plan.part_size, sending.size - offset)
        course = sending.course()
        answer = sending.request("PUT", self._target(number), {}, Slice(sending.source, offset, length), course)
        if answer.status == 403:
            return None
        if not answer.ok:
            raise refusal(answer)
        try:
            computed = verify(answer)
        except Corrupted:
            sending.meter(-length)
            raise
        etag = answer.etag or computed
        sending.stored_part(number, etag, length)
        return etag

    def _target(self, number: int) -> Target:
        with self._signing:
            if number not in self._targets:
                with self._lock:
                    wanted = [number, *self._waiting[:-_SIGNED_AT_ONCE:-1]]
                self._targets.update(self._sending.sign([one for one in wanted if one not in self._targets]))
            return self._targets[number]

    def _sign_again(self, number: int) -> None:
        """All URLs signed so far are as old: forget them, and let each part fetch fresh ones."""
        with self._signing:
            self._targets.clear()
