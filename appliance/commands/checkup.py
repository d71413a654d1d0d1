"""What `media-appliance doctor` looks at. Each check is a method that returns what it saw or raises Trouble."""

import json
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from appliance import __version__
from appliance.bootstrap import Assembly, minio_bucket
from appliance.catalog.listing import Filter
from appliance.commands.output import size
from appliance.commands.probe_object import ProbeObject
from appliance.commands.trouble import Trouble
from appliance.domain.errors import ApplianceError
from appliance.domain.files import Visibility
from appliance.first_start import Addresses
from appliance.stack.nginx_binary import find_nginx
from appliance.storage.minio_setup import webhook_arn
from appliance.storage.minio_targets import TARGETS
from appliance.watching import watched_disk

_SKEW_S = 60
_STUCK_S = 300
_TIMEOUT_S = 5.0
#: Older ones may damage a catalog that several processes write (the WAL-reset defect, repaired in this version).
_SOUND_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class Finding:
    """detail: what was seen. advice: what to do, where it is not ok."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


class Checkup:
    """Leaves nothing behind but a line in the store's log."""

    def __init__(self, assembly: Assembly, addresses: Addresses) -> None:
        self._parts = assembly
        self._settings = assembly.settings
        self._here = addresses
        self._http = httpx.Client(timeout=_TIMEOUT_S, trust_env=False)
        self._probe = ProbeObject(assembly, addresses.s3_url, self._http)

    def run(self) -> Iterator[Finding]:
        """One finding after the other, as they are made; about five seconds in all."""
        checks: dict[str, Callable[[], str]] = {
            "versions": self._versions,
            "disk": self._disk,
            "people told": self._told,
            "ffmpeg": self._ffmpeg,
            "nginx": self._nginx,
            "API": self._api,
            "credentials": self._credentials,
            "queues": self._queues,
            "store, internal": self._store_internal,
            "store, public": self._store_public,
            "clock": self._clock,
            "signatures": self._probe.check_signatures,
            "CORS": self._probe.check_cors,
            "bucket policy": self._probe.check_policy,
            "notification rules": self._rules,
            "notifications": self._probe.check_notifications,
            "edge": self._edge,
        }
        with self._http:
            try:
                for name, check in checks.items():
                    yield _finding(name, check)
            finally:
                self._probe.remove()

    def _versions(self) -> str:
        sqlite = self._parts.catalog.sqlite_version()
        seen = f"appliance {__version__}, Python {sys.version.split()[0]}, SQLite {sqlite}"
        if sys.platform == "linux" and tuple(map(int, sqlite.split("."))) < _SOUND_SQLITE:
            raise Trouble(seen, "Install the package pysqlite3, which brings a newer SQLite.")
        return seen

    def _disk(self) -> str:
        folder = watched_disk(self._settings)
        usage = shutil.disk_usage(folder)
        seen = f"{size(usage.free)} of {size(usage.total)} free at {folder}"
        if usage.free < self._settings.min_free_bytes:
            raise Trouble(seen, "Uploads are refused: free some space, or lower MEDIA_MIN_FREE_BYTES.")
        return seen

    def _told(self) -> str:
        urls = self._settings.notify_urls.split()
        if not urls:
            return "nobody is told of a full disk or failed work; MEDIA_NOTIFY_URLS would name them"
        from appliance.services.telling import Telling

        telling = Telling(self._settings.notify_urls, self._settings.name)
        if telling.unknown:
            advice = "See the services of Apprise, correct MEDIA_NOTIFY_URLS, and try media-appliance notify test."
            raise Trouble(f"Apprise knows no service {', '.join(telling.unknown)}", advice)
        return f"{len(urls)} in MEDIA_NOTIFY_URLS; media-appliance notify test tries them"

    def _ffmpeg(self) -> str:
        import av
        import imageio_ffmpeg

        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-version"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise Trouble(f"ffmpeg does not run: {error}", "Install the package imageio-ffmpeg again.") from error
        return f"{' '.join(answer.stdout.split()[:3])}, PyAV {av.__version__}"

    def _nginx(self) -> str:
        nginx = find_nginx(self._settings.nginx_binary)
        return f"{nginx.path}, version {nginx.version}, {'with' if nginx.has_slice else 'without'} slice"

    def _api(self) -> str:
        advice = "Start the appliance: media-appliance up. If it runs, logs/api.log in the data folder says more."
        answer = self._get(f"{self._here.api_url}/readyz", advice)
        checks = answer.json()["checks"] if answer.status_code in (200, 503) else {}
        missing = [f"{name}: {check['error']}" for name, check in checks.items() if check["status"] != "ok"]
        if answer.status_code != 200:
            raise Trouble("; ".join(missing) or f"HTTP {answer.status_code} at {answer.url}", advice)
        if missing:
            raise Trouble("; ".join(missing), "The logs in the data folder say more.")
        return f"ready at {self._here.api_url}"

    def _credentials(self) -> str:
        path = self._settings.data_dir / "credentials.json"
        advice = "Make new keys and a new file: media-appliance key renew."
        try:
            known = json.loads(path.read_text())
            for name in ("apiKey", "adminKey"):
                self._parts.catalog.keys.check(known[name], now=self._parts.clock())
        except (OSError, ValueError, KeyError, TypeError, ApplianceError) as error:
            raise Trouble(f"{path}: {error}", advice) from error
        return str(path)

    def _queues(self) -> str:
        depths = self._parts.bus.depths()
        dead = sum(depth.dead for depth in depths)
        oldest = min((depth.oldest_at for depth in depths if depth.oldest_at is not None), default=None)
        age_s = 0 if oldest is None else (self._parts.clock() - oldest) // 1_000_000
        seen = f"{sum(depth.ready + depth.delayed + depth.leased for depth in depths)} waiting, {dead} given up"
        if age_s > _STUCK_S:
            raise Trouble(f"{seen}; the oldest waits for {age_s} s", "Do the workers run? logs/workers.log says more.")
        if dead:
            raise Trouble(seen, "See media-appliance dead-letters list, repair the cause, then media-appliance replay.")
        return seen

    def _store_internal(self) -> str:
        began = time.perf_counter()
        advice = "Does the store run? See MEDIA_S3_URL, the MEDIA_S3_ keys and logs/minio.log in the data folder."
        try:
            self._parts.store.check()
        except ApplianceError as error:
            raise Trouble(str(error), advice) from error
        return f"{self._settings.store_url} answers in {(time.perf_counter() - began) * 1000:.0f} ms"

    def _store_public(self) -> str:
        advice = "Clients send their bytes there: open the port, or set MEDIA_S3_PUBLIC_URL to where it is reachable."
        self._get(self._here.s3_url, advice)
        return f"{self._here.s3_url} answers"

    def _clock(self) -> str:
        answer = self._get(self._settings.store_url, "Start the store.")
        theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
        # Date has whole seconds: the middle of the second is the best guess.
        skew = self._parts.clock() / 1_000_000 - (theirs + 0.5)
        if abs(skew) > _SKEW_S:
            raise Trouble(f"{skew:+.0f} s against the store", "Signed URLs fail so: set both clocks by NTP.")
        return f"within {max(1, round(abs(skew)))} s of the store's"

    def _rules(self) -> str:
        if self._settings.store != "minio":
            return "not of this store"
        told = {rule.arn for rule in minio_bucket(self._settings, self._parts.secrets).notifications()}
        missing = [target for target in TARGETS if webhook_arn(target) not in told]
        if missing:
            raise Trouble(f"no rules for {', '.join(missing)}", "Start the API once more: it sets them up.")
        return f"both targets: {', '.join(TARGETS)}"

    def _edge(self) -> str:
        advice = "Start the appliance: media-appliance up. If it runs, logs/edge.log in the data folder says more."
        answer = self._get(f"{self._here.cdn_url}/files/default/{uuid.uuid4()}.bin", advice)
        if answer.status_code != 404:
            raise Trouble(f"HTTP {answer.status_code} for a file that is not there", advice)
        public = [
            record
            for tenant in self._parts.catalog.tenants.all()
            for _, record in self._parts.catalog.listing.page(tenant.id, Filter(), before=None, limit=20)
            if record.visibility is Visibility.PUBLIC and record.uploaded_at and record.size and not tenant.disabled_at
        ]
        if not public:
            return f"{self._here.cdn_url} answers; there is no public file to read yet"
        url = f"{self._here.cdn_url}/{public[0].object_key}"
        answer = self._get(url, advice, headers={"Range": "bytes=0-0"})
        if answer.status_code != 206:
            raise Trouble(f"HTTP {answer.status_code} for {url}", advice)
        return f"{self._here.cdn_url} serves files"

    def _get(self, url: str, advice: str, headers: dict[str, str] | None = None) -> httpx.Response:
        try:
            return self._http.get(url, headers=headers)
        except httpx.HTTPError as error:
            raise Trouble(f"{url} does not answer: {error}", advice) from error


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Trouble as trouble:
        return Finding(name, False, str(trouble), trouble.advice)
    except (ApplianceError, httpx.HTTPError) as error:
        return Finding(name, False, str(error), "See the folder logs in the data folder.")
