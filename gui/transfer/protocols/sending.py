"""What every protocol has in common: one file, one session, and how a store's refusal is to be understood."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gui.transfer.errors import Broken, Corrupted, Refused, SessionLost
from gui.transfer.fingerprint import Fingerprint, check
from gui.transfer.halting import Halt
from gui.transfer.network.answers import Answer
from gui.transfer.network.throttle import Slots, Throttle
from gui.transfer.network.wire import Course, Meter, Slice, Wire
from gui.transfer.offers import Plan, Target

#: Fresh URLs for parts by number; the whole, where there are none, is part 1.
Signer = Callable[[Sequence[int]], Mapping[int, Target]]
#: How often a request that fails in passing is tried before its file waits for better times.
ATTEMPTS = 6
#: How often a URL may be refused, or bytes be damaged on the way, before it is no accident.
TRIES = 3
_MD5 = re.compile(r"[0-9a-f]{32}\Z")
_XML = re.compile(r"<(Code|Message)>([^<]*)</")
_CHECKSUMS = frozenset({"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "InvalidDigest"})


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way by one plan.

    stored: etags of the parts that the store has, by number. content: all bytes of a file so small that it was read
    already. stored_part: told of each part that the store took, with number, etag and size, from several threads.
    """

    wire: Wire
    source: Path
    fingerprint: Fingerprint
    plan: Plan
    sign: Signer
    halt: Halt
    throttle: Throttle
    meter: Meter
    slots: Slots
    parts_at_a_time: int
    stored: Mapping[int, str]
    stored_part: Callable[[int, str, int], None]
    content: bytes | None = None

    @property
    def size(self) -> int:
        return self.fingerprint.size

    def course(self) -> Course:
        """For one request whose file bytes are hashed by MD5, which is how stores name them."""
        return Course(self.halt, self.throttle, self.meter, hashed=True)

    def request(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes | Slice, course: Course
    ) -> Answer:
        """One request to the store, in one of the places for connections; the file is the same before and after it.

        Raises what `Wire.request` raises, and SourceError.
        """
        self.slots.take(self.halt)
        try:
            check(self.source, self.fingerprint)
            answer = self.wire.request(method, target.url, {**target.headers, **headers}, body, course)
        finally:
            self.slots.free()
        if answer.ok:
            try:
                check(self.source, self.fingerprint)
            except BaseException:
                course.meter(-(body.length if isinstance(body, Slice) else len(body)))
                raise
        return answer

    def quiet(self) -> Course:
        """For a request that carries no bytes of the file."""
        return Course(self.halt)


@dataclass(frozen=True, slots=True)
class Sent:
    """etag: of the object these bytes make, computed here. parts: number and etag of all of them, where there are."""

    etag: str
    parts: tuple[tuple[int, str], ...] | None = None


def is_md5(etag: str | None) -> bool:
    """Whether an etag can be compared; stores that encrypt give others."""
    return etag is not None and _MD5.match(etag) is not None


def verify(answer: Answer) -> str:
    """The MD5 of what was sent. Raises Corrupted where the store names other bytes."""
    if is_md5(answer.etag) and answer.etag != answer.md5:
        raise Corrupted("The store has other bytes than were sent; something between here and there changes them.")
    return answer.md5


def refusal(answer: Answer) -> Broken | Corrupted | Refused | SessionLost:
    """What a store means by an answer that is no success."""
    said = dict(_XML.findall(answer.body[:4096].decode(errors="replace")))
    code = said.get("Code", "")
    if code in ("NoSuchUpload", "NoSuchKey") or answer.status in (404, 410):
        return SessionLost("The store does not know this upload any more.")
    if code in _CHECKSUMS:
        return Corrupted("Bytes were damaged on the way to the store.")
    if code in ("RequestTimeout", "IncompleteBody"):
        return Broken("The store stopped waiting for the bytes.")
    if answer.status == 507 or code == "XMinioStorageFull":
        text, type_ = "The appliance's disk is full.", "storage_full"
        return Refused(text, type_=type_, status=507)
    what = said.get("Message") or code or "without a word"
    return Refused(
        f"The store refused the bytes ({answer.status}: {what.rstrip('.')}).",
        type_="store_rejected" if answer.status < 500 else "store_unavailable",
        status=answer.status,
        retry_after=answer.retry_after,
    )
