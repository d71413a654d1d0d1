"""A process of its own with one worker thread, to be killed: CATALOG_URL STORE_URL ACCESS_KEY SECRET_KEY WORK_DIR."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import open_catalog
from appliance.media.probe import Probe
from appliance.media.studio import Studio
from appliance.ports.clock import system_clock
from appliance.services.parts import Parts
from appliance.services.runner import Runner
from appliance.services.subscriptions import event_filters, subscriptions
from appliance.services.worker import SECOND
from appliance.storage.s3 import S3Store
from tests.integration.event_stack import BUCKET, encoder

LEASE_US = 2 * SECOND
#: More than a test kills.
ATTEMPTS = 100


def main(catalog_url: str, store_url: str, access_key: str, secret_key: str, work_dir: str) -> None:
    catalog = open_catalog(catalog_url, system_clock, queues=event_filters())
    store = S3Store(store_url, access_key, secret_key, BUCKET, "us-east-1")
    bus = SqlBus(catalog.queue, system_clock)
    parts = Parts(
        catalog, store, Probe(), lambda key, size: None, system_clock, Studio(store), bus, encoder(Path(work_dir))
    )  # fmt: skip
    quick = [replace(one, threads=1, lease_us=LEASE_US, attempts=ATTEMPTS) for one in subscriptions(parts, {})]
    Runner(bus, catalog.jobs, system_clock, quick).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
