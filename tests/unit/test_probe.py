"""The probe: what it says of real files, and what it does not do for hostile ones."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from appliance.domain.errors import Malformed, ProbeUnavailable, ResourceLimit, TypeMismatch
from appliance.domain.kinds import Kind, extension_of, kind_of
from appliance.domain.media import MediaFacts
from appliance.media.probe import Probe
from tests.media_files import clip, picture
from tests.range_server import RangeServer
from tests.servers import free_port, wait_until


@pytest.fixture(scope="module")
def probe() -> Iterator[Probe]:
    made = Probe()
    yield made
    made.close()


def look(probe: Probe, name: str, data: bytes) -> MediaFacts:
    with RangeServer(file=data) as server:
        return probe.probe(server.url("file"), kind=kind_of(extension_of(name)), ext=extension_of(name))


class TestFilms:
    def test_a_film_that_browsers_play(self, probe: Probe) -> None:
        facts = look(probe, "a.mp4", clip(width=64, height=48, seconds=2))
        assert (facts.kind, facts.width, facts.height) == (Kind.VIDEO, 64, 48)
        assert facts.duration == pytest.approx(2, abs=0.1)
        assert (facts.video_codec or "").startswith("avc1.")
        assert (facts.audio_codec, facts.plays_as_is) == ("mp4a.40.2", True)

    @pytest.mark.parametrize(
        ("name", "form", "video", "audio", "pixels", "codecs", "plays"),
        [
            ("a.webm", "webm", "libvpx-vp9", "libopus", "yuv420p", ("vp09.00.10.08", "opus"), True),
            ("a.webm", "webm", "libvpx", "libopus", "yuv420p", ("vp8", "opus"), True),
            ("a.mkv", "matroska", "libx264", "aac", "yuv420p", ("avc1", "mp4a.40.2"), False),
            ("a.ts", "mpegts", "libx264", "aac", "yuv420p", ("avc1", "mp4a.40.2"), False),
            ("a.mov", "mov", "prores_ks", "pcm_s16le", "yuv422p10le", ("ap", "pcm_s16le"), False),
            ("a.mp4", "mp4", "libx264", "aac", "yuv444p", ("avc1.F4", "mp4a.40.2"), False),
            ("a.mp4", "mp4", "libx264", "libmp3lame", "yuv420p", ("avc1", "mp4a.6B"), True),
            ("a.mp4", "mp4", "libx265", "aac", "yuv420p", ("hev1", "mp4a.40.2"), False),
            ("a.mp4", "mp4", None, "aac", "", (None, "mp4a.40.2"), True),
            ("a.mp3", "mp3", None, "libmp3lame", "", (None, "mp3"), True),
            ("a.flac", "flac", None, "flac", "", (None, "flac"), True),
            ("a.wav", "wav", None, "pcm_s16le", "", (None, "pcm_s16le"), True),
            ("a.wav", "wav", None, "adpcm_ima_wav", "", (None, "adpcm_ima_wav"), False),
            ("a.mp3", "wav", None, "pcm_s16le", "", (None, "pcm_s16le"), False),
            ("a.m4a", "ipod", None, "alac", "", (None, "alac"), False),
        ],
    )
    def test_forms_and_codecs(
        self, probe: Probe, name: str, form: str, video: str | None, audio: str, pixels: str,
        codecs: tuple[str | None, str], plays: bool,
    ) -> None:  # fmt: skip
        facts = look(probe, name, clip(form=form, video=video, audio=audio, pixels=pixels))
        assert (facts.video_codec is None) == (codecs[0] is None)
        assert (facts.video_codec or "").startswith(codecs[0] or "")
        assert facts.audio_codec == codecs[1]
        assert facts.kind is (Kind.AUDIO if video is None else Kind.VIDEO)
        assert facts.duration == pytest.approx(1, abs=0.15)
        assert facts.plays_as_is is plays

    def test_a_turned_film_is_described_as_it_is_shown(self, probe: Probe) -> None:
        facts = look(probe, "a.mp4", clip(width=64, height=48, turned=90))
        assert (facts.width, facts.height) == (48, 64)

    def test_a_film_under_another_forms_name_does_not_play_as_it_is(self, probe: Probe) -> None:
        assert not look(probe, "a.mp4", clip(form="webm", video="libvpx-vp9", audio="libopus")).plays_as_is

    def test_of_a_large_film_little_is_read(self, probe: Probe) -> None:
        film = clip(video="rawvideo", form="mov", audio="pcm_s16le", width=640, height=480, seconds=6)
        assert len(film) > 20_000_000
        with RangeServer(file=film) as server:
            facts = probe.probe(server.url("file"), kind=Kind.VIDEO, ext="mov")
            assert facts.duration == pytest.approx(6, abs=0.1)
            assert server.served < 5_000_000


class TestPictures:
    @pytest.mark.parametrize(
        ("name", "codec", "pixels"),
        [("a.png", "png", "rgb24"), ("a.jpg", "mjpeg", "yuvj420p"), ("a.bmp", "bmp", "bgr24")],
    )
    def test_sizes(self, probe: Probe, name: str, codec: str, pixels: str) -> None:
        facts = look(probe, name, picture(codec, pixels))
        assert facts == MediaFacts(Kind.IMAGE, 64, 48, plays_as_is=True)

    def test_a_jpeg_with_a_second_one_behind_it_is_a_picture(self, probe: Probe) -> None:
        assert look(probe, "a.jpg", picture("mjpeg", "yuvj420p", frames=2)).width == 64

    def test_what_is_no_picture_or_only_one_is_a_mismatch(self, probe: Probe) -> None:
        with pytest.raises(TypeMismatch):
            look(probe, "a.jpg", clip())
        with pytest.raises(TypeMismatch):
            look(probe, "a.mp4", picture())


class TestHostileFiles:
    @pytest.mark.parametrize("data", [b"\x00", b"no film", os.urandom(5000), clip()[:1500]], ids=len)
    def test_nonsense_is_malformed(self, probe: Probe, data: bytes) -> None:
        with pytest.raises(Malformed):
            look(probe, "a.mp4", data)

    @pytest.mark.parametrize(
        "text",
        [
            "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
            "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
            "ffconcat version 1.0\nfile {url}\n",
            "ffconcat version 1.0\nfile /etc/passwd\n",
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}</BaseURL></MPD>',
        ],
    )
    @pytest.mark.parametrize("ext", ["mp4", "mkv", "ts", "avi"])
    def test_a_playlist_under_a_films_name_reaches_nothing(self, probe: Probe, text: str, ext: str) -> None:
        with RangeServer(secret=clip(form="mpegts")) as server:
            server.files["file"] = text.format(url=server.url("secret")).encode()
            with pytest.raises(Malformed):
                probe.probe(server.url("file"), kind=Kind.VIDEO, ext=ext)
            assert set(server.requests) == {"file"}

    def test_a_file_that_takes_too_long_is_given_up_and_its_process_ended(self) -> None:
        probe = Probe(limit_s=0.5)
        before = set(psutil.Process().children())
        with RangeServer() as server, pytest.raises(ResourceLimit):
            probe.probe(server.url("hangs"), kind=Kind.VIDEO, ext="mp4")
        assert set(psutil.Process().children()) == before
        probe.close()


class TestTrouble:
    def test_bytes_that_are_not_given_may_be_given_later(self, probe: Probe) -> None:
        with RangeServer() as server, pytest.raises(ProbeUnavailable) as missing:
            probe.probe(server.url("file"), kind=Kind.VIDEO, ext="mp4")
        assert not missing.value.permanent
        with pytest.raises(ProbeUnavailable):
            probe.probe(f"http://127.0.0.1:{free_port()}/file", kind=Kind.VIDEO, ext="mp4")

    def test_after_any_failure_the_next_file_is_read(self, probe: Probe) -> None:
        with pytest.raises(Malformed):
            look(probe, "a.mp4", b"no film")
        assert look(probe, "a.mp4", clip()).width == 64

    def test_closing_ends_every_child_and_whoever_waits(self) -> None:
        probe = Probe()
        look(probe, "a.mp4", clip())
        failures: list[BaseException] = []

        def wait() -> None:
            with pytest.raises(ProbeUnavailable) as ended:
                probe.probe(server.url("hangs"), kind=Kind.VIDEO, ext="mp4")
            failures.append(ended.value)

        with RangeServer() as server:
            thread = threading.Thread(target=wait)
            thread.start()
            wait_until(lambda: "hangs" in server.requests, timeout_s=5, what="the child reads")
            started = time.monotonic()
            probe.close()
            thread.join()
        assert time.monotonic() - started < 5
        assert len(failures) == 1
        with pytest.raises(ProbeUnavailable):
            probe.probe("http://127.0.0.1:9/file", kind=Kind.VIDEO, ext="mp4")

    def test_a_child_ends_with_the_process_it_works_for(self) -> None:
        program = (
            "import sys; from appliance.media.probe import Probe; from appliance.domain.kinds import Kind;"
            " Probe().probe(sys.argv[1], kind=Kind.VIDEO, ext='mp4')"
        )
        with RangeServer() as server:
            owner = subprocess.Popen([sys.executable, "-c", program, server.url("hangs")])
            wait_until(lambda: "hangs" in server.requests, timeout_s=10, what="the child reads")
            children = psutil.Process(owner.pid).children(recursive=True)
            assert children
            os.kill(owner.pid, signal.SIGKILL)
            owner.wait()
            wait_until(lambda: not any(map(_lives, children)), timeout_s=5, what="the child is gone")


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
