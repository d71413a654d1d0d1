"""Fetches one file: several ranges at a time, gone on with after a break, compared with the appliance's at the end."""

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from gui.transfer.client import ApplianceClient
from gui.transfer.downloads.partial import Partial
from gui.transfer.downloads.ranges import LinkEnded, RangeReader, Span
from gui.transfer.downloads.remote import RemoteFile
from gui.transfer.downloads.safe_names import safe_folder, safe_name
from gui.transfer.errors import Broken, Corrupted, Interrupted, Refused, shown
from gui.transfer.fingerprint import etag_of, sha256_of
from gui.transfer.halting import Halt
from gui.transfer.network.backoff import with_retries
from gui.transfer.network.throttle import Throttle
from gui.transfer.protocols.sending import is_md5

_ATTEMPTS = 5
_LINKS = 3
_MIB = 1024 * 1024
#: How the appliance parts an upload, and what other programs take that put files into its store directly.
_PART_SIZES = (5 * _MIB, 8 * _MIB, 16 * _MIB, 50 * _MIB, 64 * _MIB, 128 * _MIB)
_MOST_PARTS = 9000


class Proof(StrEnum):
    """How the bytes on this disk were compared with the appliance's.

    sha256: with the hash that the appliance verified. etag: with the store's MD5 of the bytes, or of its parts. size:
    by their number alone, each range having come from the object of the recorded etag.
    """

    SHA256 = "sha256"
    ETAG = "etag"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Fetched:
    """path: where the file is. present: it was there before, the same bytes, and nothing was fetched."""

    path: Path
    proof: Proof
    present: bool


@dataclass(frozen=True, slots=True)
class Fetching:
    """How one file is fetched.

    halt: of this try alone; requested here too, where one range fails for good. meter: told how many bytes came, and
    at the start how many were there from before. checking: told once all bytes are here and are compared.
    """

    halt: Halt
    throttle: Throttle
    ranges_at_a_time: int = 4
    meter: Callable[[int], None] = lambda count: None
    checking: Callable[[], None] = lambda: None


def target_of(file: RemoteFile, into: Path) -> Path:
    """Where a file goes below the place that a person chose; its name may get a number there."""
    return into / safe_folder(file.folder) / safe_name(file.name)


def fetch(client: ApplianceClient, file: RemoteFile, into: Path, how: Fetching) -> Fetched:
    """Return once the file is there under its name, whole and compared.

    What a try that fails has fetched stays beside the target, hidden, and is gone on with by the next one. Raises
    TransferError: Interrupted where `halt` was requested, TargetUnusable, Corrupted where the bytes are not those of
    the appliance's (what was fetched is thrown away then).
    """
    target = target_of(file, into)
    if target.is_file() and target.stat().st_size == file.size:
        proof = _compare(target, file, how.halt)
        if proof in (Proof.SHA256, Proof.ETAG):
            return Fetched(target, proof, present=True)
    current = RemoteFile.of(_record(client, file.file_id, how.halt), folder=file.folder)
    with Partial(target.parent, current.file_id, current.size, current.etag) as partial:
        how.meter(partial.received)
        _Ranges(client, current, partial, how).run()
        how.checking()
        proof = _compare(partial.path, current, how.halt)
        if proof is None:
            partial.discard()
            raise Corrupted(f"{shown(target)} came with other bytes than the appliance has; it was thrown away.")
        return Fetched(partial.finish(target), proof, present=False)


class _Ranges:
    """The ranges of one file, fetched by several threads. The link is asked for again where it ends meanwhile."""

    def __init__(self, client: ApplianceClient, file: RemoteFile, partial: Partial, how: Fetching) -> None:
        self._client = client
        self._file = file
        self._partial = partial
        self._how = how
        self._lock = threading.Lock()
        self._spans: Iterator[Span] = iter(partial.missing())
        self._error: BaseException | None = None
        self._url = ""
        self._links = 0

    def run(self) -> None:
        missing = self._partial.missing()
        if not missing:
            return
        self._renew("")
        count = min(self._how.ranges_at_a_time, len(missing))
        threads = [threading.Thread(target=self._work, name="range", daemon=True) for _ in range(count - 1)]
        for thread in threads:
            thread.start()
        self._work()
        for thread in threads:
            thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        reader = RangeReader(self._client.wire, self._how.halt, self._how.throttle)
        try:
            while (span := self._next()) is not None:
                self._fetch(reader, span)
                self._partial.done(span)
                self._links = 0
        except BaseException as error:
            with self._lock:
                if self._error is None or isinstance(self._error, Interrupted):
                    self._error = error
            self._how.halt.request()
        finally:
            reader.close()

    def _next(self) -> Span | None:
        with self._lock:
            return None if self._error is not None else next(self._spans, None)

    def _fetch(self, reader: RangeReader, span: Span) -> None:
        """One range, tried again where the network fails in passing; what came of it counts once."""
        came = 0

        def sink(at: int, data: bytes) -> None:
            nonlocal came
            self._partial.write(at, data)
            came += len(data)
            self._how.meter(len(data))

        def once() -> None:
            nonlocal came
            while True:
                url = self._url
                try:
                    return reader.read(url, span, self._file.etag, sink)
                except LinkEnded:
                    self._renew(url)
                finally:
                    if came != span.length:
                        self._how.meter(-came)
                        came = 0

        with_retries(once, self._how.halt, attempts=_ATTEMPTS)

    def _renew(self, ended: str) -> None:
        """A link that works now; by one thread for all. Refused where the file is gone or another one."""
        with self._lock:
            if self._url != ended:
                return
            if self._links >= _LINKS:
                raise Broken("The server of links does not serve the file at the moment.")
            self._links += 1
            record = _record(self._client, self._file.file_id, self._how.halt)
            if (record["size"], record["etag"]) != (self._file.size, self._file.etag):
                raise Refused("The file changed on the appliance while it was fetched.", type_="changed", status=409)
            self._url = str(record["links"]["url"])


def _record(client: ApplianceClient, file_id: str, halt: Halt) -> dict[str, Any]:
    record = client.within(halt).get(file_id)
    if not record["links"]["url"]:
        raise Refused(
            f"{record['name']} cannot be fetched: it is {record['state'].replace('_', ' ')}, or the key may not read.",
            type_="conflict",
            status=409,
        )
    return record


def _compare(path: Path, file: RemoteFile, halt: Halt) -> Proof | None:
    """By the strongest that the record offers; None where the bytes are others."""
    if path.stat().st_size != file.size:
        return None
    if file.sha256:
        return Proof.SHA256 if sha256_of(path, halt) == file.sha256 else None
    if file.etag is None:
        return Proof.SIZE
    digest, _, parts = file.etag.partition("-")
    if not is_md5(digest):
        return Proof.SIZE
    if not parts:
        return Proof.ETAG if etag_of(path, file.size, None, halt) == file.etag else None
    for part_size in _part_sizes(file.size, int(parts) if parts.isdigit() else 0):
        if etag_of(path, file.size, part_size, halt) == file.etag:
            return Proof.ETAG
    # Parts of a size that we do not guess: no sign that something is wrong.
    return Proof.SIZE


def _part_sizes(size: int, count: int) -> list[int]:
    """Part sizes that would make so many parts, the appliance's own first."""
    own = max(16 * _MIB, math.ceil(math.ceil(size / _MOST_PARTS) / _MIB) * _MIB)
    return [one for one in dict.fromkeys((own, *_PART_SIZES)) if math.ceil(size / one) == count]
