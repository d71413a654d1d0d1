"""The processes of the stack: what each is called with, and how one knows that it serves."""

import grp
import os
import pwd
import shutil
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance.config import Settings
from appliance.credentials import Secrets
from appliance.domain.hosts import reachable, url_host
from appliance.edge.config import EdgeConfig, install
from appliance.stack.nginx_binary import Nginx
from appliance.stack.readiness import answers
from appliance.stack.supervisor import Child
from appliance.storage.minio_targets import TARGETS

CACHE_BYTES = 10 * 10**9
CACHE_SHARE = 0.05
AUTHORIZE_PATH = "/_edge/authorize"
IMAGE_PATH = "/_edge/image"
EVENTS_PATH = "/events/minio"
#: Upload sessions live seven days; the store keeps their parts a day longer.
_STALE_UPLOADS = "192h"
_EDGE_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What was settled before the start: settings with the internal ports filled in, and the secrets."""

    settings: Settings
    secrets: Secrets

    @property
    def intake_url(self) -> str:
        """Where store and edge reach the intake."""
        return f"http://{self._intake_host}:{self.settings.intake_port}"

    @property
    def image_url(self) -> str:
        """Where the edge reaches what makes pictures."""
        return f"http://{self._intake_host}:{self.settings.image_port}"

    @property
    def _intake_host(self) -> str:
        return url_host(self.settings.intake_host or reachable(self.settings.intake_bind))


def store_environment(plan: Plan, events_dir: Path) -> dict[str, str]:
    """What MinIO is told: both webhook targets, FAST for an event at once and once, DURABLE until it was heard.

    events_dir: where the durable one keeps what was not heard yet.
    """
    settings, secrets = plan.settings, plan.secrets
    env = {
        "MINIO_ROOT_USER": settings.s3_access_key or secrets.s3_access_key,
        "MINIO_ROOT_PASSWORD": settings.s3_secret_key or secrets.s3_secret_key,
        "MINIO_SITE_REGION": settings.s3_region,
        "MINIO_BROWSER": "off",
        "MINIO_UPDATE": "off",
        "MINIO_API_CORS_ALLOW_ORIGIN": ",".join(settings.cors_origins),
        "MINIO_API_STALE_UPLOADS_EXPIRY": _STALE_UPLOADS,
        "MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DURABLE": str(events_dir),
    }
    for target in TARGETS:
        env[f"MINIO_NOTIFY_WEBHOOK_ENABLE_{target}"] = "on"
        env[f"MINIO_NOTIFY_WEBHOOK_ENDPOINT_{target}"] = plan.intake_url + EVENTS_PATH
        env[f"MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_{target}"] = f"Bearer {secrets.intake_token}"
    return env


def store_child(plan: Plan, minio: Path) -> Child:
    """MinIO, as the appliance needs it."""
    settings = plan.settings
    run = settings.data_dir / "run"
    return Child(
        name="minio",
        argv=[
            *(str(minio), "server", "--quiet", "--certs-dir", str(run / "minio-certs")),
            *("--address", f"{url_host(settings.bind)}:{settings.s3_port}", str(settings.objects_dir)),
        ],
        env=_inherited() | store_environment(plan, settings.data_dir / "minio-events"),
        ready=lambda: answers(settings.bind, settings.s3_port, "/minio/health/cluster"),
        stop_grace_s=2.5,
    )


def api_child(plan: Plan) -> Child:
    """The API, with its listener for events and for the edge's questions."""
    settings = plan.settings
    return Child(
        name="api",
        argv=[sys.executable, "-m", "appliance.cli", "serve"],
        env=settings_environment(settings),
        ready=lambda: answers(settings.bind, settings.api_port, "/healthz"),
        stop_grace_s=2.5,
    )


def worker_child(plan: Plan) -> Child:
    """The workers of all services."""
    return Child(
        name="workers",
        argv=[sys.executable, "-m", "appliance.cli", "work"],
        env=settings_environment(plan.settings),
        stop_grace_s=3,
    )


def announcing_child(plan: Plan) -> Child:
    """What tells the local network; in a process of its own, as its threads have no place in the supervisor."""
    return Child(
        name="announce",
        argv=[sys.executable, "-m", "appliance.cli", "announce"],
        env=settings_environment(plan.settings),
        stop_grace_s=1,
    )


def edge_child(plan: Plan, nginx: Nginx) -> Child:
    """nginx as the CDN edge. Writes its configuration; raises OSError where it cannot."""
    settings = plan.settings
    config = edge_config(plan, nginx)
    path = install(config)
    return Child(
        name="edge",
        argv=[str(nginx.path), "-e", "stderr", "-p", str(config.run_dir), "-c", str(path)],
        env={"PATH": os.environ.get("PATH", os.defpath)},
        ready=lambda: answers(settings.bind, settings.cdn_port, "/healthz"),
        stop_grace_s=1,
    )


def edge_config(plan: Plan, nginx: Nginx) -> EdgeConfig:
    """The edge of these settings; its cache takes 10 GB or 5 % of the disk, whichever is less."""
    settings = plan.settings
    root = os.geteuid() == 0
    return EdgeConfig(
        run_dir=settings.data_dir / "run" / "edge",
        cache_dir=settings.edge_cache_dir,
        bind=settings.bind,
        port=settings.cdn_port,
        cache_bytes=min(CACHE_BYTES, int(shutil.disk_usage(settings.data_dir).total * CACHE_SHARE)),
        store_url=settings.store_url,
        bucket=settings.s3_bucket,
        authorize_url=plan.intake_url + AUTHORIZE_PATH,
        image_url=plan.image_url + IMAGE_PATH,
        secret=plan.secrets.edge_secret,
        has_slice=nginx.has_slice,
        workers=min(os.cpu_count() or 1, _EDGE_WORKERS),
        cors_origins=settings.cors_origins,
        unused_modules=nginx.unused_modules,
        # Started as root, nginx would choose an account that may not read the data folder.
        user=f"{pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name}" if root else "",
        ca_file=ssl.get_default_verify_paths().cafile or "",
    )


def settings_environment(settings: Settings) -> dict[str, str]:
    """The environment in which a child reads exactly these settings, whatever its own files say."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    return _inherited() | {
        f"MEDIA_{name.upper()}": ",".join(value) if isinstance(value, tuple) else str(value)
        for name, value in values.items()
    }


def _inherited() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name == "MEDIA_CONFIG" or not name.startswith(("MEDIA_", "MINIO_"))
    }
