"""A program that works on untrusted bytes has no network, no other files, no URL, and no life beyond its master's."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from appliance.domain.errors import TranscodeFailed
from appliance.domain.renditions import plan_ladder
from appliance.media.ffmpeg import Limits, find_ffmpeg
from appliance.media.isolation import SOURCE, Confined
from appliance.media.ladder import encode
from appliance.media.probe import Probe
from tests.films import ffmpeg, h264, picture, tone
from tests.integration.ladders import check
from tests.servers import wait_until


class Shop(ThreadingHTTPServer):
    """Serves one film by ranges, and may break off after so many bytes of all answers together."""

    daemon_threads = True

    def __init__(self, film: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Counter)
        self.film, self.left, self.asked = film, 1 << 40, 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/film?signature=secret"


class Counter(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        self.server.asked += 1
        span = self.headers["Range"].removeprefix("bytes=") if self.headers["Range"] else "0-"
        first, _, last = span.partition("-")
        size = len(self.server.film)
        end = min(int(last or size - 1), size - 1)
        data = self.server.film[int(first) : end + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Range", f"bytes {first}-{end}/{size}")
        self.end_headers()
        self.wfile.write(data[: self.server.left])
        self.server.left = max(0, self.server.left - len(data))

    def log_message(self, format: str, *args: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "a.mkv"
    ffmpeg(*picture("640x360", seconds=8), *tone(seconds=8), "-c:v", "mjpeg", "-q:v", "3", path)
    return path


@pytest.fixture
def shop(film: Path) -> Iterator[Shop]:
    with Shop(film.read_bytes()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(program: list[str], folder: Path, source: str) -> tuple[int, str]:
    """The exit status and all that it said."""
    confined = Confined(program, source=source, folder=folder, memory_bytes=1 << 30, file_bytes=1 << 26)
    try:
        said = confined.output.read() + confined.error.read()
        return confined.process.wait(), said.decode(errors="replace")
    finally:
        confined.close()


def test_it_reads_its_source_and_writes_its_folder(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("the source")
    work = tmp_path / "work"
    work.mkdir()
    script = 'cat "$1" > copy && mkdir sub && mv copy sub/copy && cat sub/copy'
    assert run(["/bin/sh", "-c", script, "sh", SOURCE], work, str(source)) == (0, "the source")


def test_no_other_file_can_be_read_or_written(tmp_path: Path) -> None:
    secret, source, work = tmp_path / "secret", tmp_path / "source", tmp_path / "work"
    secret.write_text("the secret")
    source.write_text("")
    work.mkdir()
    for script in (f"cat {secret}", "cat /etc/passwd", f"echo x > {tmp_path}/new", f"ls {tmp_path}", f"rm {secret}"):
        code, said = run(["/bin/sh", "-c", script], work, str(source))
        assert code != 0, script
        assert "the secret" not in said
        assert "root:" not in said
    assert secret.exists()
    assert not (tmp_path / "new").exists()


def test_no_server_can_be_reached_but_the_one_object_is_there(tmp_path: Path, shop: Shop) -> None:
    code, said = run(["/usr/bin/curl", "-sS", "-m", "5", shop.url], tmp_path, shop.url)
    assert code != 0, said
    assert shop.asked == 0
    code, _ = run(["/usr/bin/curl", "-sS", "-m", "5", "-o", "copy", SOURCE], tmp_path, shop.url)
    assert (code, shop.asked) == (0, 1)
    assert (tmp_path / "copy").read_bytes()[:4] == shop.film[:4]
    assert run(["/bin/echo", SOURCE], tmp_path, shop.url)[1].startswith("http://127.0.0.1:")
    assert "secret" not in run(["/bin/echo", SOURCE], tmp_path, shop.url)[1]


def test_nothing_of_the_environment_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_S3_SECRET_KEY", "hidden")
    (tmp_path / "source").touch()
    assert "hidden" not in run(["/usr/bin/env"], tmp_path, str(tmp_path / "source"))[1]


def test_it_gives_way_to_everything_else(tmp_path: Path) -> None:
    (tmp_path / "source").touch()
    confined = Confined(
        ["/usr/bin/sleep", "60"], source=str(tmp_path / "source"), folder=tmp_path, memory_bytes=1 << 30, file_bytes=1
    )
    try:
        assert psutil.Process(confined.process.pid).nice() == 10
        # Of a kernel that shares the processor out by session, this is the niceness that counts.
        group = Path(f"/proc/{confined.process.pid}/autogroup")
        assert not group.exists() or group.read_text().split()[-2:] == ["nice", "10"]
    finally:
        confined.close()


def test_a_program_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "source").touch()
    code, said = run(["/bin/no-such-program"], tmp_path, str(tmp_path / "source"))
    assert code != 0
    assert "no-such-program" in said


def test_a_ladder_is_made_of_a_film_behind_a_url(tmp_path: Path, shop: Shop) -> None:
    probe = Probe()
    try:
        plan = plan_ladder(probe.analyse(shop.url), "full")
    finally:
        probe.close()
    encoded = encode(find_ffmpeg(), plan, shop.url, tmp_path, limits=Limits())
    assert [one.name for one in encoded.renditions] == ["360p", "234p", "a0"]
    check(tmp_path)


def test_a_store_that_breaks_off_is_no_fault_of_the_film(tmp_path: Path, shop: Shop) -> None:
    probe = Probe()
    try:
        plan = plan_ladder(probe.analyse(shop.url), "full")
    finally:
        probe.close()
    shop.left = len(shop.film) // 2
    with pytest.raises(TranscodeFailed) as raised:
        encode(find_ffmpeg(), plan, shop.url, tmp_path, limits=Limits())
    assert not raised.value.permanent


ENCODE = """
import sys
from pathlib import Path
from appliance.domain.renditions import plan_ladder
from appliance.media.ffmpeg import Limits, find_ffmpeg
from appliance.media.ladder import encode
from appliance.media.probe import Probe
plan = plan_ladder(Probe().analyse(sys.argv[1]), "full")
tell = lambda _: print("on", flush=True)
encode(find_ffmpeg(), plan, sys.argv[1], Path(sys.argv[2]), limits=Limits(), on_progress=tell)
"""


def test_an_encoder_does_not_outlive_a_killed_master(tmp_path: Path) -> None:
    long = tmp_path / "long.avi"
    ffmpeg(*picture("1280x720", seconds=40), "-c:v", "mpeg4", "-q:v", "8", long)
    out = tmp_path / "out"
    out.mkdir()
    with subprocess.Popen([sys.executable, "-c", ENCODE, long, out], stdout=subprocess.PIPE) as master:
        assert master.stdout is not None
        assert master.stdout.readline() == b"on\n"
        encoders = [one for one in psutil.Process(master.pid).children(recursive=True) if "ffmpeg" in one.name()]
        assert len(encoders) == 1
        os.kill(master.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(alive, encoders)), timeout_s=10, what="the encoder's end")


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_copied_and_encoded_rungs_agree_in_the_machines_own_ffmpeg_too(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    ffmpeg(*picture(seconds=8), *tone(seconds=8), *h264(40, b_frames=3), source)
    probe = Probe()
    try:
        analysed = probe.analyse(str(source))
    finally:
        probe.close()
    for copied in (True, False):
        out = tmp_path / f"out-{copied}"
        out.mkdir()
        plan = plan_ladder(analysed, "full", may_copy=copied)
        encoded = encode(find_ffmpeg("/usr/bin/ffmpeg"), plan, str(source), out, limits=Limits())
        assert encoded.plan.copies_video == copied
        check(out)
