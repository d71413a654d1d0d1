"""The edge's configuration and the names of its cache files."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.keys import ObjectKey
from appliance.edge import contract
from appliance.edge.cache import cache_files, purge
from appliance.edge.config import KEY_PATTERN, SLICE_BYTES, EdgeConfig, install, render

CONFIG = EdgeConfig(
    run_dir=Path("/srv/media/run/edge"),
    cache_dir=Path("/srv/media/cache"),
    bind="127.0.0.1",
    port=8088,
    cache_bytes=10_000_000_000,
    store_url="http://127.0.0.1:9000",
    bucket="media",
    authorize_url="http://127.0.0.1:8090/_edge/authorize",
    image_url="http://127.0.0.1:8091/_edge/image",
    secret="s3cret",
    has_slice=True,
)
TENANTS = st.from_regex(r"[a-z0-9][a-z0-9_-]{1,62}", fullmatch=True)


@given(TENANTS, st.text(max_size=40))
def test_every_key_that_the_appliance_makes_has_a_link(tenant: str, name: str) -> None:
    assert re.fullmatch(KEY_PATTERN, str(ObjectKey.for_upload(tenant, name)))


@given(st.from_regex(KEY_PATTERN, fullmatch=True))
def test_a_link_leads_to_a_key_or_a_rendition_and_nothing_else(key: str) -> None:
    assert ObjectKey.parse(key) is not None or key.startswith("renditions/")
    assert ".." not in key.split("/") and "?" not in key and "%" not in key


@pytest.mark.parametrize("has_slice", [True, False])
def test_the_configuration_is_complete(has_slice: bool) -> None:
    text = render(replace(CONFIG, has_slice=has_slice))
    assert "%{" not in text
    assert text.count("{") == text.count("}")
    assert "listen 127.0.0.1:8088;" in text
    assert ("slice_range" in text) is has_slice


def test_the_contract_and_the_configuration_name_the_same_headers() -> None:
    text = render(CONFIG)
    for name in (contract.EDGE_SECRET_HEADER, contract.KEY_HEADER, contract.TOKEN_HEADER, contract.DOWNLOAD_HEADER):
        assert f"proxy_set_header {name} " in text
    for name in (
        contract.CONTENT_TYPE_HEADER,
        contract.CACHE_HEADER,
        contract.DISPOSITION_HEADER,
        contract.REASON_HEADER,
        contract.UNCACHED_HEADER,
    ):
        assert f"$upstream_http_{name.lower().replace('-', '_')};" in text


def test_an_ipv6_address_is_bracketed() -> None:
    assert "listen [::1]:8088;" in render(replace(CONFIG, bind="::1"))


def test_a_store_behind_tls_is_checked() -> None:
    text = render(replace(CONFIG, store_url="https://s3.example.org", ca_file="/etc/ca.pem"))
    assert "server s3.example.org:443;" in text
    assert "proxy_pass https://media_store/media/$key;" in text
    assert "proxy_ssl_verify on;" in text


def test_the_secret_is_for_the_owner_alone(tmp_path: Path) -> None:
    config = replace(CONFIG, run_dir=tmp_path / "run", cache_dir=tmp_path / "cache")
    for _ in ("first start", "second start"):
        path = install(config)
        assert path.stat().st_mode & 0o777 == 0o600
    assert "s3cret" in path.read_text()


def test_a_purge_removes_every_slice_and_nothing_else(tmp_path: Path) -> None:
    ours = list(cache_files(tmp_path, "videos/a/b.mp4", 2 * SLICE_BYTES + 1))
    other = next(cache_files(tmp_path, "videos/a/c.mp4", 1))
    for path in [*ours, other]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"cached")
    assert len(set(ours)) == 6
    assert purge(tmp_path, "videos/a/b.mp4", 2 * SLICE_BYTES + 1) == 6
    assert purge(tmp_path, "videos/a/b.mp4", 2 * SLICE_BYTES + 1) == 0
    assert other.exists()
