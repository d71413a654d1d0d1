"""Staged under a number, then one UPDATE: what wins is seen whole, what loses leaves nothing, in a real store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.catalog.captions import CaptionRecord
from appliance.domain.files import FileRecord
from appliance.domain.renditions import LadderPlan, Rendition
from appliance.domain.sources import Source
from appliance.media.ladder import MASTER, Encoded
from appliance.services.publishing import Publisher
from appliance.services.worker import Interrupted
from tests.catalogs import START, stored_object, uploaded
from tests.integration.event_stack import EventStack

RUNG = Rendition("360p", "hls-video", "360p/index.m3u8", 1000, 6.0, 800_000, 700_000, "avc1.64001E", 640, 360, 25.0)
FILES = ["360p/index.m3u8", "360p/init.mp4", "360p/seg_00000.m4s", MASTER]
ENCODED = Encoded(LadderPlan("full", Source("mov", 6.0, None), (), (), None), (RUNG,), 6.0, 1000, ())


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    """Nobody works here but the tests."""
    with EventStack(tmp_path_factory.mktemp("publishing")) as stack:
        yield stack


@pytest.fixture
def publisher(stack: EventStack) -> Publisher:
    return Publisher(stack.parts)


@pytest.fixture
def record(stack: EventStack) -> FileRecord:
    return uploaded(stack.catalog)


@pytest.fixture
def ladder(tmp_path: Path) -> Path:
    """What an encoder leaves."""
    for name in FILES:
        path = tmp_path / "ladder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "ladder"


def below(stack: EventStack, record: FileRecord) -> set[str]:
    """All there is in the store for a file."""
    prefix = f"renditions/red/{record.file_id}/"
    return {info.key.removeprefix(prefix) for info in stack.store.list(prefix)}


def generation(stack: EventStack, record: FileRecord) -> int:
    return stack.catalog.files.get("red", record.file_id).generation


def publish(publisher: Publisher, record: FileRecord, ladder: Path, wanted: Callable[[], bool] = lambda: True) -> bool:
    return publisher.publish_ladder(record, ladder, ENCODED, final=True, wanted=wanted)


def after(moves: int, what: Callable[[], object]) -> Callable[[], bool]:
    """Asked after each stored object whether to go on: yes, but something happens at that one."""
    asked = iter(range(moves))

    def wanted() -> bool:
        if next(asked, None) == moves - 1:
            what()
        return True

    return wanted


def test_what_is_published_is_there_whole(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    assert publish(publisher, record, ladder)
    assert generation(stack, record) == 1
    assert below(stack, record) == {"manifest.json", *(f"1/{name}" for name in FILES)}


def test_nothing_is_linked_before_all_of_it_is_stored(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    seen: list[int] = []

    def look() -> bool:
        seen.append(generation(stack, record))
        return True

    assert publish(publisher, record, ladder, look)
    assert seen == [0] * len(FILES)


def test_a_worker_whose_turn_was_taken_by_another_leaves_nothing(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    other = Publisher(stack.parts)
    assert not publish(publisher, record, ladder, after(2, lambda: publish(other, record, ladder)))
    assert generation(stack, record) == 2
    assert below(stack, record) == {"manifest.json", *(f"2/{name}" for name in FILES)}
    assert stack.catalog.generations.unfinished(record.file_id, "ladder") == []


def test_what_was_made_of_older_bytes_is_not_published(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    def overwrite() -> None:
        stack.catalog.lifecycle.arrived(record.file_id, stored_object(record, "etag-2"), sequencer=None, now=START)

    assert not publish(publisher, record, ladder, after(3, overwrite))
    assert generation(stack, record) == 0
    assert below(stack, record) == {"manifest.json"}


def test_a_file_that_is_deleted_meanwhile_gets_nothing_back(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    def delete() -> None:
        stack.catalog.lifecycle.delete("red", record.file_id, now=START)

    assert not publish(publisher, record, ladder, after(3, delete))
    assert below(stack, record) == set()


def test_who_is_told_to_stop_takes_back_what_was_stored(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    left = iter([True, True, False])
    with pytest.raises(Interrupted):
        publish(publisher, record, ladder, lambda: next(left, False))
    assert below(stack, record) == set()
    assert generation(stack, record) == 0


def test_what_a_killed_worker_left_is_removed_by_the_next(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    number = publisher.begin(record, "ladder")
    assert number is not None
    publisher.put_folder(record, number, ladder, lambda: True)
    assert len(below(stack, record)) == len(FILES)
    assert publish(publisher, record, ladder)
    assert {name.partition("/")[0] for name in below(stack, record)} == {"2", "manifest.json"}


def test_captions_that_came_during_the_work_are_over_the_ladder(
    stack: EventStack, publisher: Publisher, record: FileRecord, ladder: Path
) -> None:
    def caption() -> None:
        stack.catalog.captions.put(record.file_id, CaptionRecord("en", "English", "WEBVTT\n", START))

    assert publish(publisher, record, ladder, after(2, caption))
    current = generation(stack, record)
    assert current > 1
    master = stack.store.read(f"renditions/red/{record.file_id}/{current}/{MASTER}").decode()
    assert "../1/360p/index.m3u8" in master
    assert 'URI="captions/en.m3u8"' in master
    assert f"{current}/captions/en.vtt" in below(stack, record)
