"""The catalog as a whole: opened once per process, handed to web and services."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.catalog.access import AccessKeys, Pairings
from appliance.catalog.accounting import Accounting
from appliance.catalog.alarms import Alarms
from appliance.catalog.captions import Captions
from appliance.catalog.changes import Changes
from appliance.catalog.connection import Database
from appliance.catalog.files import Files
from appliance.catalog.generations import Generations
from appliance.catalog.inbox import Inbox
from appliance.catalog.jobs import Jobs
from appliance.catalog.leases import Leases
from appliance.catalog.lifecycle import Lifecycle
from appliance.catalog.listing import Listing
from appliance.catalog.migrations import migrate
from appliance.catalog.production import Production
from appliance.catalog.quarantine import Quarantine
from appliance.catalog.queue import Queue
from appliance.catalog.retention import Retention
from appliance.catalog.search import SearchIndex
from appliance.catalog.sessions import BrowserSessions
from appliance.catalog.shares import Shares
from appliance.catalog.tenants import Tenants
from appliance.catalog.transitions import Transitions
from appliance.catalog.workers import WorkerBeats
from appliance.domain.errors import SetupError
from appliance.domain.events import EventType
from appliance.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables, by what they are for. All of it may be used from any thread."""

    db: Database
    tenants: Tenants
    keys: AccessKeys
    pairings: Pairings
    sessions: BrowserSessions
    shares: Shares
    files: Files
    lifecycle: Lifecycle
    production: Production
    generations: Generations
    captions: Captions
    listing: Listing
    changes: Changes
    inbox: Inbox
    queue: Queue
    jobs: Jobs
    quarantine: Quarantine
    leases: Leases
    workers: WorkerBeats
    alarms: Alarms
    retention: Retention

    def check(self) -> None:
        """CatalogBusy where the database does not answer."""
        self.db.query_value("SELECT 1")

    def sqlite_version(self) -> str:
        """Of the library that reads and writes this catalog."""
        return str(self.db.query_value("SELECT sqlite_version()"))

    def close(self) -> None:
        """Finish writes under way and close. Idempotent."""
        self.db.close()


def open_catalog(url: str, clock: Clock, *, queues: Mapping[str, Collection[EventType]]) -> Catalog:
    """Open and migrate the catalog at a database URL (`sqlite:////path`).

    queues: services whose queues are tables in here, and the events they subscribe to; none where the event bus is
    outside.
    Raises CatalogTooNew, or SetupError where the folder is missing or not writable.
    """
    if url.startswith("sqlite:///"):
        _prepare_file(Path(url.removeprefix("sqlite:///")))
    db = Database(url)
    migrate(db.orm, clock)
    db.start()
    accounting = Accounting(db)
    search = SearchIndex(db)
    files = Files(db, accounting, search)
    jobs = Jobs(db)
    queue = Queue(db, jobs, queues)
    inbox = Inbox(db, queue)
    keys = AccessKeys(db)
    generations = Generations(db)
    transitions = Transitions(db, files, accounting, search)
    lifecycle = Lifecycle(db, files, accounting, transitions, generations, inbox)
    return Catalog(
        db=db,
        tenants=Tenants(db),
        keys=keys,
        pairings=Pairings(db, keys),
        sessions=BrowserSessions(db),
        shares=Shares(db),
        files=files,
        lifecycle=lifecycle,
        production=Production(db, files, transitions, generations, inbox),
        generations=generations,
        captions=Captions(db),
        listing=Listing(db),
        changes=Changes(db),
        inbox=inbox,
        queue=queue,
        jobs=jobs,
        quarantine=Quarantine(db),
        leases=Leases(db),
        workers=WorkerBeats(db),
        alarms=Alarms(db),
        retention=Retention(db, files, lifecycle),
    )


def _prepare_file(path: Path) -> None:
    """Make the file, for this account alone: it holds the secrets that sign links. SQLite gives its log that mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise SetupError(f"Cannot write the catalog {path}: {error.strerror}.") from None
