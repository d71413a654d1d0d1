"""The appliance as a client sees it: ask for an upload, send the bytes straight to storage, read the records."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gui.transfer.api import Api
from gui.transfer.credentials import Credentials
from gui.transfer.errors import Refused, SessionLost, TransferError, Unreachable
from gui.transfer.fingerprint import look, sha256_of
from gui.transfer.halting import Halt
from gui.transfer.names import text_of
from gui.transfer.network.throttle import Slots, Throttle
from gui.transfer.offers import Account, Changes, Offer, Page, Plan, Record, Session, Share, Target, targets
from gui.transfer.protocols.sending import Sending, Sent
from gui.transfer.protocols.table import send

__all__ = ["ApplianceClient", "Credentials", "Uploaded"]

#: Up to here hashing is quick, the store checks the bytes against the hash, and a repeat finds the file it repeats.
HASHED_BYTES = 64 * 1024 * 1024
URLS_PER_CALL = 100
PARTS_AT_A_TIME = 4
_FINAL = frozenset({"ready", "errored", "cancelled", "timed_out", "trashed", "deleted"})


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One file that storage has. video_url: the permanent link, of every kind of file.

    duplicate: the appliance had the same bytes under that name and folder already, and nothing was sent.
    """

    file_id: str
    video_url: str
    page: str
    duplicate: bool


class ApplianceClient(Api):
    """Safe to use from several threads. A context manager; `close` ends its connections.

    Every method raises Unreachable where there is no answer, and Refused with the appliance's sentence where it says
    no.

        with ApplianceClient(Credentials.find()) as client:
            sent = client.upload(Path("film.mp4"), folder="show/day 1")
            print(sent.video_url)
            for record in client.all_files(q="film"):
                print(record["name"], record["state"])
    """

    def upload(
        self,
        source: Path,
        *,
        folder: str = "",
        tags: Sequence[str] = (),
        private: bool = False,
        progress: Callable[[int], None] = lambda count: None,
    ) -> Uploaded:
        """Send one file; returns once storage has it and the appliance knows.

        progress: told how many further bytes were sent, from several threads; negative where a try failed and begins
        anew. What was begun and fails is cancelled, so that it takes no quota. Raises TransferError.
        """
        fingerprint = look(source)
        sha256 = sha256_of(source, self._halt) if fingerprint.size < HASHED_BYTES else None
        wanted = wish(source, fingerprint.size, folder=folder, tags=tags, private=private, sha256=sha256)
        offer = self.request_upload(wanted, str(uuid.uuid4()))
        result = Uploaded(offer.file_id, offer.links.video_url, offer.links.page or "", offer.plan is None)
        if offer.plan is not None:
            sending = Sending(
                wire=self.wire, source=source, fingerprint=fingerprint, plan=offer.plan,
                sign=self.signer(offer.file_id, offer.plan), halt=self._halt, throttle=Throttle(), meter=progress,
                slots=Slots(PARTS_AT_A_TIME), parts_at_a_time=PARTS_AT_A_TIME, stored={},
                stored_part=lambda number, etag, size: None,
            )  # fmt: skip
            try:
                self.complete(offer.file_id, send(sending))
            except BaseException:
                self._give_up(offer.file_id)
                raise
        return result

    def me(self) -> Account:
        """The key, its tenant, quota and use, and what is free."""
        return Account.of(self.call("GET", "/me"))

    def request_upload(self, wanted: Mapping[str, Any], idempotency_key: str) -> Offer:
        """`POST /upload` with what `wish` makes; a repeat with the same key is answered with the same file."""
        return Offer.of(self.call("POST", "/upload", wanted, headers={"Idempotency-Key": idempotency_key}))

    def session(self, file_id: str) -> Session:
        """How an upload stands, with fresh URLs for what is missing."""
        return Session.of(self.call("GET", f"/upload/{file_id}"))

    def sign_parts(self, file_id: str, numbers: Sequence[int]) -> dict[int, Target]:
        """Fresh URLs for up to 100 parts."""
        answer = self.call("POST", f"/upload/{file_id}/parts", {"numbers": list(numbers[:URLS_PER_CALL])})
        return targets(answer["parts"])

    def signer(self, file_id: str, plan: Plan) -> Callable[[Sequence[int]], Mapping[int, Target]]:
        """What signs anew for this upload. Its answers raise SessionLost where nothing is to be sent any more."""

        def sign(numbers: Sequence[int]) -> Mapping[int, Target]:
            if plan.protocol == "multipart":
                return self.sign_parts(file_id, numbers)
            fresh = self.session(file_id).plan
            if fresh is None or fresh.target is None:
                raise SessionLost("Nothing more is to be sent for this upload.")
            return {1: fresh.target}

        return sign

    def complete(self, file_id: str, sent: Sent) -> Record:
        """Say that all bytes are there; the file's record. Idempotent. Refused `conflict` where they are others."""
        parts = None if sent.parts is None else [{"number": number, "etag": etag} for number, etag in sent.parts]
        return self.call("POST", f"/upload/{file_id}/complete", {} if parts is None else {"parts": parts})

    def cancel(self, file_id: str) -> None:
        """Give an upload up. Idempotent; Refused `conflict` once the bytes are there."""
        self.call("DELETE", f"/upload/{file_id}")

    def get(self, file_id: str) -> Record:
        """The file's record, as `GET /get/{fileId}` answers it."""
        return self.call("GET", f"/get/{file_id}")

    def files(
        self,
        *,
        q: str = "",
        path: str | None = None,
        kind: str | None = None,
        tags: Sequence[str] = (),
        states: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        """One page of files, newest first. path: that folder alone, with its subfolders; None: everywhere."""
        query = [("q", q)] if q else []
        query += [("path", path)] if path is not None else []
        query += [("kind", kind)] if kind else []
        query += [("cursor", cursor)] if cursor else []
        query += [("tag", tag) for tag in tags] + [("state", state) for state in states]
        query += [(f"metadata.{name}", value) for name, value in (metadata or {}).items()]
        return Page.of(self.call("GET", "/files", query=[*query, ("limit", str(limit))]))

    def all_files(self, **wanted: Any) -> Iterator[Record]:
        """Every file that `files` finds, page by page."""
        page = self.files(**wanted)
        yield from page.items
        while page.next is not None:
            page = self.files(**wanted, cursor=page.next)
            yield from page.items

    def changes(self, since: str = "", *, wait: float = 0.0) -> Changes:
        """What happened since a cursor ('': from now on), oldest first; waits up to `wait` seconds (30 at most).

        Refused `gone` for a cursor that is too old: list the files anew.
        """
        query = [("since", since)] if since else []
        return Changes.of(self.call("GET", "/changes", query=[*query, ("wait", f"{wait:g}")]))

    def edit(self, file_id: str, **changes: Any) -> Record:
        """Change title, tags, path, metadata or visibility, as `PATCH /files/{fileId}` takes them; the record."""
        return self.call("PATCH", f"/files/{file_id}", changes)

    def trash(self, file_id: str) -> None:
        """Into the trash, restorable for 30 days. Idempotent."""
        self.call("DELETE", f"/delete/{file_id}", query=[("trash", "true")])

    def restore(self, file_id: str) -> Record:
        """Out of the trash, as it was. Idempotent."""
        return self.call("POST", f"/files/{file_id}/restore")

    def share(
        self,
        *,
        file_ids: Sequence[str] | None = None,
        path: str | None = None,
        title: str | None = None,
        expires_at: str | None = None,
        password: str | None = None,
        download: bool = True,
    ) -> Share:
        """A page for people without a key: of files, or of a folder. expires_at: RFC 3339."""
        body = {
            "fileIds": None if file_ids is None else list(file_ids), "path": path, "title": title,
            "expiresAt": expires_at, "password": password,
        }  # fmt: skip
        given = {name: value for name, value in body.items() if value is not None}
        return Share.of(self.call("POST", "/shares", {**given, "download": download}))

    def download_url(self, file_id: str) -> str:
        """A link that works now and serves the original under its name. Refused `conflict` where there is none."""
        url = self.get(file_id)["links"]["download"]
        if url is None:
            raise Refused("The file has no bytes to be downloaded.", type_="conflict", status=409)
        return str(url)

    def wait_until_final(self, file_id: str, *, timeout_s: float = 3600.0) -> Record:
        """The record once nothing more will happen to it by itself; Unreachable after the time-out."""
        deadline = time.monotonic() + timeout_s
        pause_s = 0.1
        while (record := self.get(file_id))["state"] not in _FINAL:
            if time.monotonic() > deadline:
                raise Unreachable(f"The file is still {record['state']} after {timeout_s:g} s.")
            self._halt.sleep(pause_s)
            pause_s = min(2.0, pause_s * 1.5)
        return record

    def _give_up(self, file_id: str) -> None:
        """Free what was reserved; where that fails too, the appliance does it when the session ends."""
        try:
            self.within(Halt(), attempts=1).cancel(file_id)
        except TransferError:
            return


def wish(
    source: Path,
    size: int,
    *,
    name: str | None = None,
    folder: str = "",
    tags: Sequence[str] = (),
    private: bool = False,
    metadata: Mapping[str, str] | None = None,
    sha256: str | None = None,
) -> dict[str, Any]:
    """The body of `POST /upload`. A name need not be UTF-8 on this disk; it must be in JSON."""
    body: dict[str, Any] = {
        "name": name or text_of(source.name),
        "size": size,
        "path": folder,
        "tags": list(tags),
        "metadata": dict(metadata or {}),
    }
    if private:
        body["visibility"] = "private"
    return body if sha256 is None else {**body, "sha256": sha256}
