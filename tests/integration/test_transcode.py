"""From a stored film to its ladder: what is published when, what is cancelled, what a crash leaves, on a real MinIO."""

import contextlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from appliance.domain.files import FileRecord, State
from appliance.domain.renditions import TranscodeChoice
from tests.films import ffmpeg, h264, picture, tone
from tests.integration import ladders
from tests.integration.api_server import ApiClient, problem_of
from tests.integration.event_stack import EventStack
from tests.servers import wait_until

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood day\n"
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nGuten Tag\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    with EventStack(tmp_path_factory.mktemp("transcode")) as stack:
        stack.start_workers()
        yield stack


@pytest.fixture(scope="module")
def api(stack: EventStack) -> Iterator[ApiClient]:
    """A client of tenant red, to which all films of these tests belong."""
    with stack.client("red") as client:
        yield client


@pytest.fixture(scope="module")
def stranger(stack: EventStack) -> Iterator[ApiClient]:
    stack.catalog.tenants.add("blue", "Blue", quota_bytes=0, quota_files=0, now=1)
    with stack.client("blue") as client:
        yield client


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Films of six seconds: one that browsers play, one that they do not, a sound that they do not; and a long one."""
    folder = tmp_path_factory.mktemp("films")
    ffmpeg(*picture(), *tone(), *h264(), "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", folder / "plays.mp4")
    ffmpeg(*picture("854x480"), *tone(), "-c:v", "mpeg4", "-q:v", "3", "-c:a", "pcm_s16le", folder / "old.avi")
    ffmpeg(*picture("1280x720", seconds=30), "-c:v", "mpeg4", "-q:v", "5", folder / "long.avi")
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


def jobs_of(api: ApiClient, record: FileRecord) -> dict[str, dict[str, Any]]:
    return {job["service"]: job for job in seen(api, record)["jobs"]}


def seen(api: ApiClient, record: FileRecord) -> dict[str, Any]:
    view: dict[str, Any] = api.get(f"/get/{record.file_id}").json()
    return view


def encoders(stack: EventStack) -> list[int]:
    """The encoders of this process that run now."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.cmdline()[:1] == [str(stack.encoder.ffmpeg.path)]:
                found.append(child.pid)
    return found


def test_a_sound_that_browsers_do_not_play_gets_a_ladder_of_sounds(
    stack: EventStack, films: dict[str, bytes], tmp_path: Path
) -> None:
    record = stack.upload("sound.aiff", films["sound.aiff"])
    ready = stack.wait_state(record.file_id, State.READY, 60)
    assert ready.ready_to_stream
    assert len(ladders.check(fetch(stack, ready, tmp_path)).playlists) == 3


@pytest.mark.parametrize(("choice", "generations"), [("none", 0), ("preview", 1)])
def test_a_tenant_chooses_how_much_is_made(
    stack: EventStack, films: dict[str, bytes], choice: str, generations: int
) -> None:
    stack.catalog.tenants.set_transcode("red", TranscodeChoice(choice))
    try:
        record = stack.upload("old.avi", films["old.avi"])
        ready = stack.wait_state(record.file_id, State.READY, 60)
        stack.wait_idle()
    finally:
        stack.catalog.tenants.set_transcode("red", TranscodeChoice.FULL)
    assert ready.ready_to_stream is bool(generations)
    made = {made.generation for made in stack.catalog.generations.renditions(record.file_id)}
    assert len(made) == generations


def test_an_original_of_too_many_bits_is_not_for_viewers(stack: EventStack, films: dict[str, bytes]) -> None:
    data = films["plays.mp4"]
    # A box that players skip makes the file larger than what its film needs (ISO/IEC 14496-12, 8.1.2).
    padding = 8 * 1024 * 1024
    record = stack.upload("plays.mp4", data + padding.to_bytes(4) + b"free" + bytes(padding - 8))
    wait_until(lambda: found(stack, record).video_codec is not None, timeout_s=20, what="it is probed")
    first = stack.catalog.db.query_value(
        "SELECT event FROM change WHERE file_id = ? AND id > (SELECT MIN(id) FROM change WHERE file_id = ? AND"
        " event = 'processing') ORDER BY id LIMIT 1", (record.file_id, record.file_id),
    )  # fmt: skip
    assert first == "updated"
    ready = stack.wait_state(record.file_id, State.READY, 60)
    assert ready.ready_to_stream
    assert ready.generation


def test_what_cannot_be_decoded_is_an_error_with_a_job_that_says_so(stack: EventStack, api: ApiClient) -> None:
    folder = stack.folder / "bad"
    folder.mkdir()
    ffmpeg(*picture(), "-c:v", "prores_ks", folder / "bad.mov")
    data = (folder / "bad.mov").read_bytes()
    start, end = data.index(b"mdat") + 4, data.rindex(b"moov") - 4
    record = stack.upload("bad.mov", data[:start] + b"\xff" * (end - start) + data[end:])
    errored = stack.wait_state(record.file_id, State.ERRORED, 60)
    assert errored.error_type == "malformed"
    stack.wait_idle()
    failed = jobs_of(api, record)["preview"]
    assert (failed["state"], bool(failed["error"])) == ("failed", True)
    assert seen(api, record)["width"] == 480
    assert api.post(f"/jobs/{failed['id']}/retry").status_code == 202
    assert found(stack, record).error_type is None
    stack.wait_state(record.file_id, State.ERRORED, 60)
    stack.wait_idle()
    assert len(stack.bus.dead_letters("preview")) == 1


def test_a_cancelled_job_stops_within_seconds_and_can_be_done_after_all(
    stack: EventStack, films: dict[str, bytes], api: ApiClient, tmp_path: Path
) -> None:
    stack.wait_idle()
    record = stack.upload("long.avi", films["long.avi"])

    def moving() -> bool:
        job = jobs_of(api, record).get("transcode")
        return job is not None and 0 < (job["progress"] or 0) < 1 and job["eta"] is not None

    wait_until(moving, timeout_s=120, what="the ladder's progress is shown")
    job = jobs_of(api, record)["transcode"]
    assert api.post(f"/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
    assert found(stack, record).state is State.READY
    wait_until(lambda: not encoders(stack), timeout_s=5, what="the encoder has ended")
    stack.wait_idle()
    assert jobs_of(api, record)["transcode"]["state"] == "cancelled"
    preview = found(stack, record).generation
    assert len(stack.catalog.generations.renditions(record.file_id)) == 1
    assert api.post(f"/jobs/{job['id']}/cancel").status_code == 200

    assert api.post(f"/jobs/{job['id']}/retry").status_code == 202
    assert found(stack, record).state is State.PROCESSING
    ready = stack.wait_state(record.file_id, State.READY, 240)
    assert ready.generation > preview
    assert len(ladders.check(fetch(stack, ready, tmp_path)).playlists) == 5
    stack.wait_idle()
    problem_of(api.post(f"/jobs/{job['id']}/retry"), 409, "conflict")
    problem_of(api.post(f"/jobs/{job['id']}/cancel"), 409, "conflict")


def test_work_that_has_not_begun_is_seen_and_can_be_cancelled(
    stack: EventStack, films: dict[str, bytes], api: ApiClient
) -> None:
    stack.wait_idle()
    stack.stop_workers()
    stack.start_workers(services=["metadata"])
    record, plain = stack.upload("old.avi", films["old.avi"]), stack.upload("notes.txt", b"text")
    wait_until(lambda: "preview" in jobs_of(api, record), timeout_s=30, what="the work is queued")
    stack.wait_state(plain.file_id, State.READY)
    stack.stop_workers()
    waiting = {name: job for name, job in jobs_of(api, record).items() if job["state"] == "waiting"}
    assert set(waiting) == {"preview", "thumbnails"}
    assert [(job["attempts"], job["progress"], job["error"]) for job in waiting.values()] == [(0, None, None)] * 2
    assert [name for name, job in jobs_of(api, plain).items() if job["state"] == "waiting"] == []
    problem_of(api.post(f"/jobs/{waiting['preview']['id']}/retry"), 409, "conflict")
    for job in waiting.values():
        assert api.post(f"/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
    assert found(stack, record).state is State.READY
    stack.start_workers()
    stack.wait_idle()
    assert {job["state"] for name, job in jobs_of(api, record).items() if name in waiting} == {"cancelled"}
    assert stored(stack, record) == set()
    assert api.post(f"/jobs/{waiting['preview']['id']}/retry").json()["state"] in ("waiting", "running")
    stack.wait_state(record.file_id, State.READY, 120)
    wait_until(lambda: jobs_of(api, record)["transcode"]["state"] == "done", timeout_s=30, what="all is done")


def test_jobs_and_renditions_of_another_tenant_are_not_there(
    stack: EventStack, films: dict[str, bytes], api: ApiClient, stranger: ApiClient
) -> None:
    record = stack.upload("plays.mp4", films["plays.mp4"])
    stack.wait_state(record.file_id, State.READY, 60)
    for job in jobs_of(api, record).values():
        for verb in ("retry", "cancel"):
            problem_of(stranger.post(f"/jobs/{job['id']}/{verb}"), 404, "not_found", "jobId")
    url = f"/get/{record.file_id}"
    problem_of(stranger.post(f"{url}/renditions", json={"audio": True}), 404, "not_found", "fileId")
    problem_of(stranger.put(f"{url}/captions/en", content=VTT), 404, "not_found", "fileId")
    problem_of(stranger.delete(f"{url}/captions/en"), 404, "not_found", "fileId")


def test_captions_come_over_the_ladder_and_go_again(
    stack: EventStack, films: dict[str, bytes], api: ApiClient, tmp_path: Path
) -> None:
    record = stack.upload("plays.mp4", films["plays.mp4"])
    url = f"/get/{record.file_id}/captions"
    # Before there is a ladder: it comes with them.
    sent = api.put(f"{url}/en?label=English", content=VTT)
    assert sent.status_code == 200, sent.text
    ready = stack.wait_state(record.file_id, State.READY, 60)
    stack.wait_idle()
    master = ladders.check(fetch(stack, found(stack, record), tmp_path / "one"))
    assert [(one.language, one.name) for one in master.media if one.type == "SUBTITLES"] == [("en", "English")]
    # Over a ladder: nothing is encoded again.
    assert api.put(f"{url}/de", content=SRT).status_code == 200
    wait_until(lambda: len([one for one in seen(api, record)["captions"] if one["url"]]) == 2,
               timeout_s=20, what="both are shown")  # fmt: skip
    after = found(stack, record)
    assert after.generation > ready.generation
    folder = fetch(stack, after, tmp_path / "two")
    master = ladders.check(folder)
    assert sorted(one.language for one in master.media if one.type == "SUBTITLES") == ["de", "en"]
    assert "Guten Tag" in (folder / "captions" / "de.vtt").read_text()
    ladder = stack.catalog.generations.current(record.file_id, "ladder")
    assert {made.generation for made in stack.catalog.generations.renditions(record.file_id)} == {ladder}
    for language in ("en", "de", "fr"):
        assert api.delete(f"{url}/{language}").status_code == 204
    stack.wait_idle()
    master = ladders.check(fetch(stack, found(stack, record), tmp_path / "three"))
    assert [one for one in master.media if one.type == "SUBTITLES"] == []
    assert seen(api, record)["captions"] == []


def test_captions_that_are_none_are_refused(stack: EventStack, films: dict[str, bytes], api: ApiClient) -> None:
    record = stack.upload("plays.mp4", films["plays.mp4"])
    stack.wait_state(record.file_id, State.READY, 60)
    url = f"/get/{record.file_id}/captions"
    problem_of(api.put(f"{url}/en", content=b"no captions"), 400, "invalid", "body")
    problem_of(api.put(f"{url}/not_a_language", content=VTT), 400, "invalid", "language")
    problem_of(api.put(f"{url}/en", content=VTT + b"x" * 1024 * 1024), 413, "too_large")


def _is_there(ask: Callable[[], httpx.Response]) -> bool:
    return ask().status_code == 200


def test_single_files_are_made_once(stack: EventStack, films: dict[str, bytes], api: ApiClient, tmp_path: Path) -> None:
    record = stack.upload("plays.mp4", films["plays.mp4"])
    stack.wait_state(record.file_id, State.READY, 60)
    url = f"/get/{record.file_id}/renditions"
    problem_of(api.post(url, json={"height": 1080}), 400, "invalid", "height")
    problem_of(api.post(url, json={}), 400, "invalid")
    for wanted, kind, streams in (({"height": 234}, "mp4", ["video", "audio"]), ({"audio": True}, "audio", ["audio"])):
        ask = partial(api.post, url, json=wanted)
        assert [ask().status_code for _ in range(2)] == [202, 202]
        wait_until(partial(_is_there, ask), timeout_s=30, what=f"{wanted} is there")
        made = ask().json()["rendition"]
        assert made["kind"] == kind
        path = tmp_path / made["name"]
        path.write_bytes(stack.store.read(urlsplit(made["url"]).path.removeprefix("/")))
        assert made["bytes"] == path.stat().st_size
        assert [one["codec_type"] for one in ladders.probe(path, "-show_streams")["streams"]] == streams
    stack.wait_idle()
    kinds = [one["kind"] for one in seen(api, record)["renditions"]]
    assert (kinds.count("mp4"), kinds.count("audio")) == (1, 1)
    assert len([key for key in stored(stack, record) if key.endswith((".mp4", ".m4a")) and "init" not in key]) == 2


def test_the_manifest_names_what_is_current(stack: EventStack, films: dict[str, bytes], api: ApiClient) -> None:
    record = stack.upload("plays.mp4", films["plays.mp4"])
    stack.wait_state(record.file_id, State.READY, 60)
    stack.wait_idle()
    manifest = json.loads(stack.store.read(f"renditions/red/{record.file_id}/manifest.json"))
    assert manifest["hls"] == f"{found(stack, record).generation}/master.m3u8"
    assert manifest["hls"] in stored(stack, record)
    assert set(manifest.values()) <= stored(stack, record)
    links = seen(api, record)["links"]
    for name, path in manifest.items():
        assert links[name].endswith(f"/renditions/red/{record.file_id}/{path}")


def test_the_manifest_of_a_picture_names_its_poster_alone(stack: EventStack) -> None:
    path = stack.folder / "a.png"
    ffmpeg(*picture(), "-frames:v", "1", path)
    record = stack.upload(path.name, path.read_bytes())
    wait_until(lambda: bool(found(stack, record).stills), timeout_s=60, what="it has a poster")
    stack.wait_idle()
    manifest = json.loads(stack.store.read(f"renditions/red/{record.file_id}/manifest.json"))
    assert manifest == {"hls": None, "poster": f"{found(stack, record).stills}/poster.jpg", "storyboard": None}


def test_a_film_that_is_deleted_while_it_is_worked_on_leaves_nothing(
    stack: EventStack, films: dict[str, bytes], api: ApiClient
) -> None:
    record = stack.upload("old.avi", films["old.avi"])
    wait_until(lambda: bool(encoders(stack)), timeout_s=30, what="work has begun")
    assert api.delete(f"/delete/{record.file_id}").status_code == 204
    stack.wait_idle(60)
    wait_until(lambda: not stored(stack, record), timeout_s=10, what="nothing is left")
    assert found(stack, record).state is State.DELETED


def test_replaced_renditions_are_removed_after_a_day(stack: EventStack, films: dict[str, bytes]) -> None:
    record = stack.upload("old.avi", films["old.avi"])
    stack.wait_state(record.file_id, State.READY, 60)
    stack.wait_idle()
    before = stored(stack, record)
    stack.reconcile()
    assert stored(stack, record) == before
    stack.catalog.db.write(
        lambda: stack.catalog.db.execute("UPDATE generation SET superseded_at = 1 WHERE superseded_at IS NOT NULL")
    )
    assert stack.reconcile().superseded >= 1
    after = found(stack, record)
    numbers = {name.partition("/")[0] for name in stored(stack, record)}
    assert numbers == {str(after.generation), str(after.stills), "manifest.json"}
