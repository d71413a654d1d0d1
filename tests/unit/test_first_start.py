"""The first start makes tenant, keys and credentials.json; later ones keep them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.catalog.catalog import Catalog, open_catalog
from appliance.domain.errors import SetupError
from appliance.first_start import Addresses, FirstStart, Quota
from appliance.ports.clock import system_clock

HERE = Addresses("http://127.0.0.1:8080", "http://127.0.0.1:8088", "http://127.0.0.1:9000")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = open_catalog(f"sqlite:///{tmp_path / 'catalog.db'}", system_clock, queues={})
    yield opened
    opened.close()


def start(catalog: Catalog, folder: Path, addresses: Addresses = HERE) -> FirstStart:
    return FirstStart(catalog, folder, addresses, Quota(10_000, 5), system_clock)


def known(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "credentials.json").read_text())
    return found


def test_the_first_start_hands_out_a_key_for_everyday_and_one_for_admins(catalog: Catalog, tmp_path: Path) -> None:
    start(catalog, tmp_path).run()
    credentials = known(tmp_path)
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert set(credentials) == {"apiUrl", "cdnUrl", "s3Url", "tenantId", "apiKey", "adminKey"}
    everyday = catalog.keys.check(credentials["apiKey"], now=system_clock())
    assert everyday.scopes == {"upload", "read", "delete", "purge"}
    assert catalog.keys.check(credentials["adminKey"], now=system_clock()).scopes == {"admin"}
    assert catalog.tenants.get("default").quota_bytes == 10_000


def test_later_starts_keep_the_keys_and_follow_the_ports(catalog: Catalog, tmp_path: Path) -> None:
    start(catalog, tmp_path).run()
    before = known(tmp_path)
    moved = Addresses("http://10.0.0.5:9080", "http://10.0.0.5:9088", "http://10.0.0.5:9900")
    start(catalog, tmp_path, moved).run()
    assert known(tmp_path) == before | moved.as_json()
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert len(catalog.keys.list()) == 2


def test_a_file_that_somebody_removed_is_not_made_again(catalog: Catalog, tmp_path: Path) -> None:
    start(catalog, tmp_path).run()
    (tmp_path / "credentials.json").unlink()
    start(catalog, tmp_path).run()
    assert not (tmp_path / "credentials.json").exists()
    assert len(catalog.keys.list()) == 2


def test_a_damaged_file_is_told_and_renewed(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("[]")
    with pytest.raises(SetupError, match="key renew"):
        start(catalog, tmp_path).run()
    start(catalog, tmp_path).renew()
    catalog.keys.check(known(tmp_path)["apiKey"], now=system_clock())
