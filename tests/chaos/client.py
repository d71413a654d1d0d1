"""One client: does what the schedule says by the appliance's API and signed URLs, and asks until it is answered."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from tests.chaos.bodies import BIG, Bodies
from tests.chaos.ledger import Ledger, Sent, Stand
from tests.chaos.schedule import Operation

_PAUSE_S = 0.2
#: Trouble that passes, says the appliance or the store.
_AGAIN = frozenset({429, 500, 502, 503, 504, 507})
#: What the store answers where its drive is not there, or one of two clocks is wrong.
_STORE_AGAIN = _AGAIN | {400, 403, 404}
_MOST_BIG = 2


class BrokenPromise(Exception):
    """An answer that no fault excuses; the text says which."""


@dataclass
class Client:
    """A context manager. patience_s: how long one request is repeated. most_live: files
    that it keeps. answered: 2xx answers by operation.

    Every call may be repeated safely, so after an answer that was lost the client asks the same again.
    """

    number: int
    api_url: str
    key: str
    ledger: Ledger
    bodies: Bodies
    patience_s: float = 120.0
    most_live: int = 40
    answered: Counter[str] = field(default_factory=Counter)
    bytes_sent: int = 0

    def __enter__(self) -> Self:
        limits: dict[str, Any] = {"timeout": httpx.Timeout(20, connect=3), "trust_env": False}
        self._api = httpx.Client(base_url=self.api_url, headers={"Authorization": f"Bearer {self.key}"}, **limits)
        self._store = httpx.Client(**limits)
        self._own: list[Sent] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.close()
        self._store.close()

    def run(self, round_number: int, operations: Iterable[Operation], pause_s: float) -> None:
        """One after another; a broken promise is noted, and the next operation begins."""
        for turn, operation in enumerate(operations):
            try:
                self._make_room()
                _OPERATIONS[operation.kind](self, f"{round_number}-{self.number}-{turn}", operation)
                self.answered[operation.kind] += 1
            except BrokenPromise as broken:
                self.ledger.breaks(f"round {round_number}, client {self.number}, {operation.kind}: {broken}")
            time.sleep(pause_s)

    def upload(self, name: str, operation: Operation) -> Sent:
        """Ask, send, and say that it is done where the schedule says so."""
        sent, body, asked = self._ask(name, operation)
        self._send(sent, body, asked)
        if operation.completes or asked["upload"]["protocol"] == "multipart":
            self._complete(sent)
        return sent

    def cancel(self, name: str, operation: Operation) -> Sent:
        """Ask, and give it up before a byte is sent."""
        sent, _, _ = self._ask(name, operation)
        self._end(sent, f"/upload/{sent.file_id}", Stand.CANCELLED)
        return sent

    def cancel_late(self, name: str, operation: Operation) -> Sent:
        """Give an upload up and use its URL nevertheless: the bytes must go again."""
        sent, body, asked = self._ask(name, operation)
        self._end(sent, f"/upload/{sent.file_id}", Stand.CANCELLED)
        self._insist("PUT after a cancel", lambda: self._put(asked, body), good={200, 412}, again=_STORE_AGAIN)
        return sent

    def twice(self, name: str, operation: Operation) -> Sent:
        """Use the URL of a stored file again: it stores once."""
        sent, body, asked = self._ask(name, operation)
        self._send(sent, body, asked)
        self._insist("the second PUT", lambda: self._put(asked, body), good={412}, again=_STORE_AGAIN)
        return sent

    def trash(self, name: str, operation: Operation) -> None:
        """Into the trash with one of the own files, if it has come so far."""
        sent = self._pick(operation, Stand.STORED)
        if sent is not None:
            self._complete(sent)
            self._end(sent, f"/delete/{sent.file_id}?trash=true", Stand.TRASHED)

    def delete(self, name: str, operation: Operation) -> None:
        """One of the own files for good, out of the trash or not."""
        sent = self._pick(operation, Stand.STORED, Stand.TRASHED)
        if sent is not None:
            self._end(sent, f"/delete/{sent.file_id}", Stand.DELETED)

    def restore(self, name: str, operation: Operation) -> None:
        """Out of the trash."""
        sent = self._pick(operation, Stand.TRASHED)
        if sent is not None:
            self.ledger.moves(sent)
            self._insist("a restore", lambda: self._api.post(f"/files/{sent.file_id}/restore"))
            self.ledger.moved(sent, Stand.STORED)

    def retag(self, name: str, operation: Operation) -> None:
        """Other tags."""
        sent = self._pick(operation, Stand.STORED, Stand.TRASHED)
        if sent is not None:
            sent.tags = (f"tag-{operation.seed % 7}", f"op-{name}")
            self._edit(sent, {"tags": list(sent.tags)})

    def move(self, name: str, operation: Operation) -> None:
        """Another folder."""
        sent = self._pick(operation, Stand.STORED, Stand.TRASHED)
        if sent is not None:
            sent.path = _folder(operation)
            self._edit(sent, {"path": sent.path})

    def read(self, name: str, operation: Operation) -> None:
        """The record of a file says what the client knows."""
        sent = self._pick(operation, Stand.STORED)
        if sent is None:
            return
        seen = self._insist("a read", lambda: self._api.get(f"/get/{sent.file_id}")).json()
        if seen["state"] in ("deleted", "trashed", "cancelled", "timed_out", "errored"):
            raise BrokenPromise(f"{sent.key} was stored and is {seen['state']}: {seen['error']}")
        if (tuple(seen["tags"]), seen["path"]) != (sent.tags, sent.path):
            raise BrokenPromise(f"{sent.key} has {seen['tags']} in {seen['path']}, not {sent.tags} in {sent.path}")

    def _ask(self, name: str, operation: Operation) -> tuple[Sent, bytes, dict[str, Any]]:
        ending, body = self.bodies.of(operation)
        digest = hashlib.sha256(body).hexdigest()
        sent = Sent(name, f"{name}-{ending}", operation.kind, len(body), digest, _folder(operation), ())
        self.ledger.add(sent)
        self._own.append(sent)
        request: dict[str, Any] = {
            "name": sent.name,
            "size": sent.size,
            "path": sent.path,
            "metadata": {"operation": name},
        }
        if operation.hashed:
            request["sha256"] = digest
        headers = {"Idempotency-Key": name}
        asked: dict[str, Any] = self._insist(
            "POST /upload", lambda: self._api.post("/upload", json=request, headers=headers)
        ).json()
        sent.file_id, sent.key, sent.link = asked["fileId"], asked["objectKey"], asked["videoUrl"]
        return sent, body, asked

    def _send(self, sent: Sent, body: bytes, asked: dict[str, Any]) -> None:
        self.ledger.moves(sent)
        plan = asked["upload"]
        if plan["protocol"] == "put":
            # 412: an earlier try was stored, and its answer was lost.
            self._insist("the PUT", lambda: self._put(asked, body), good={200, 412}, again=_STORE_AGAIN)
        else:
            for part in plan["parts"]:
                at = (part["number"] - 1) * plan["partSize"]
                self._send_part(sent, part, body[at : at + part["size"]])
        self.bytes_sent += len(body)
        if plan["protocol"] == "put":
            self.ledger.moved(sent, Stand.STORED)

    def _send_part(self, sent: Sent, part: dict[str, Any], body: bytes) -> None:
        self._insist(
            f"the PUT of part {part['number']}",
            lambda: self._store.put(part["url"], content=body, headers=part["headers"]),
            again=_STORE_AGAIN,
        )

    def _put(self, asked: Mapping[str, Any], body: bytes) -> httpx.Response:
        return self._store.put(asked["upload"]["url"], content=body, headers=asked["upload"]["headers"])

    def _complete(self, sent: Sent) -> None:
        self._insist("a complete", lambda: self._api.post(f"/upload/{sent.file_id}/complete"))
        if sent.stand is Stand.ASKED:
            self.ledger.moved(sent, Stand.STORED)

    def _end(self, sent: Sent, path: str, stand: Stand) -> None:
        self.ledger.moves(sent)
        self._insist(f"DELETE {path.partition('/')[2].partition('/')[0]}", lambda: self._api.delete(path), good={204})
        self.ledger.moved(sent, stand)

    def _edit(self, sent: Sent, change: dict[str, Any]) -> None:
        self._insist("a PATCH", lambda: self._api.patch(f"/files/{sent.file_id}", json=change))

    def _pick(self, operation: Operation, *stands: Stand) -> Sent | None:
        own = [one for one in self._own if one.stand in stands and not one.changing]
        return own[int(operation.pick * len(own))] if own else None

    def _make_room(self) -> None:
        """The disk is small: the oldest files go, for good."""
        self._own = [one for one in self._own if one.stand not in (Stand.DELETED, Stand.CANCELLED)]
        live = [one for one in self._own if not one.changing]
        big = [one for one in live if one.size > BIG]
        for sent in {id(one): one for one in [*live[: -self.most_live], *big[:-_MOST_BIG]]}.values():
            self._end(sent, f"/delete/{sent.file_id}", Stand.DELETED)

    def _insist(
        self,
        what: str,
        send: Callable[[], httpx.Response],
        good: Iterable[int] = (200, 201),
        again: frozenset[int] = _AGAIN,
    ) -> httpx.Response:
        """The answer that is good. Whatever a fault explains is asked again until the patience ends."""
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                answer = send()
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
            else:
                if answer.status_code in good:
                    return answer
                trouble = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in again:
                    raise BrokenPromise(f"{what} was answered {trouble}")
            if time.monotonic() > deadline:
                raise BrokenPromise(f"{what} had no good answer in {self.patience_s:g} s, last {trouble}")
            time.sleep(_PAUSE_S)


def _folder(operation: Operation) -> str:
    return ("", "a", "a/b", "c")[operation.seed % 4]


_OPERATIONS: Mapping[str, Callable[[Client, str, Operation], object]] = {
    "put": Client.upload,
    "picture": Client.upload,
    "film": Client.upload,
    "multipart": Client.upload,
    "cancel": Client.cancel,
    "cancel_late": Client.cancel_late,
    "twice": Client.twice,
    "trash": Client.trash,
    "restore": Client.restore,
    "delete": Client.delete,
    "retag": Client.retag,
    "move": Client.move,
    "read": Client.read,
}
