"""Small pictures of an appliance's files, fetched by a few threads and kept on disk."""

import hashlib
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gui.transfer.client import ApplianceClient
from gui.transfer.errors import Interrupted, TransferError
from gui.transfer.halting import Halt
from gui.transfer.library.files import LibraryFile
from gui.transfer.network.wire import Course

_THREADS = 4
_MOST_WANTED = 300
_TOKEN = re.compile(r"/t/[^/]+/")
_GONE = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file's picture, of one of several appliances."""

    connection: str
    file: LibraryFile

    @property
    def name(self) -> str:
        """The same as long as the picture is: its link without the token."""
        return picture_name(self.file)


def picture_name(file: LibraryFile) -> str:
    """What identifies a file's picture, '' where it has none."""
    return _TOKEN.sub("/", file.thumbnail, count=1)


class PictureStore:
    """`want` returns at once; `arrived` is called later, on one of the threads, with the name and the bytes.

    What was wanted last comes first, and what was wanted long ago and has not begun is forgotten: nobody looks at it
    any more. Pictures that cannot be had are not told of, and are asked for again when they are wanted again. On disk
    `limit` bytes are kept, the oldest go first.
    """

    def __init__(
        self,
        clients: Callable[[str], ApplianceClient],
        folder: Path,
        arrived: Callable[[str, bytes], None],
        *,
        limit: int = 300 * 1024 * 1024,
    ) -> None:
        self._clients = clients
        self._folder = folder
        self._arrived = arrived
        self._limit = limit
        self._changed = threading.Condition()
        self._wanted: OrderedDict[str, Wanted] = OrderedDict()
        self._at_work: set[str] = set()
        self._halt = Halt()
        self._threads: list[threading.Thread] = []

    def want(self, wanted: Wanted) -> None:
        """Nothing happens where it has no picture, or is on its way."""
        name = wanted.name
        if not name or self._halt.requested:
            return
        with self._changed:
            if name in self._at_work:
                return
            self._wanted[name] = wanted
            self._wanted.move_to_end(name)
            while len(self._wanted) > _MOST_WANTED:
                self._wanted.popitem(last=False)
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._work, args=(number,), name="picture", daemon=True)
                    for number in range(_THREADS)
                ]
                for thread in self._threads:
                    thread.start()
            self._changed.notify()

    def close(self, timeout_s: float = 2.0) -> None:
        """Nothing arrives any more. Idempotent."""
        self._halt.request()
        with self._changed:
            self._wanted.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout_s)

    def _work(self, number: int) -> None:
        if number == 0:
            self._prune()
        while (wanted := self._take()) is not None:
            name = wanted.name
            try:
                data = self._read(name) or self._fetch(wanted)
            except Interrupted:
                return
            except TransferError:
                data = b""
            with self._changed:
                self._at_work.discard(name)
            if data and not self._halt.requested:
                self._arrived(name, data)

    def _take(self) -> Wanted | None:
        with self._changed:
            while not self._halt.requested:
                if self._wanted:
                    name, wanted = self._wanted.popitem()
                    self._at_work.add(name)
                    return wanted
                self._changed.wait()
            return None

    def _fetch(self, wanted: Wanted) -> bytes:
        client = self._clients(wanted.connection).within(self._halt, attempts=1)
        answer = client.wire.request("GET", wanted.file.thumbnail, {}, course=Course(self._halt), answer_s=20.0)
        if answer.status in _GONE:
            # The token of a private file's link ends.
            fresh = LibraryFile.of(client.get(wanted.file.file_id))
            if not fresh.thumbnail or fresh.thumbnail == wanted.file.thumbnail:
                return b""
            answer = client.wire.request("GET", fresh.thumbnail, {}, course=Course(self._halt), answer_s=20.0)
        if not answer.ok:
            return b""
        self._write(wanted.name, answer.body)
        return answer.body

    def _path(self, name: str) -> Path:
        digest = hashlib.sha256(name.encode()).hexdigest()
        return self._folder / digest[:2] / digest[2:34]

    def _read(self, name: str) -> bytes:
        with suppress(OSError):
            return self._path(name).read_bytes()
        return b""

    def _write(self, name: str, data: bytes) -> None:
        """A disk that does not take it costs a fetch the next time."""
        path = self._path(name)
        draft = path.with_name(f".{path.name}.{threading.get_ident()}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            draft.replace(path)

    def _prune(self) -> None:
        """Down to four fifths of the limit, so that it need not be done at each start."""
        known = []
        with suppress(OSError):
            known = [(path.stat(), path) for path in self._folder.glob("??/*")]
        total = sum(status.st_size for status, _ in known)
        if total <= self._limit:
            return
        for status, path in sorted(known, key=lambda one: one[0].st_mtime):
            if total <= self._limit * 4 // 5:
                return
            with suppress(OSError):
                path.unlink()
            total -= status.st_size
