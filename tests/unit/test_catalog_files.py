"""Finding, listing and editing files; walls between tenants; the change feed."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.catalog.catalog import Catalog
from appliance.catalog.files import Idempotency
from appliance.catalog.listing import Filter
from appliance.domain.errors import Conflict, Gone, NotFound
from appliance.domain.files import FileRecord, State, UploadSession, Visibility
from appliance.domain.kinds import Kind
from tests.catalogs import START, asked, names, new_record, opened, stored_object, uploaded


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with opened(tmp_path, "red", "blue") as made:
        yield made


class TestRecords:
    def test_what_was_stored_is_what_is_read(self, catalog: Catalog) -> None:
        record = new_record(
            name="Ünïcode 😀.mp4", path="a/b", tags=("x", "y"), metadata={"k": "v"}, visibility=Visibility.PRIVATE,
            sha256="0" * 64,
        )  # fmt: skip
        session = UploadSession(record.file_id, "multipart", "upload-1", 50, 2, "0" * 64, START)
        catalog.files.create(record, session)
        assert catalog.files.get("red", record.file_id) == record
        assert catalog.files.session(record.file_id) == session

    def test_an_id_is_given_once(self, catalog: Catalog) -> None:
        record = asked(catalog)
        assert not catalog.lifecycle.adopt(replace(record, object_key=f"files/red/{record.file_id}.bin"))

    def test_editing(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        changes = {
            "title": "New",
            "tags": ("t",),
            "metadata": {"k": "v"},
            "visibility": Visibility.PRIVATE,
            "path": "p",
        }
        after = catalog.files.edit("red", record.file_id, changes, now=START + 1)
        assert after == catalog.files.get("red", record.file_id)
        assert (after.title, after.tags, after.visibility, after.path) == ("New", ("t",), Visibility.PRIVATE, "p")
        assert after.updated_at == START + 1
        assert names(catalog, "red", Filter(tags=("t",))) == ["film.mp4"]

    def test_what_is_gone_is_not_edited(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        catalog.lifecycle.delete("red", record.file_id, now=START)
        with pytest.raises(Conflict):
            catalog.files.edit("red", record.file_id, {"title": "New"}, now=START)

    def test_an_idempotency_key_is_remembered_with_its_file(self, catalog: Catalog) -> None:
        record = new_record()
        session = UploadSession(record.file_id, "put", None, 1, 1, None, START)
        mark = Idempotency("key-1", "once", "hash")
        catalog.files.create(record, session, mark)
        assert catalog.files.recall("key-1", "once") == ("hash", record.file_id)
        assert catalog.files.recall("key-2", "once") is None
        other = new_record()
        with pytest.raises(Conflict):
            catalog.files.create(other, UploadSession(other.file_id, "put", None, 1, 1, None, START), mark)
        assert catalog.files.find(other.file_id) is None
        assert catalog.files.forget_idempotency(before=START + 1) == 1
        assert catalog.files.recall("key-1", "once") is None

    def test_a_duplicate_is_one_whose_hash_was_verified(self, catalog: Catalog) -> None:
        digest = "ab" * 32
        record = asked(catalog, sha256=digest)

        def find(tenant: str, sha256: str, name: str, path: str, shown: str = "public") -> FileRecord | None:
            return catalog.files.find_duplicate(tenant, sha256, name, path, Visibility(shown))

        info = replace(stored_object(record), sha256=None)
        catalog.lifecycle.arrived(record.file_id, info, sequencer=None, now=START)
        assert find("red", digest, "film.mp4", "") is None
        assert catalog.production.verified(record.file_id, "etag-1", digest, now=START)
        found = find("red", digest, "film.mp4", "")
        assert found is not None
        assert found.file_id == record.file_id
        assert find("red", digest, "other.mp4", "") is None
        assert find("red", digest, "film.mp4", "elsewhere") is None
        assert find("red", digest, "film.mp4", "", "private") is None
        assert find("blue", digest, "film.mp4", "") is None
        catalog.lifecycle.trash("red", record.file_id, now=START)
        assert find("red", digest, "film.mp4", "") is None


class TestWalls:
    def test_another_tenants_file_is_not_found(self, catalog: Catalog) -> None:
        record = uploaded(catalog, name="secret.mp4", path="hidden", tags=("tag",), metadata={"k": "v"})
        with pytest.raises(NotFound):
            catalog.files.get("blue", record.file_id)
        with pytest.raises(NotFound):
            catalog.files.edit("blue", record.file_id, {"title": "mine"}, now=START)
        ways = [
            Filter(), Filter(words="secret"), Filter(path="hidden"), Filter(tags=("tag",)), Filter(metadata={"k": "v"}),
            Filter(states=(State.UPLOADED,)), Filter(kind=Kind.VIDEO),
        ]  # fmt: skip
        for wanted in ways:
            assert names(catalog, "blue", wanted) == []
            assert names(catalog, "red", wanted) == ["secret.mp4"]
        assert catalog.listing.folders("blue", "") == []
        assert catalog.changes.since("blue", 0, limit=100) == []

    @pytest.mark.parametrize(
        "words", ["tenant:red secret", 'secret" OR "film', "secret*", "NEAR(secret film)", "-secret"]
    )
    def test_no_query_looks_over_the_wall(self, catalog: Catalog, words: str) -> None:
        uploaded(catalog, name="secret.mp4")
        assert names(catalog, "blue", Filter(words=words)) == []

    def test_the_edge_reads_nothing_of_a_disabled_tenant(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        assert catalog.files.readable(record.file_id) is not None
        catalog.tenants.disable("red", now=START)
        assert catalog.files.readable(record.file_id) is None
        catalog.tenants.enable("red")
        assert catalog.files.readable(record.file_id) is not None


class TestListing:
    def test_newest_first_a_page_at_a_time(self, catalog: Catalog) -> None:
        for number in range(7):
            uploaded(catalog, name=f"{number}.mp4")
        seen: list[str] = []
        before = None
        while page := catalog.listing.page("red", Filter(), before=before, limit=3):
            seen += [record.name for _, record in page]
            before = page[-1][0]
            uploaded(catalog, name="later.mp4")
        assert seen == [f"{number}.mp4" for number in (6, 5, 4, 3, 2, 1, 0)]

    def test_the_gone_and_trashed_are_only_listed_by_state(self, catalog: Catalog) -> None:
        first, second, third = (uploaded(catalog, name=f"{letter}.mp4") for letter in "abc")
        waiting = asked(catalog, name="d.mp4")
        catalog.lifecycle.trash("red", second.file_id, now=START)
        catalog.lifecycle.delete("red", third.file_id, now=START)
        assert names(catalog, "red", Filter()) == [waiting.name, first.name]
        assert names(catalog, "red", Filter(states=(State.TRASHED,))) == [second.name]
        assert names(catalog, "red", Filter(states=(State.TRASHED, State.DELETED))) == [third.name, second.name]

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("holiday", ["Holiday in Málaga.mp4"]),
            ("HOLIDAY malaga", ["Holiday in Málaga.mp4"]),
            ("malag", ["Holiday in Málaga.mp4"]),
            ("keynote", ["talk.mp4"]),
            ("spain", ["Holiday in Málaga.mp4"]),
            ("beach", ["Holiday in Málaga.mp4"]),
            ("canon", ["Holiday in Málaga.mp4"]),
            ("mp4", ["talk.mp4", "Holiday in Málaga.mp4"]),
            ("holiday keynote", []),
            ("日本", ["日本.mov"]),
            ('"', ["日本.mov", "talk.mp4", "Holiday in Málaga.mp4"]),
        ],
    )
    def test_words_are_found_wherever_they_stand(self, catalog: Catalog, words: str, found: list[str]) -> None:
        uploaded(
            catalog, name="Holiday in Málaga.mp4", path="spain/2024", tags=("beach",), metadata={"camera": "Canon"}
        )
        uploaded(catalog, name="talk.mp4", title="Keynote")
        uploaded(catalog, name="日本.mov")
        assert names(catalog, "red", Filter(words=words)) == found

    def test_the_deleted_are_found_by_no_word(self, catalog: Catalog) -> None:
        record = uploaded(catalog, name="secret.mp4")
        catalog.lifecycle.delete("red", record.file_id, now=START)
        assert names(catalog, "red", Filter(words="secret", states=(State.DELETED,))) == []

    def test_filters_narrow_each_other(self, catalog: Catalog) -> None:
        uploaded(catalog, name="a.mp4", tags=("x", "y"), metadata={"k": "1"})
        uploaded(catalog, name="b.mp4", tags=("x",), metadata={"k": "2"})
        uploaded(catalog, name="c.mp3", tags=("x",))
        assert names(catalog, "red", Filter(tags=("x",))) == ["c.mp3", "b.mp4", "a.mp4"]
        assert names(catalog, "red", Filter(tags=("x", "y"))) == ["a.mp4"]
        assert names(catalog, "red", Filter(tags=("x",), kind=Kind.AUDIO)) == ["c.mp3"]
        assert names(catalog, "red", Filter(metadata={"k": "2"})) == ["b.mp4"]
        assert names(catalog, "red", Filter(metadata={"k": "x"}, words="a")) == []

    def test_folders_count_what_is_in_and_below_them(self, catalog: Catalog) -> None:
        for path in ("", "a", "a/b", "a/b/c", "ab", "z"):
            uploaded(catalog, name="f.mp4", path=path, size=10)
        top = [(folder.name, folder.files, folder.bytes) for folder in catalog.listing.folders("red", "")]
        assert top == [("a", 3, 30), ("ab", 1, 10), ("z", 1, 10)]
        assert [(folder.name, folder.files) for folder in catalog.listing.folders("red", "a")] == [("b", 2)]
        assert catalog.listing.folders("red", "a/b/c") == []
        assert names(catalog, "red", Filter(path="a")) == ["f.mp4"]

    def test_holdings_are_read_by_key_and_prefix(self, catalog: Catalog) -> None:
        films = sorted(uploaded(catalog).object_key for _ in range(5))
        uploaded(catalog, name="a.mp3")
        uploaded(catalog, "blue", name="b.mp4")
        page = catalog.listing.holdings("videos/", after="", limit=4)
        rest = catalog.listing.holdings("videos/", after=page[-1].object_key, limit=4)
        keys = [holding.object_key for holding in page + rest]
        assert keys == sorted(keys)
        assert set(films) < set(keys)
        assert len(keys) == 6


class TestChangeFeed:
    def test_a_reader_that_keeps_its_position_misses_nothing(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        first = catalog.changes.since("red", 0, limit=1)
        rest = catalog.changes.since("red", first[-1].id, limit=100)
        assert [change.event for change in first + rest] == ["created", "uploaded"]
        assert rest[-1].file == catalog.files.get("red", record.file_id)
        assert catalog.changes.since("red", catalog.changes.newest(), limit=100) == []

    def test_a_position_that_was_forgotten_is_gone(self, catalog: Catalog) -> None:
        record = uploaded(catalog)
        position = catalog.changes.since("red", 0, limit=1)[0].id
        for _ in range(3):
            catalog.files.edit("red", record.file_id, {"title": "again"}, now=START + 10)
        assert catalog.changes.forget(before=START + 5) == 2
        with pytest.raises(Gone) as gone:
            catalog.changes.since("red", position, limit=100)
        assert gone.value.field == "since"
        assert len(catalog.changes.since("red", catalog.changes.newest() - 1, limit=100)) == 1

    def test_the_newest_change_is_kept_however_old(self, catalog: Catalog) -> None:
        uploaded(catalog)
        newest = catalog.changes.newest()
        catalog.changes.forget(before=START * 2)
        assert catalog.changes.newest() == newest
        assert catalog.changes.since("red", newest, limit=10) == []

    def test_waiting_ends_with_the_next_change(self, catalog: Catalog) -> None:
        position = catalog.changes.newest()
        timer = threading.Timer(0.05, lambda: asked(catalog))
        timer.start()
        assert catalog.changes.wait(position, 10) > position
        timer.join()
        newest = catalog.changes.newest()
        assert catalog.changes.wait(newest, 0.01) == newest
