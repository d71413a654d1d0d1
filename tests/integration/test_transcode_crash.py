"""Workers and encoders killed at random moments: every film ends ready, no half ladder is linked, nothing stays."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import m3u8
import psutil
import pytest

from appliance.domain.files import FileRecord, State
from appliance.media.ffmpeg import find_ffmpeg
from appliance.storage.s3 import S3Store
from tests.films import ffmpeg, h264, picture, tone
from tests.integration import ladders
from tests.integration.event_stack import EventStack
from tests.servers import wait_until

KILLS, KILLS_IN_FULL = 5, 20
_LONGEST_PAUSE_S = 4.0


@pytest.fixture
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventStack]:
    with EventStack(tmp_path_factory.mktemp("crash")) as stack:
        yield stack


@pytest.fixture
def workers() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Those that were started; none outlives the test, however it ends."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for worker in started:
        worker.kill()
        worker.wait()


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_whatever_is_killed_every_film_gets_its_ladder(
    still: EventStack,
    workers: list["subprocess.Popen[bytes]"],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    kills = KILLS_IN_FULL if request.config.getoption("--long") else KILLS
    records = [still.upload(path.name, path.read_bytes()) for path in _films(tmp_path)]
    viewer = _Viewer(still, records)
    workers.append(_start(still))
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, _LONGEST_PAUSE_S))
        worker = workers[-1]
        encoders = _encoders(worker)
        if encoders and chance.random() < 0.5:
            with contextlib.suppress(psutil.NoSuchProcess):
                chance.choice(encoders).kill()
            continue
        orphans = psutil.Process(worker.pid).children(recursive=True)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        wait_until(partial(_all_ended, orphans), timeout_s=5, what="nothing of a killed worker is left")
        workers.append(_start(still))
    for record in records:
        still.wait_state(record.file_id, State.READY, timeout_s=180)
    still.wait_idle(120)
    workers[-1].terminate()
    workers[-1].wait()
    viewer.stop()
    assert viewer.broken == []
    for record in records:
        _check_ladder(still, record, tmp_path / record.file_id)
    assert still.bus.dead_letters() == []


class _Viewer(threading.Thread):
    """Opens whatever is linked, again and again: a playlist with anything missing behind it is a half ladder."""

    def __init__(self, stack: EventStack, records: list[FileRecord]) -> None:
        super().__init__(daemon=True)
        self.broken: list[str] = []
        self._stack = stack
        self._records = records
        self._stopping = threading.Event()
        self._whole: set[str] = set()
        self.start()

    def run(self) -> None:
        while not self._stopping.wait(0.05):
            for record in self._records:
                now = self._stack.catalog.files.find(record.file_id)
                if now is not None and now.generation:
                    self._look(f"renditions/red/{record.file_id}/{now.generation}/")

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _look(self, prefix: str) -> None:
        if prefix in self._whole:
            return
        there = {info.key.removeprefix(prefix) for info in self._stack.store.list(prefix)}
        missing = set(_named(self._stack.store, prefix)) - there
        if missing:
            self.broken.append(f"{prefix}: {sorted(missing)}")
        self._whole.add(prefix)


def _named(store: S3Store, prefix: str) -> Iterator[str]:
    """Everything that the multivariant playlist under a prefix leads to."""
    master = m3u8.loads(store.read(prefix + "master.m3u8").decode())
    for uri in [one.uri for one in (*master.playlists, *master.media) if one.uri]:
        yield uri
        folder = uri.rpartition("/")[0]
        media = m3u8.loads(store.read(prefix + uri).decode())
        yield from (f"{folder}/{one.uri}" for one in (*media.segments, *media.segment_map))


def _films(folder: Path) -> list[Path]:
    ffmpeg(*picture("960x540"), *tone(), "-c:v", "mpeg4", "-q:v", "4", "-c:a", "pcm_s16le", folder / "old.avi")
    ffmpeg(*picture(), *tone(), *h264(), "-c:a", "aac", "-b:a", "128k", folder / "plays.mp4")
    ffmpeg(*picture(seconds=12), *h264(), folder / "copied.mkv")
    ffmpeg(*tone(seconds=20), "-c:a", "pcm_s16be", folder / "sound.aiff")
    return sorted(path for path in folder.iterdir() if path.is_file()) * 2


def _start(stack: EventStack) -> "subprocess.Popen[bytes]":
    minio = stack.minio
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.worker_process", stack.catalog_url, minio.url, minio.access_key,
         minio.secret_key, str(stack.folder / "work")]
    )  # fmt: skip


def _encoders(worker: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Those at work; not those that a worker asks at its start what they can do."""
    binary = str(find_ffmpeg().path)
    found = []
    for child in psutil.Process(worker.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.cmdline()[:1] == [binary] and "-progress" in child.cmdline():
                found.append(child)
    return found


def _all_ended(processes: list[psutil.Process]) -> bool:
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
                return False
    return True


def _check_ladder(stack: EventStack, record: FileRecord, folder: Path) -> None:
    ready = stack.catalog.files.find(record.file_id)
    assert ready is not None
    assert (ready.error_type, ready.ready_to_stream) == (None, True)
    prefix = f"renditions/red/{record.file_id}/{ready.generation}/"
    for info in stack.store.list(prefix):
        path = folder / info.key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stack.store.read(info.key))
    ladders.check(folder)
