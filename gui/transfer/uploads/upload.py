"""One file from its place on disk to a record of the appliance, as often as it takes."""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gui.transfer import fingerprint
from gui.transfer.client import ApplianceClient, wish
from gui.transfer.errors import Corrupted, Refused, SessionLost, SourceChanged
from gui.transfer.fingerprint import Fingerprint
from gui.transfer.halting import Halt
from gui.transfer.network.throttle import Slots, Throttle
from gui.transfer.offers import Offer, Plan, Record, Session
from gui.transfer.protocols.sending import Sending, Sent, is_md5
from gui.transfer.protocols.table import send
from gui.transfer.transfers import Links, State
from gui.transfer.uploads import duplicates
from gui.transfer.uploads.board import Board, now_us
from gui.transfer.uploads.journal import Journal
from gui.transfer.uploads.rows import Row

#: Up to here a file is read once, hashed and sent from memory.
INLINE_BYTES = 1024 * 1024
API_ATTEMPTS = 4
_STORED = frozenset({"uploaded", "processing", "ready", "errored", "trashed"})
_TIMES = 3


@dataclass(frozen=True, slots=True)
class Tools:
    """What all uploads of an engine share."""

    board: Board
    journal: Journal
    throttle: Throttle
    slots: Slots
    parts_at_a_time: Callable[[], int]


class Upload:
    """One try. `store_url` tells where bytes go while they go. Raises TransferError."""

    def __init__(self, tools: Tools, row: Row, client: ApplianceClient, halt: Halt) -> None:
        self._tools = tools
        self._board = tools.board
        self._row = row
        self._client = client.within(halt, API_ATTEMPTS)
        self._halt = halt
        self._content: bytes | None = None
        self.store_url = ""

    def run(self) -> None:
        """Returns once the row is done."""
        now = self._look()
        row = self._row
        if row.file_id is not None and not now.same_file(row.fingerprint):
            self.begin_anew()
        self._board.change(row, size=now.size, mtime_ns=now.mtime_ns, ends=now.ends, sent=0)
        for lost in range(_TIMES):
            try:
                self._try()
                return
            except SessionLost:
                # Given up by its time limit or by somebody else: another one, unless the file has arrived by it.
                self._board.change(row, sent=0, state=State.PREPARING)
                if row.file_id is not None and (lost or not self._stands(row.file_id)):
                    self.begin_anew()
        raise SourceChanged("The store lost the upload several times.")

    def begin_anew(self) -> None:
        """Leave the session that there is; the next one has nothing to do with it."""
        self._board.start_over(self._row, str(uuid.uuid4()))

    def _stands(self, file_id: str) -> bool:
        """Whether the appliance still wants this upload, or has it."""
        return self._client.session(file_id).state in ("waiting", *_STORED)

    def _look(self) -> Fingerprint:
        quick = fingerprint.look(self._row.source)
        if quick.size > INLINE_BYTES:
            return fingerprint.take(self._row.source)
        self._content = fingerprint.content(self._row.source, quick)
        return quick

    def _try(self) -> None:
        row = self._row
        if row.file_id is not None:
            self._go_on(self._client.session(row.file_id))
            return
        if self._content is None and (record := duplicates.find(self._client, row, self._halt)) is not None:
            self._done(record, duplicate=True, verified=True)
            return
        sha256 = hashlib.sha256(self._content).hexdigest() if self._content is not None else None
        offer = self._ask(sha256)
        self._board.change(row, file_id=offer.file_id, links=offer.links)
        if offer.plan is not None:
            self._send(offer.plan, {})
        elif sha256 is not None and offer.record["sha256Verified"] and offer.record["sha256"] == sha256:
            self._done(offer.record, duplicate=True, verified=True)
        else:
            # The answer to an earlier wish with this key was lost, and its bytes have arrived.
            self._compare(offer.record, self._client.session(offer.file_id).part_size)

    def _ask(self, sha256: str | None) -> Offer:
        row = self._row
        wanted = wish(
            row.source, row.size, name=row.name, folder=row.folder, tags=row.tags, private=row.private,
            metadata=row.metadata, sha256=sha256,
        )  # fmt: skip
        try:
            return self._client.request_upload(wanted, row.key)
        except Refused as error:
            if error.type not in ("idempotency_mismatch", "conflict"):
                raise
            # What this key stood for is gone, or was another file: ask as if for the first time.
            self.begin_anew()
            return self._client.request_upload(wanted, row.key)

    def _go_on(self, session: Session) -> None:
        """Where an earlier run, or an earlier process, was interrupted."""
        row = self._row
        if session.state in _STORED:
            self._compare(self._client.get(session.file_id), session.part_size)
            return
        if session.state != "waiting" or session.part_size is None:
            self.begin_anew()
            self._try()
            return
        stored = self._trusted(session)
        plan = session.plan
        if session.parts and (plan is None or plan.protocol == "multipart"):
            count = -(-row.size // session.part_size)
            parts = plan.parts if plan is not None else {}
            plan = Plan("multipart", None, "PUT", {}, session.part_size, count, parts, "")
        if plan is None:
            # All is there, and nobody has told the appliance.
            self._compare(self._client.complete(session.file_id, Sent("")), session.part_size)
            return
        self._send(plan, stored)

    def _trusted(self, session: Session) -> dict[int, str]:
        """Parts that the store has and that are ours: on record here, or equal to what is in the file."""
        row, size = self._row, session.part_size or 0
        known = self._tools.journal.parts(row.id)
        trusted = {}
        for part in session.parts:
            offset = (part.number - 1) * size
            if part.size != min(size, row.size - offset):
                continue
            same = known.get(part.number) == part.etag
            if not same and is_md5(part.etag):
                same = fingerprint.md5_of(row.source, offset, part.size, self._halt) == part.etag
            if same:
                trusted[part.number] = part.etag
                self._board.moved(row, part.size)
        return trusted

    def _send(self, plan: Plan, stored: Mapping[int, str]) -> None:
        row, file_id, tools = self._row, self._row.file_id, self._tools
        assert file_id is not None
        self._board.change(row, state=State.SENDING)
        first = plan.target or next(iter(plan.parts.values()), None)
        self.store_url = first.url if first else ""
        sent = send(
            Sending(
                wire=self._client.wire, source=row.source, fingerprint=row.fingerprint, plan=plan,
                sign=self._client.signer(file_id, plan), halt=self._halt, throttle=tools.throttle,
                meter=lambda count: self._board.moved(row, count), slots=tools.slots,
                parts_at_a_time=tools.parts_at_a_time(), stored=stored,
                stored_part=lambda number, etag, size: self._note(plan, number, etag), content=self._content,
            )
        )  # fmt: skip
        self.store_url = ""
        self._finish(file_id, sent)

    def _note(self, plan: Plan, number: int, etag: str) -> None:
        if plan.protocol == "multipart":
            self._board.note_part(self._row, number, etag)

    def _finish(self, file_id: str, sent: Sent) -> None:
        row = self._row
        self._board.change(row, state=State.FINISHING, sent=row.size, etag_sent=sent.etag or None)
        if self._content is None and fingerprint.take(row.source) != row.fingerprint:
            raise SourceChanged("The file changed while it was sent.")
        try:
            record = self._client.complete(file_id, sent)
        except Refused as error:
            if error.type == "conflict" and not self._stands(file_id):
                raise SessionLost("The upload was given up meanwhile.") from error
            raise
        self._accept(record)

    def _compare(self, record: Record, part_size: int | None) -> None:
        """The appliance has the file, and how it got there is forgotten here."""
        row = self._row
        parts = part_size if "-" in str(record["etag"]) else None
        etag = fingerprint.etag_of(row.source, row.size, parts, self._halt)
        self._board.change(row, etag_sent=etag, sent=row.size)
        self._accept(record)

    def _accept(self, record: Record) -> None:
        etag, sent = record["etag"], self._row.etag_sent
        comparable = is_md5(str(etag).partition("-")[0]) and sent is not None
        if comparable and etag != sent:
            raise Corrupted("The appliance has other bytes under this link than were sent.")
        self._done(record, duplicate=False, verified=comparable)

    def _done(self, record: Record, *, duplicate: bool, verified: bool) -> None:
        row = self._row
        self._board.change(
            row, state=State.DONE, reason="", problem="", file_id=record["fileId"], file_state=record["state"],
            links=Links.of(record), duplicate=duplicate, verified=verified, etag=record["etag"], sent=row.size,
            finished_at=now_us(), halt=None, restarts=0,
        )  # fmt: skip
