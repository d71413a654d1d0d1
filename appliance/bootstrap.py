"""Builds the adapters out of the settings: the only place that names them."""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from appliance import __version__
from appliance.bus.buses import BUSES
from appliance.catalog.catalog import Catalog, open_catalog
from appliance.config import Settings
from appliance.credentials import Secrets, load_or_create
from appliance.domain.errors import SetupError, StoreError, StoreUnavailable
from appliance.domain.keys import PREFIXES
from appliance.edge.cache import purge
from appliance.edge.contract import HITS_LOG
from appliance.media.ffmpeg import Limits, find_ffmpeg
from appliance.media.probe import Probe
from appliance.media.studio import Studio
from appliance.media.workplace import Workplace
from appliance.ports.clock import Clock, system_clock
from appliance.ports.event_bus import EventBus
from appliance.ports.object_store import ObjectStore
from appliance.services import herald, retention
from appliance.services.edge_hits import EdgeHits
from appliance.services.figures import Figures
from appliance.services.heartbeat import Heartbeat
from appliance.services.parts import Encoder, Parts
from appliance.services.recheck import Recheck
from appliance.services.reconcile import Reconcile
from appliance.services.runner import Runner, Timed
from appliance.services.subscriptions import event_filters, subscriptions
from appliance.storage.minio_setup import MinioBucket, webhook_arn
from appliance.storage.minio_targets import TARGETS
from appliance.storage.stores import STORES
from appliance.watching import look_at_dead_letters, look_at_disks, watched, watched_disk
from appliance.web.context import Context, WebOptions

_RETRY_S = 1.0
_RECHECK_S = 20.0
_LOOK_S = 10.0
_CORES_PER_FILM = 2
_MEMORY_PER_FILM = 2 * 1024**3
#: People miss a poster sooner than a ladder, and a page that does not come at once sooner than both.
_NICE_OF_STILLS = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Assembly:
    """What every process of the appliance works with; `close` it at the end."""

    settings: Settings
    secrets: Secrets
    clock: Clock
    catalog: Catalog
    bus: EventBus
    store: ObjectStore

    def close(self) -> None:
        """Finish writes under way. Idempotent."""
        self.catalog.close()


def assemble(settings: Settings, clock: Clock = system_clock) -> Assembly:
    """Open the catalog and build the adapters; nothing is sent to the store.

    Raises SetupError for a setting that names what there is not, CatalogTooNew for a newer catalog.
    """
    scheme = settings.bus_url.partition("://")[0]
    if scheme not in BUSES:
        raise SetupError(f"MEDIA_BUS_URL: there is no event bus '{scheme}' in this version.")
    if settings.store not in STORES:
        raise SetupError(f"MEDIA_STORE: there is no adapter for '{settings.store}' in this version.")
    if not settings.catalog_url.startswith("sqlite:///"):
        raise SetupError("MEDIA_DATABASE_URL: this version keeps its catalog in SQLite (sqlite:////PATH).")
    secrets = load_or_create(settings.data_dir)
    catalog = open_catalog(settings.catalog_url, clock, queues={} if scheme else event_filters())
    store = STORES[settings.store](
        settings.store_url, *_store_keys(settings, secrets), settings.s3_bucket, settings.s3_region, clock
    )
    return Assembly(settings, secrets, clock, catalog, BUSES[scheme](catalog.queue, clock), store)


def build_context(assembly: Assembly, store_setup: "StoreSetup") -> Context:
    """What the HTTP rooms are given."""
    settings, secrets = assembly.settings, assembly.secrets
    options = WebOptions(
        api_port=settings.api_port,
        cdn_port=settings.cdn_port,
        s3_port=settings.s3_port,
        api_url=settings.api_url,
        cdn_url=settings.cdn_url,
        s3_public_url=settings.s3_public_url,
        host=own_host(settings),
        hosts=frozenset(settings.hosts),
        cors_origins=settings.cors_origins,
        rate_limit=settings.rate_limit,
        max_waiters=settings.api_threads // 2,
        min_free_bytes=settings.min_free_bytes,
        data_dir=str(settings.data_dir),
        storage_dir=str(watched_disk(settings)),
        edge_secret=secrets.edge_secret,
        intake_token=secrets.intake_token,
        cursor_key=bytes.fromhex(secrets.cursor_key),
        name=settings.name,
        version=__version__,
        strict_images=settings.strict_images,
        embed_origins=settings.embed_origins,
        warn_free_percent=settings.warn_free_percent,
        command=f"{settings.command_prefix} media-appliance".strip(),
    )
    readiness: dict[str, Callable[[], None]] = {
        "catalog": assembly.catalog.check,
        "store": assembly.store.check,
        "storeSetup": store_setup.check,
    }
    also = watched(settings, assembly.catalog, assembly.clock)
    return Context(assembly.catalog, assembly.store, assembly.bus, assembly.clock, options, readiness, also)


def build_reconcile(assembly: Assembly) -> Reconcile:
    """A comparison of bucket and catalog, to be run by hand."""
    return Reconcile(assembly.catalog, assembly.store, assembly.clock)


def build_herald(assembly: Assembly) -> herald.Herald:
    """What looks for trouble and tells people of it."""
    settings, catalog = assembly.settings, assembly.catalog
    looks = [look_at_disks(settings), look_at_dead_letters(assembly.bus)]
    return herald.Herald(catalog, looks, _tells(settings), assembly.clock)


class Workers:
    """The services of one process: their threads, and the children that look into files for them."""

    def __init__(self, assembly: Assembly) -> None:
        """Raises SetupError where there is no encoder, or no place for it to work in."""
        settings = assembly.settings
        films = settings.transcode_threads or _films_at_once()
        self._encoder = _encoder(settings, films)
        self._prober = Probe()
        self._studio = Studio(assembly.store, nice=_NICE_OF_STILLS)
        parts = Parts(
            catalog=assembly.catalog,
            store=assembly.store,
            prober=self._prober,
            purge=partial(purge, settings.edge_cache_dir),
            clock=assembly.clock,
            studio=self._studio,
            bus=assembly.bus,
            encoder=self._encoder,
        )
        wanted = subscriptions(
            parts, {"metadata": settings.metadata_threads, "preview": films, "transcode": films}
        )  # fmt: skip
        figures = Figures()
        self._heartbeat = Heartbeat(assembly.catalog.workers, figures, assembly.clock)
        edge_hits = EdgeHits(settings.edge_cache_dir / HITS_LOG, figures.served)
        timed = [
            Timed("heartbeat", _LOOK_S, self._heartbeat.run),
            Timed("edge-hits", _LOOK_S, edge_hits.run),
            Timed("reconcile", settings.reconcile_seconds, build_reconcile(assembly).run),
            Timed("retention", retention.INTERVAL_S, retention.Retaining(assembly.catalog, assembly.clock).run),
            Timed("herald", herald.INTERVAL_S, build_herald(assembly).run),
            Timed("recheck", _RECHECK_S, Recheck(assembly.catalog, assembly.store, assembly.clock).run),
        ]
        self._runner = Runner(assembly.bus, assembly.catalog.jobs, assembly.clock, wanted, timed, figures.worked)

    def start(self) -> None:
        self._runner.start()

    def alive(self) -> bool:
        """Whether every thread that was started still runs."""
        return self._runner.alive()

    def stop(self, timeout_s: float) -> bool:
        """Let every worker finish its event and end; whether all did in time. What did not is delivered again."""
        ended = self._runner.stop(timeout_s)
        self._heartbeat.close()
        self._prober.close()
        self._studio.close()
        self._encoder.workplace.close()
        return ended


class StoreSetup:
    """Brings the store into the state that the appliance needs, and keeps trying until it is."""

    def __init__(self, assembly: Assembly) -> None:
        self._settings = assembly.settings
        self._secrets = assembly.secrets
        self._listing = assembly.catalog.listing
        self._done = threading.Event()
        self._trouble = "The store is being set up."

    def start(self) -> None:
        """Set up in a thread of its own: the store may come up later than we do."""
        threading.Thread(target=self._repeat, name="store-setup", daemon=True).start()

    def check(self) -> None:
        """StoreUnavailable with the reason until the set-up is done."""
        if not self._done.is_set():
            raise StoreUnavailable(self._trouble)

    def run(self) -> None:
        """Bucket, policy, notifications; each is only written where it differs. Raises StoreError.

        A bucket that is gone is not made anew: it would be compared with the catalog, which would forget every file,
        and when its disk is there again the objects of forgotten files would be removed.
        """
        settings = self._settings
        if settings.store == "minio":
            bucket = minio_bucket(settings, self._secrets)
            if self._listing.has_stored() and not bucket.exists():
                raise StoreUnavailable(
                    f"The object store has no bucket {settings.s3_bucket}, and the catalog knows files in it. Is its "
                    "disk mounted? To begin anew with an empty one, make the bucket by hand."
                )
            bucket.ensure_bucket()
            bucket.set_policy(self._secrets.edge_secret)
            bucket.configure_notifications(map(webhook_arn, TARGETS), [f"{prefix}/" for prefix in PREFIXES.values()])
        self._done.set()

    def _repeat(self) -> None:
        while not self._done.is_set():
            try:
                self.run()
            except StoreError as error:
                if str(error) != self._trouble:
                    _log.warning("the store cannot be set up yet: %s", error)
                self._trouble = str(error)
                self._done.wait(_RETRY_S)


def minio_bucket(settings: Settings, secrets: Secrets) -> MinioBucket:
    """The bucket as its administrator sees it."""
    keys = _store_keys(settings, secrets)
    return MinioBucket(settings.store_url, *keys, settings.s3_bucket, settings.s3_region)


def own_host(settings: Settings) -> str:
    """The host by which others reach this machine: what is set, noted, bound, else its address on the network.

    Noted is the address of the machine whose containers these are: from inside it cannot be seen.
    """
    if settings.host:
        return settings.host
    with contextlib.suppress(FileNotFoundError):
        return settings.host_note.read_text().strip()
    if settings.bind not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        return settings.bind
    return network_address()


def network_address() -> str:
    """This machine's address on its network; loopback where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing; it only chooses the interface. RFC 5737: nobody has it.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _tells(settings: Settings) -> herald.Tells:
    if not settings.notify_urls.split():
        return herald.nobody
    # Loaded only where somebody is to be told: it takes a quarter of a second and some memory.
    from appliance.services.telling import Telling

    telling = Telling(settings.notify_urls, settings.name)
    for scheme in telling.unknown:
        _log.error("MEDIA_NOTIFY_URLS: Apprise knows no service %s://", scheme)
    return telling


def _store_disk(settings: Settings) -> Path | None:
    return settings.objects_dir if settings.objects_dir.is_dir() else None


def _films_at_once() -> int:
    """As many encoders as cores and memory carry: each of them keeps two cores busy and may take 2 GiB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(_cores() // _CORES_PER_FILM, memory // _MEMORY_PER_FILM))


def _cores() -> int:
    """Those that this process may use, as a container may leave it a few of the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _encoder(settings: Settings, films: int) -> Encoder:
    try:
        workplace = Workplace(settings.encoder_dir, min_free=settings.min_free_bytes, target=_store_disk(settings))
    except OSError as error:
        raise SetupError(f"MEDIA_WORK_DIR: cannot write to {settings.encoder_dir}: {error.strerror}.") from None
    return Encoder(
        ffmpeg=find_ffmpeg(settings.ffmpeg_binary),
        limits=Limits(cores=max(1, _cores() // films)),
        workplace=workplace,
        max_duration=settings.max_duration or None,
        direct_bitrate=settings.direct_play_bitrate,
    )


def _store_keys(settings: Settings, secrets: Secrets) -> tuple[str, str]:
    return settings.s3_access_key or secrets.s3_access_key, settings.s3_secret_key or secrets.s3_secret_key
