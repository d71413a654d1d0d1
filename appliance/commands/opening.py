"""What most commands begin with: the settings and the parts built from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.bootstrap import Assembly
    from appliance.first_start import FirstStart


@contextmanager
def opened() -> "Iterator[Assembly]":
    """The parts of the appliance whose settings are in force, closed at the end."""
    from appliance.bootstrap import assemble
    from appliance.config import load_settings
    from appliance.credentials import keep_private

    keep_private()
    assembly = assemble(load_settings())
    try:
        yield assembly
    finally:
        assembly.close()


def first_start(assembly: "Assembly") -> "FirstStart":
    """What makes the first tenant, its keys and credentials.json."""
    from appliance.bootstrap import own_host
    from appliance.domain.hosts import url_host
    from appliance.first_start import Addresses, FirstStart, Quota

    settings = assembly.settings
    host = url_host(own_host(settings))
    addresses = Addresses(
        settings.api_url or f"http://{host}:{settings.api_port}",
        settings.cdn_url or f"http://{host}:{settings.cdn_port}",
        settings.s3_public_url or f"http://{host}:{settings.s3_port}",
    )
    quota = Quota(settings.quota_bytes, settings.quota_files)
    return FirstStart(assembly.catalog, settings.data_dir, addresses, quota, assembly.clock)
