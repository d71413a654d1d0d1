"""Which operations need a key: nothing is open by mistake."""

from pathlib import Path

from appliance.bus.sql import SqlBus
from appliance.catalog.catalog import open_catalog
from appliance.ports.clock import system_clock
from appliance.storage.s3 import S3Store
from appliance.web.app import create_app
from appliance.web.context import Context
from tests.unit.web_options import options

#: What anybody who reaches the appliance may see.
OPEN = {
    "/", "/assets/<path:filename>", "/docs", "/docs/assets/<path:filename>", "/downloads/<name>", "/healthz",
    "/metrics",
    "/openapi.json", "/pair", "/readyz", "/watch/<file_id>", "/watch/<file_id>/state", "/embed/<file_id>", "/oembed",
    # These ask by themselves: for a sign-in, for a share that lives, for its password.
    "/library", "/library/sign-in", "/library/sign-out",
    "/s/<slug>", "/s/<slug>/<file_id>", "/s/<slug>/<file_id>/state", "/s/<slug>/downloads",
}  # fmt: skip


def test_every_other_operation_needs_a_scope(tmp_path: Path) -> None:
    catalog = open_catalog(f"sqlite:///{tmp_path}/catalog.db", system_clock, queues={})
    try:
        store = S3Store("http://127.0.0.1:1", "access", "secret", "media", "us-east-1")
        bus = SqlBus(catalog.queue, system_clock)
        app = create_app(Context(catalog, store, bus, system_clock, options(), {}))
    finally:
        catalog.close()
    unguarded = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if not getattr(app.view_functions[rule.endpoint], "required_scopes", None)
    }
    assert unguarded == OPEN
