"""How long a tenant's files stay: those that nobody changed go, tagged and young ones stay."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.catalog.catalog import Catalog
from appliance.domain.files import State
from appliance.domain.retention import KEEP_TAG, RetentionAction
from appliance.services.retention import Retaining
from tests.catalogs import START, asked, opened, uploaded

DAY_US = 24 * 3600 * 1_000_000


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with opened(tmp_path, "red", "blue") as catalog:
        yield catalog


def run(catalog: Catalog, day: float) -> int:
    """One run, so many days after the files came."""
    return Retaining(catalog, lambda: START + int(day * DAY_US)).run()


def test_nothing_goes_unless_an_admin_says_so(catalog: Catalog) -> None:
    uploaded(catalog)
    assert run(catalog, 30_000) == 0


def test_old_files_of_that_tenant_go_to_the_trash(catalog: Catalog) -> None:
    old = uploaded(catalog, name="old.mp4")
    others = uploaded(catalog, "blue", "others.mp4")
    kept = uploaded(catalog, name="kept.mp4", tags=("show", KEEP_TAG))
    waiting = asked(catalog, name="waiting.mp4")
    catalog.tenants.set_retention("red", days=10, action=RetentionAction.TRASH)
    assert run(catalog, 9.9) == 0
    assert run(catalog, 10.1) == 1
    assert catalog.files.get("red", old.file_id).state is State.TRASHED
    for record in (others, kept, waiting):
        assert catalog.files.get(record.tenant_id, record.file_id).state is record.state
    assert run(catalog, 10.2) == 0


def test_what_was_changed_or_restored_begins_anew(catalog: Catalog) -> None:
    edited, restored = uploaded(catalog, name="a.mp4"), uploaded(catalog, name="b.mp4")
    catalog.tenants.set_retention("red", days=10, action=RetentionAction.TRASH)
    catalog.files.edit("red", edited.file_id, {"title": "New"}, now=START + 5 * DAY_US)
    assert run(catalog, 11) == 1
    catalog.lifecycle.restore("red", restored.file_id, now=START + 12 * DAY_US)
    assert run(catalog, 14) == 0
    assert run(catalog, 16) == 1
    assert run(catalog, 23) == 1


def test_for_good_means_the_object_too(catalog: Catalog) -> None:
    record = uploaded(catalog)
    catalog.tenants.set_retention("red", days=1, action=RetentionAction.DELETE)
    assert run(catalog, 2) == 1
    assert catalog.files.get("red", record.file_id).state is State.DELETED
    events = [row.event for row in catalog.queue.claim("metadata", now=START * 2, lease_us=1, limit=100)]
    assert any('"file.deleted"' in event and record.file_id in event for event in events)


def test_a_disabled_tenants_files_stay(catalog: Catalog) -> None:
    uploaded(catalog)
    catalog.tenants.set_retention("red", days=1, action=RetentionAction.DELETE)
    catalog.tenants.disable("red", now=START)
    assert run(catalog, 2) == 0


def test_many_go_in_batches(catalog: Catalog) -> None:
    for number in range(150):
        uploaded(catalog, name=f"{number}.mp4", tags=(KEEP_TAG,) if number % 50 == 0 else ())
    catalog.tenants.set_retention("red", days=1, action=RetentionAction.TRASH)
    assert run(catalog, 2) == 147


def test_a_file_that_is_tagged_at_the_last_moment_stays(catalog: Catalog) -> None:
    record = uploaded(catalog)
    before = START + DAY_US
    assert [file_id for _, file_id in catalog.retention.due("red", before=before, after=0, limit=9)] == [record.file_id]
    catalog.files.edit("red", record.file_id, {"tags": (KEEP_TAG,)}, now=START)
    assert catalog.retention.expire([record.file_id], RetentionAction.DELETE, before=before, now=before) == 0
    assert catalog.files.get("red", record.file_id).state is State.UPLOADED
