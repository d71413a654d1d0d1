"""Many films at once on whatever machine this is: all become ready, and the machine is not used up."""

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.films import ffmpeg, h264, picture, tone
from tests.integration.native_stack import NativeStack
from tests.servers import wait_until

_MOST_BYTES = 2_000_000_000
_SAMPLE_S = 0.5
#: People who look at pages and programs that send files meanwhile, and how long each waits between two requests.
_VISITORS, _THINK_S = 4, 0.1


@dataclass(frozen=True, slots=True)
class Load:
    """count: uploads at once. size, seconds: of the films. patience_s: until all must be ready."""

    count: int
    size: str
    seconds: int
    patience_s: float


_SHORT, _FULL = Load(6, "1280x720", 10, 900), Load(20, "1920x1080", 10, 5400)


@pytest.fixture
def load(request: pytest.FixtureRequest) -> Load:
    return _FULL if request.config.getoption("--long") else _SHORT


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[NativeStack]:
    stack = NativeStack.in_folder(tmp_path, MEDIA_RATE_LIMIT="")
    with stack.up():
        yield stack


@pytest.fixture
def films(load: Load, tmp_path: Path) -> list[Path]:
    """As many as there are uploads: one that can be played and copied, one that must be encoded, in turn."""
    plays, old = tmp_path / "plays.mp4", tmp_path / "old.avi"
    streams = [*picture(load.size, seconds=load.seconds), *tone(seconds=load.seconds)]
    ffmpeg(*streams, *h264(), "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", plays)
    ffmpeg(*streams, "-c:v", "mpeg4", "-q:v", "4", "-c:a", "pcm_s16le", old)
    return list(itertools.islice(itertools.cycle([plays, old]), load.count))


@pytest.mark.long
@pytest.mark.timeout(6000)
def test_many_uploads_at_once_leave_the_machine_and_the_api_alive(
    stack: NativeStack, load: Load, films: list[Path]
) -> None:
    began = time.monotonic()
    with stack.client() as client, _Memory(stack) as memory, _Visitors(stack) as visitors:
        with ThreadPoolExecutor(load.count) as senders:
            sent = list(senders.map(lambda path: _send(stack, path), films))

        def finished() -> bool:
            return all(client.get(f"/get/{file_id}").json()["state"] in ("ready", "errored") for file_id in sent)

        try:
            wait_until(finished, timeout_s=load.patience_s, what=f"{load.count} films are ready", every_s=1)
        finally:
            print(
                f"{load.count} films of {load.seconds} s, {load.size}: {time.monotonic() - began:.0f} s; "
                f"memory at most {memory.peak / 1e6:.0f} MB ({memory.described()}); "
                f"{len(visitors.times)} API requests: "
                f"p50 {visitors.percentile(50):.0f} ms, p99 {visitors.percentile(99):.0f} ms"
            )
        views = [client.get(f"/get/{file_id}").json() for file_id in sent]
    assert [(view["state"], view["readyToStream"], view["error"]) for view in views] == [("ready", True, None)] * len(
        films
    )
    assert all([one for one in view["renditions"] if one["kind"] == "hls-video"] for view in views)
    assert visitors.refused == []
    assert memory.peak < _MOST_BYTES


def _send(stack: NativeStack, path: Path) -> str:
    with stack.client() as client:
        asked = client.ask(path.name, path.stat().st_size)
        assert client.put_bytes(asked, path.read_bytes()).status_code == 200
        return str(asked["fileId"])


@dataclass
class _Memory:
    """The memory of all processes of an appliance, looked at now and then; shared pages are counted once."""

    stack: NativeStack
    peak: int = 0
    shares: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> "_Memory":
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._thread.join()

    def described(self) -> str:
        """Who held how much of the peak."""
        largest_first = sorted(self.shares.items(), key=lambda one: -one[1])
        return ", ".join(f"{name} {size / 1e6:.0f}" for name, size in largest_first)

    def _look(self) -> None:
        while not self._stopping.wait(_SAMPLE_S):
            shares: dict[str, int] = {}
            for process in [self.stack.supervisor(), *self.stack.processes()]:
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    name = _named(process)
                    shares[name] = shares.get(name, 0) + _bytes_of(process)
            if sum(shares.values()) > self.peak:
                self.peak, self.shares = sum(shares.values()), shares


def _named(process: psutil.Process) -> str:
    words = process.cmdline()
    known = ("serve", "work", "up")
    return next((word for word in words if word in known or word.startswith("appliance.media.")), process.name())


def _bytes_of(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        # It counts shared pages for each of those that share them.
        return int(process.memory_info().rss)


class _Visitors:
    """Ask the API for this and that, one request after the other, each on a connection of their own."""

    def __init__(self, stack: NativeStack) -> None:
        self.times: list[float] = []
        self.refused: list[str] = []
        self._stack = stack
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._visit, daemon=True) for _ in range(_VISITORS)]

    def __enter__(self) -> "_Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def percentile(self, share: int) -> float:
        """In milliseconds."""
        return sorted(self.times)[len(self.times) * share // 100] * 1000

    def _visit(self) -> None:
        with self._stack.client() as client:
            asked = client.ask("meanwhile.mp4", 1000)
            reads = (f"/get/{asked['fileId']}", "/files?limit=20", "/me")
            for turn in itertools.count():
                if self._stopping.wait(_THINK_S):
                    return
                began = time.monotonic()
                if turn % 4 == 3:
                    answer = client.post("/upload", json={"name": "meanwhile.mp4", "size": 1000})
                else:
                    answer = client.get(reads[turn % 4])
                self.times.append(time.monotonic() - began)
                if answer.is_error:
                    self.refused.append(answer.text)
