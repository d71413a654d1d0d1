"""API keys and pairing: who gets in, and who does not any more."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.catalog.access import PAIRING_US
from appliance.catalog.catalog import Catalog
from appliance.domain.errors import Conflict, InvalidRequest, NotFound, Unauthorized
from tests.catalogs import START, opened


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with opened(tmp_path, "red", "blue") as made:
        yield made


class TestKeys:
    def test_a_key_opens_its_tenant_with_its_scopes(self, catalog: Catalog) -> None:
        key_id, text = catalog.keys.create("red", "laptop", ["read", "upload"], now=START)
        access = catalog.keys.check(text, now=START)
        assert (access.id, access.tenant_id, access.name) == (key_id, "red", "laptop")
        assert access.scopes == {"read", "upload"}

    def test_the_secret_is_kept_nowhere(self, catalog: Catalog, tmp_path: Path) -> None:
        _, text = catalog.keys.create("red", "laptop", ["read"], now=START)
        secret = text.rpartition("_")[2].encode()
        assert all(secret not in path.read_bytes() for path in tmp_path.iterdir())

    @pytest.mark.parametrize("spoilt", ["{}x", "x{}", "{}_", "", "mk_", "mk__", "\udcff"])
    def test_any_other_text_opens_nothing(self, catalog: Catalog, spoilt: str) -> None:
        _, text = catalog.keys.create("red", "laptop", ["read"], now=START)
        for wrong in (spoilt.format(text), text[:-1], text.upper(), text[3:]):
            with pytest.raises(Unauthorized):
                catalog.keys.check(wrong, now=START)

    def test_revoked_expired_and_disabled_keys_open_nothing(self, catalog: Catalog) -> None:
        key_id, revoked = catalog.keys.create("red", "a", ["read"], now=START)
        _, expiring = catalog.keys.create("red", "b", ["read"], now=START, expires_at=START + 10)
        _, disabled = catalog.keys.create("blue", "c", ["read"], now=START)
        catalog.keys.check(expiring, now=START + 9)
        for _ in range(2):
            catalog.keys.revoke(key_id, now=START)
        catalog.tenants.disable("blue", now=START)
        for text in (revoked, expiring, disabled):
            with pytest.raises(Unauthorized):
                catalog.keys.check(text, now=START + 10)

    def test_keys_are_listed_by_tenant(self, catalog: Catalog) -> None:
        catalog.keys.create("red", "a", ["read"], now=START)
        catalog.keys.create("blue", "b", ["read"], now=START)
        assert [row.name for row in catalog.keys.list("red")] == ["a"]
        assert len(catalog.keys.list()) == 2

    def test_unknown_scopes_and_keys_are_refused(self, catalog: Catalog) -> None:
        for scopes in ([], ["everything"]):
            with pytest.raises(InvalidRequest):
                catalog.keys.create("red", "a", scopes, now=START)
        with pytest.raises(NotFound):
            catalog.keys.revoke("none", now=START)


class TestPairing:
    def test_a_code_becomes_a_key_once(self, catalog: Catalog) -> None:
        code = catalog.pairings.offer("red", "phone", ["read"], now=START)
        assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{8}", code)
        assert not catalog.pairings.any_used()
        access, text = catalog.pairings.redeem(f" {code.lower()} ", "Ann's phone", now=START)
        assert (access.tenant_id, access.name, access.scopes) == ("red", "Ann's phone", frozenset({"read"}))
        assert catalog.keys.check(text, now=START).id == access.id
        assert catalog.pairings.any_used()
        with pytest.raises(Unauthorized):
            catalog.pairings.redeem(code, "again", now=START)

    def test_after_five_wrong_tries_the_right_code_is_dead(self, catalog: Catalog) -> None:
        code = catalog.pairings.offer("red", "phone", ["read"], now=START)
        for _ in range(5):
            with pytest.raises(Unauthorized):
                catalog.pairings.redeem(f"{code[:4]}-AAAAAAAA", "thief", now=START)
        with pytest.raises(Unauthorized):
            catalog.pairings.redeem(code, "phone", now=START)

    def test_four_wrong_tries_are_forgiven(self, catalog: Catalog) -> None:
        code = catalog.pairings.offer("red", "phone", ["read"], now=START)
        for _ in range(4):
            with pytest.raises(Unauthorized):
                catalog.pairings.redeem(f"{code[:4]}-AAAAAAAA", "clumsy", now=START)
        catalog.pairings.redeem(code, "phone", now=START)

    def test_a_code_lives_ten_minutes(self, catalog: Catalog) -> None:
        code = catalog.pairings.offer("red", "phone", ["read"], now=START)
        assert PAIRING_US == 600_000_000
        with pytest.raises(Unauthorized):
            catalog.pairings.redeem(code, "late", now=START + PAIRING_US)
        assert catalog.pairings.forget(before=START + PAIRING_US + 1) == 1

    @pytest.mark.parametrize("code", ["", "-", "AAAA", "AAAA-AAAAAAAA", "ÄÖÜ-€"])
    def test_no_code_at_all(self, catalog: Catalog, code: str) -> None:
        with pytest.raises(Unauthorized):
            catalog.pairings.redeem(code, "nobody", now=START)


class TestTenants:
    def test_names_quotas_and_secrets(self, catalog: Catalog) -> None:
        catalog.tenants.rename("red", "Rouge")
        catalog.tenants.set_quota("red", quota_bytes=5, quota_files=6)
        before = catalog.tenants.get("red")
        catalog.tenants.rotate_signing_secret("red")
        after = catalog.tenants.get("red")
        assert (after.name, after.quota_bytes, after.quota_files) == ("Rouge", 5, 6)
        assert len(after.signing_secret) == 32
        assert after.signing_secret not in (before.signing_secret, catalog.tenants.get("blue").signing_secret)
        assert [tenant.id for tenant in catalog.tenants.all()] == ["blue", "red"]

    def test_ids_are_checked_and_given_once(self, catalog: Catalog) -> None:
        for tenant_id in ("X", "a", "-a", "a/b", "a" * 64):
            with pytest.raises(InvalidRequest):
                catalog.tenants.add(tenant_id, "", quota_bytes=0, quota_files=0, now=START)
        with pytest.raises(Conflict):
            catalog.tenants.add("red", "", quota_bytes=0, quota_files=0, now=START)
        with pytest.raises(NotFound):
            catalog.tenants.rename("green", "Green")
