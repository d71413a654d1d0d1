"""Options of the HTTP rooms for tests that need nothing else."""

from dataclasses import replace
from typing import Any

from appliance.web.context import WebOptions

_PLAIN = WebOptions(
    api_port=8080,
    cdn_port=8088,
    s3_port=9000,
    api_url="",
    cdn_url="",
    s3_public_url="",
    host="127.0.0.1",
    hosts=frozenset(),
    cors_origins=("*",),
    rate_limit="",
    max_waiters=4,
    min_free_bytes=0,
    data_dir="/",
    storage_dir="/",
    edge_secret="edge",
    intake_token="intake",
    cursor_key=b"cursor",
    name="media",
    version="0.1.0",
)


def options(**changes: Any) -> WebOptions:
    """Plain options with some of them changed."""
    return replace(_PLAIN, **changes)
