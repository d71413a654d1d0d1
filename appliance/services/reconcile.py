"""Finds what no event told of: compares the bucket with the catalog in both directions, and ends what ran out."""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, fields

from appliance.catalog.catalog import Catalog
from appliance.catalog.listing import Holding
from appliance.domain.files import DEAD, STORED, FileRecord, State
from appliance.domain.keys import PREFIXES, ObjectKey
from appliance.domain.renditions import generation_prefix
from appliance.domain.uploads import TRASH_SECONDS
from appliance.ports.clock import Clock
from appliance.ports.object_store import ObjectInfo, ObjectStore
from appliance.services.stored import stored
from appliance.services.worker import SECOND

_NAME = "reconcile"
_LEASE_US = 60 * SECOND
_DAY_US = 24 * 3600 * SECOND
_KEEP_INBOX_US = 7 * _DAY_US
_KEEP_CHANGES_US = 30 * _DAY_US
_KEEP_IDEMPOTENCY_US = _DAY_US
_PAGE = 1000
_OVERDUE = 500
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What one run found and did, in numbers. objects, records: how many of each were compared.

    announced: objects that are new to the catalog, or other than it says, or of deleted files: the services look at
    them now. vanished: files whose object somebody removed. quarantined: objects under keys of no good shape.
    timed_out: upload sessions that ran out. purged: files that were in the trash for 30 days.
    superseded: sets of renditions that newer ones replaced a day ago, or that were never finished.
    ran: False where another process is at it; nothing was done then.
    """

    ran: bool = True
    objects: int = 0
    records: int = 0
    announced: int = 0
    vanished: int = 0
    quarantined: int = 0
    timed_out: int = 0
    purged: int = 0
    superseded: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self) if field.name != "ran")


class Reconcile:
    """One run at a time over all processes. What a run that died left undone, the next one does; memory stays flat.

    Nothing is concluded from a listing alone: an object that seems to be gone is asked for by HEAD, one that seems to
    be new goes the way of an event.
    """

    def __init__(self, catalog: Catalog, store: ObjectStore, clock: Clock) -> None:
        self._catalog = catalog
        self._store = store
        self._clock = clock
        self._holder = secrets.token_hex(8)

    def run(self) -> Report:
        """Compare everything once. Raises StoreUnavailable or CatalogBusy; what was found until then is kept."""
        report = Report()
        if not self._keep_lease():
            report.ran = False
            return report
        try:
            for prefix in PREFIXES.values():
                self._compare(f"{prefix}/", report)
            self._end_sessions(report)
            self._empty_trash(report)
            self._drop_generations(report)
            self._prune()
        finally:
            self._catalog.leases.release(_NAME, self._holder)
        if report.announced or report.vanished or report.timed_out or report.purged or report.superseded:
            _log.info("bucket and catalog compared: %s", report)
        return report

    def _compare(self, prefix: str, report: Report) -> None:
        found: list[ObjectInfo] = []
        for info, holding in _side_by_side(self._objects(prefix), self._holdings(prefix)):
            report.objects += info is not None
            report.records += holding is not None
            if info is None:
                if holding is not None and holding.state in STORED | {State.TRASHED}:
                    report.vanished += self._confirm_gone(holding)
            elif ObjectKey.parse(info.key) is None:
                self._quarantine(info)
                report.quarantined += 1
            elif holding is None or holding.state in DEAD or holding.etag != info.etag:
                found.append(info)
            if len(found) >= _PAGE:
                report.announced += self._announce(found)
                found = []
        report.announced += self._announce(found)

    def _objects(self, prefix: str) -> Iterator[ObjectInfo]:
        for number, info in enumerate(self._store.list(prefix)):
            if number % _PAGE == 0:
                self._keep_lease()
            yield info

    def _holdings(self, prefix: str) -> Iterator[Holding]:
        after = ""
        while page := self._catalog.listing.holdings(prefix, after=after, limit=_PAGE):
            yield from page
            after = page[-1].object_key

    def _announce(self, found: list[ObjectInfo]) -> int:
        return self._catalog.inbox.announce_objects(found, now=self._clock()) if found else 0

    def _confirm_gone(self, holding: Holding) -> bool:
        if stored(self._store, holding.object_key) is not None:
            return False
        return self._catalog.lifecycle.vanished(holding.file_id, now=self._clock())

    def _end_sessions(self, report: Report) -> None:
        while overdue := self._catalog.lifecycle.overdue(now=self._clock(), limit=_OVERDUE):
            self._keep_lease()
            late = [info for record in overdue if (info := self._end_session(record)) is not None]
            report.announced += self._announce(late)
            report.timed_out += len(overdue) - len(late)
            if late:
                # These stay overdue until the services have looked at them.
                return

    def _end_session(self, record: FileRecord) -> ObjectInfo | None:
        """Time a session out, unless its bytes are there after all: then what is there."""
        info = stored(self._store, record.object_key)
        if info is None:
            self._catalog.lifecycle.time_out(record, now=self._clock())
        return info

    def _empty_trash(self, report: Report) -> None:
        before = self._clock() - TRASH_SECONDS * SECOND
        while trashed := self._catalog.lifecycle.trashed(before=before, limit=_PAGE):
            self._keep_lease()
            for record in trashed:
                self._catalog.lifecycle.delete(record.tenant_id, record.file_id, now=self._clock())
            report.purged += len(trashed)

    def _drop_generations(self, report: Report) -> None:
        """Remove what nobody plays any more. A day is longer than any film that somebody may still be watching."""
        while left := self._catalog.generations.superseded(before=self._clock() - _DAY_US, limit=_OVERDUE):
            self._keep_lease()
            for one in left:
                self._store.delete_prefix(generation_prefix(one.tenant_id, one.file_id, one.number))
                self._catalog.generations.forget(one.file_id, one.number)
            report.superseded += len(left)

    def _prune(self) -> None:
        now = self._clock()
        self._catalog.inbox.forget(before=now - _KEEP_INBOX_US)
        self._catalog.changes.forget(before=now - _KEEP_CHANGES_US)
        self._catalog.files.forget_idempotency(before=now - _KEEP_IDEMPOTENCY_US)
        self._catalog.pairings.forget(before=now)

    def _quarantine(self, info: ObjectInfo) -> None:
        reason = "an object under a key that has no shape of ours"
        body = f"{info.size} bytes, etag {info.etag}"
        self._catalog.quarantine.put(_NAME, reason, body=body, object_key=info.key, now=self._clock())

    def _keep_lease(self) -> bool:
        now = self._clock()
        return self._catalog.leases.take(_NAME, self._holder, now=now, until=now + _LEASE_US)


def _side_by_side(
    objects: Iterator[ObjectInfo], holdings: Iterator[Holding]
) -> Iterator[tuple[ObjectInfo | None, Holding | None]]:
    """Both sides by key, in pairs where both have it."""
    info, holding = next(objects, None), next(holdings, None)
    while info is not None or holding is not None:
        if holding is None or (info is not None and info.key < holding.object_key):
            yield info, None
            info = next(objects, None)
        elif info is None or holding.object_key < info.key:
            yield None, holding
            holding = next(holdings, None)
        else:
            yield info, holding
            info, holding = next(objects, None), next(holdings, None)
