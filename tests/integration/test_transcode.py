"""From a stored film to its ladder: what is published when, what is cancelled, what a crash leaves, on a real MinIO."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.files import FileRecord, State
from tests.films import ffmpeg, h264, picture, tone
from tests.integration import ladders
from tests.integration.event_stack import EventStack
from tests.servers import wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    with EventStack(tmp_path_factory.mktemp("transcode")) as stack:
        stack.start_workers()
        yield stack


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Films of six seconds: one that browsers play, one that they do not, a sound that they do not."""
    folder = tmp_path_factory.mktemp("films")
    ffmpeg(*picture(), *tone(), *h264(), "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", folder / "plays.mp4")
    ffmpeg(*picture("854x480"), *tone(), "-c:v", "mpeg4", "-q:v", "3", "-c:a", "pcm_s16le", folder / "old.avi")
    ffmpeg(*tone(), "-c:a", "pcm_s16be", folder / "sound.aiff")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def events_of(stack: EventStack, record: FileRecord) -> list[str]:
    sql = "SELECT event FROM change WHERE file_id = ? ORDER BY id"
    return [row[0] for row in stack.catalog.db.query(sql, (record.file_id,))]


def stored(stack: EventStack, record: FileRecord) -> set[str]:
    prefix = f"renditions/{record.tenant_id}/{record.file_id}/"
    return {info.key.removeprefix(prefix) for info in stack.store.list(prefix)}


def fetch(stack: EventStack, record: FileRecord, folder: Path) -> Path:
    """All generations of a file as they are stored; the folder of the current one."""
    prefix = f"renditions/{record.tenant_id}/{record.file_id}/"
    for info in stack.store.list(prefix):
        path = folder / info.key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stack.store.read(info.key))
    return folder / str(record.generation)


def test_a_film_that_browsers_play_is_playable_at_once_and_gets_a_ladder(
    stack: EventStack, films: dict[str, bytes], tmp_path: Path
) -> None:
    record = stack.upload("plays.mp4", films["plays.mp4"])
    ready = stack.wait_state(record.file_id, State.READY, 60)
    events = events_of(stack, record)
    assert events.index("readyToStream") < events.index("ready")
    assert ready.generation == 1 or ready.stills == 1
    master = ladders.check(fetch(stack, ready, tmp_path))
    assert len(master.playlists) == 2
    names = [made.rendition.name for made in stack.catalog.generations.renditions(record.file_id)]
    assert names == ["234p", "270p", "a0"]


def test_a_film_that_they_do_not_play_gets_one_small_form_first(
    stack: EventStack, films: dict[str, bytes], tmp_path: Path
) -> None:
    record = stack.upload("old.avi", films["old.avi"])
    wait_until(lambda: found(stack, record).ready_to_stream, timeout_s=60, what="the first playable form")
    first = found(stack, record)
    assert first.generation
    assert len(ladders.check(fetch(stack, first, tmp_path / "first")).playlists) == 1
    ready = stack.wait_state(record.file_id, State.READY, 60)
    assert ready.generation > first.generation
    assert len(ladders.check(fetch(stack, ready, tmp_path / "ready")).playlists) == 3


def found(stack: EventStack, record: FileRecord) -> FileRecord:
    after = stack.catalog.files.find(record.file_id)
    assert after is not None
    return after
