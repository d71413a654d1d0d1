"""Films of many kinds become a ladder that any player takes, from one encoder process that can do no harm."""

import os
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from appliance.domain.errors import Cancelled, Malformed, ProcessingError, ResourceLimit, TranscodeFailed
from appliance.domain.renditions import LadderPlan, Level, plan_ladder
from appliance.domain.sources import Source
from appliance.media.downloads import make_download, rewrap
from appliance.media.ffmpeg import Ffmpeg, Limits, Progress, find_ffmpeg
from appliance.media.ladder import Encoded, encode
from appliance.media.probe import Probe
from tests.films import ffmpeg, h264, picture, tone
from tests.integration.ladders import check, key_frames, span
from tests.integration.ladders import probe as ffprobe


@pytest.fixture(scope="module")
def prober() -> Iterator[Probe]:
    probe = Probe()
    yield probe
    probe.close()


@pytest.fixture(scope="module")
def binary() -> Ffmpeg:
    return find_ffmpeg()


class Studio:
    """Makes a ladder of a film in a folder of its own."""

    def __init__(self, prober: Probe, binary: Ffmpeg, folder: Path) -> None:
        self.prober, self.binary, self.folder = prober, binary, folder
        self.out = folder / "out"

    def film(self, name: str, *arguments: str | Path) -> Path:
        path = self.folder / name
        ffmpeg(*arguments, path)
        return path

    def plan(self, film: Path, level: Level = "full") -> LadderPlan:
        return plan_ladder(self.prober.analyse(str(film)), level)

    def ladder(self, film: Path, level: Level = "full") -> Encoded:
        self.out.mkdir()
        return encode(self.binary, self.plan(film, level), str(film), self.out, limits=Limits())

    def source(self, film: Path) -> Source:
        return self.prober.analyse(str(film))


@pytest.fixture
def studio(prober: Probe, binary: Ffmpeg, tmp_path: Path) -> Studio:
    return Studio(prober, binary, tmp_path)


def names(encoded: Encoded) -> list[str]:
    return [one.name for one in encoded.renditions]


def test_what_is_not_h264_is_encoded_at_every_rung(studio: Studio) -> None:
    film = studio.film(
        "a.mov", *picture("854x480"), *tone(), "-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s16le"
    )
    encoded = studio.ladder(film)
    assert names(encoded) == ["480p", "360p", "234p", "a0"]
    assert not encoded.plan.copies_video
    assert encoded.bytes == sum(path.stat().st_size for path in studio.out.rglob("*") if path.is_file())
    check(studio.out)
    assert key_frames(studio.out / "480p/index.m3u8") == [0.0, 2.0, 4.0]
    assert span(studio.out / "a0/index.m3u8") == pytest.approx((0, 6), abs=0.05)


@pytest.mark.parametrize("gop", [50, 37])
def test_good_h264_is_copied_and_the_rungs_below_are_cut_where_it_is(studio: Studio, gop: int) -> None:
    film = studio.film("a.mp4", *picture(seconds=10), *tone(seconds=10), *h264(gop, b_frames=3), "-c:a", "aac")
    encoded = studio.ladder(film)
    assert names(encoded) == ["270p", "234p", "a0"]
    assert encoded.plan.copies_video
    assert encoded.plan.audio[0].copied
    check(studio.out)
    assert key_frames(studio.out / "234p/index.m3u8")[1] == pytest.approx(gop / 25)


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.flv"])
def test_good_h264_is_copied_out_of_other_containers(studio: Studio, name: str) -> None:
    film = studio.film(name, *picture(), *tone(), *h264(), "-c:a", "aac", "-b:a", "128k")
    encoded = studio.ladder(film)
    assert encoded.plan.copies_video
    check(studio.out)


def test_open_groups_of_pictures_are_not_copied(studio: Studio) -> None:
    film = studio.film("a.mp4", *picture(), "-c:v", "libx264", "-g", "30", "-bf", "3", "-x264-params",
                       "open-gop=1:keyint=30:scenecut=0", "-pix_fmt", "yuv420p")  # fmt: skip
    assert not studio.plan(film).copies_video


def test_rare_key_frames_are_not_copied(studio: Studio) -> None:
    film = studio.film("a.mp4", *picture(), *h264(250))
    assert not studio.plan(film).copies_video


def test_the_preview_of_good_h264_is_a_copy(studio: Studio) -> None:
    film = studio.film("a.mkv", *picture(), *tone(), *h264(), "-c:a", "aac", "-b:a", "128k")
    encoded = studio.ladder(film, "preview")
    assert names(encoded) == ["270p", "a0"]
    assert all(rung.copied for rung in encoded.plan.rungs)
    check(studio.out)


def test_the_preview_of_anything_else_is_one_small_rung(studio: Studio) -> None:
    film = studio.film(
        "a.webm", *picture("640x480"), *tone(), "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"
    )
    encoded = studio.ladder(film, "preview")
    assert names(encoded) == ["360p", "a0"]
    check(studio.out)


def test_the_preview_of_a_long_master_moves_at_half_its_rate(studio: Studio) -> None:
    film = studio.film("a.mov", *picture("1024x576", seconds=21), *tone(seconds=21), "-c:v", "mjpeg", "-q:v", "9")
    encoded = studio.ladder(film, "preview")
    assert names(encoded) == ["360p", "a0"]
    assert encoded.plan.frame_rate == Fraction(25, 2)
    check(studio.out)
    assert span(studio.out / "360p/index.m3u8") == pytest.approx((0, 20.96), abs=0.01)
    frames = ffprobe(studio.out / "360p/index.m3u8", "-show_entries", "packet=pts_time")["packets"]
    assert len(frames) == 21 * 25 // 2 + 1


def test_a_phone_held_upright_gives_upright_rungs(studio: Studio) -> None:
    lying = studio.film("lying.mp4", *picture("640x360"), *h264())
    film = studio.film("a.mp4", "-display_rotation", "90", "-i", lying, "-c", "copy")
    encoded = studio.ladder(film)
    assert [(one.width, one.height) for one in encoded.renditions] == [(360, 640), (234, 416)]
    check(studio.out)


def test_frames_at_uneven_times_come_out_even(studio: Studio) -> None:
    uneven = "settb=1/1000,setpts='N*40+if(mod(floor(N/20),2),17,0)'"
    film = studio.film("a.mkv", *picture(), *tone(), "-vf", uneven, "-fps_mode", "vfr",
                       "-enc_time_base:v", "1/1000", "-c:v", "mpeg4", "-q:v", "5")  # fmt: skip
    assert not studio.source(film).picture.steady  # type: ignore[union-attr]
    encoded = studio.ladder(film)
    assert encoded.plan.frame_rate == 25
    check(studio.out)


def test_a_copied_rung_with_uneven_times_sets_the_times_of_the_others(studio: Studio) -> None:
    uneven = "select='not(eq(mod(n,20),7))'"
    film = studio.film("a.mp4", *picture(seconds=8), "-vf", uneven, "-fps_mode", "vfr", *h264())
    encoded = studio.ladder(film)
    assert encoded.plan.copies_video
    check(studio.out)


def test_odd_sizes_are_made_even(studio: Studio) -> None:
    film = studio.film("a.avi", *picture("321x243"), "-c:v", "mjpeg", "-pix_fmt", "yuvj444p")
    encoded = studio.ladder(film)
    assert [(one.width, one.height) for one in encoded.renditions] == [(320, 242)]
    check(studio.out)


def test_interlaced_television_is_deinterlaced(studio: Studio) -> None:
    film = studio.film("a.ts", *picture("720x576"), *tone(), "-vf", "interlace", "-c:v", "mpeg2video", "-b:v", "4M",
                       "-flags", "+ilme+ildct", "-aspect", "16:9", "-c:a", "mp2")  # fmt: skip
    source = studio.source(film)
    assert source.picture is not None
    assert source.picture.interlaced
    assert (source.picture.width, source.picture.height) == (1024, 576)
    encoded = studio.ladder(film)
    assert encoded.renditions[0].width == 1024
    check(studio.out)


@pytest.mark.parametrize(("transfer", "name"), [("smpte2084", "pq"), ("arib-std-b67", "hlg")])
def test_hdr_is_tone_mapped(studio: Studio, transfer: str, name: str) -> None:
    film = studio.film("a.mp4", *picture("480x270", seconds=2), "-c:v", "libx265", "-preset", "ultrafast",
                       "-pix_fmt", "yuv420p10le", "-x265-params",
                       f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc",
                       "-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc")  # fmt: skip
    source = studio.source(film)
    assert source.picture is not None
    assert source.picture.transfer == name
    studio.ladder(film)
    check(studio.out)
    stream = ffprobe(studio.out / "270p/index.m3u8", "-show_streams")["streams"][0]
    assert (stream["color_transfer"], stream["color_primaries"], stream["color_space"]) == ("bt709", "bt709", "bt709")


def test_unnamed_hd_colours_are_named_alike_on_every_rung(studio: Studio) -> None:
    film = studio.film("a.avi", *picture("1280x720", seconds=1), "-c:v", "mpeg4", "-q:v", "6")
    encoded = studio.ladder(film)
    for one in encoded.renditions:
        assert ffprobe(studio.out / one.path, "-show_streams")["streams"][0]["color_space"] == "bt709"


def test_film_rates_keep_their_fraction(studio: Studio) -> None:
    film = studio.film("a.avi", *picture(rate="24000/1001", seconds=9), "-c:v", "mpeg4", "-q:v", "5")
    encoded = studio.ladder(film)
    assert encoded.plan.frame_rate == Fraction(24000, 1001)
    check(studio.out)
    assert key_frames(studio.out / "234p/index.m3u8")[1] == pytest.approx(48 * 1001 / 24000, abs=0.001)


def test_more_than_sixty_frames_a_second_are_halved(studio: Studio) -> None:
    film = studio.film("a.avi", *picture(rate="100", seconds=3), "-c:v", "mpeg4", "-q:v", "5")
    assert studio.ladder(film).plan.frame_rate == 50
    check(studio.out)


def test_a_single_frame_is_a_film(studio: Studio) -> None:
    film = studio.film("a.mkv", *picture(), "-frames:v", "1", "-c:v", "ffv1")
    encoded = studio.ladder(film)
    assert 0 < encoded.duration < 0.1
    check(studio.out)


def test_sound_may_be_missing(studio: Studio) -> None:
    film = studio.film("a.mov", *picture(seconds=2), "-c:v", "mjpeg")
    assert names(studio.ladder(film)) == ["270p", "234p"]
    check(studio.out)


def test_sound_that_begins_late_stays_with_its_pictures(studio: Studio) -> None:
    film = studio.film("a.mp4", *picture(seconds=3), "-itsoffset", "0.7", *tone(seconds=2), *h264(25), "-c:a", "aac")
    encoded = studio.ladder(film)
    assert encoded.plan.copies_video
    assert span(studio.out / "a0/index.m3u8") == pytest.approx((0, 2.7), abs=0.05)
    check(studio.out)


def test_what_was_cut_off_by_an_editor_stays_cut_off(studio: Studio) -> None:
    whole = studio.film("whole.mp4", *picture(), *tone(), *h264(), "-c:a", "aac")
    film = studio.film("a.mp4", "-ss", "1.3", "-i", whole, "-c", "copy")
    studio.ladder(film)
    for rung in ("270p", "a0"):
        assert span(studio.out / rung / "index.m3u8") == pytest.approx((0, 4.7), abs=0.07)
    check(studio.out)


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 2)])
def test_sound_of_other_shapes_becomes_mono_or_stereo(studio: Studio, layout: str, channels: int) -> None:
    film = studio.film("a.mkv", *picture(seconds=2), *tone(layout, seconds=2), "-c:v", "mpeg4", "-c:a", "flac")
    encoded = studio.ladder(film)
    assert encoded.renditions[-1].channels == channels
    check(studio.out)
    stream = ffprobe(studio.out / "a0/index.m3u8", "-show_streams")["streams"][0]
    assert stream["channels"] == channels


def test_eight_mono_tracks_become_four_stereo_ones(studio: Studio) -> None:
    tracks = [part for number in range(1, 9) for part in ("-map", f"{number}:a")]
    tones = [part for _ in range(8) for part in tone("mono", seconds=3)]
    film = studio.film("a.mxf", *picture(seconds=3), *tones, "-map", "0:v", *tracks, "-c:v", "mpeg2video",
                       "-c:a", "pcm_s16le")  # fmt: skip
    encoded = studio.ladder(film)
    assert names(encoded)[-4:] == ["a0", "a1", "a2", "a3"]
    assert [one.channels for one in encoded.renditions[-4:]] == [2, 2, 2, 2]
    master = check(studio.out)
    assert [media.name for media in master.media] == ["Audio 1", "Audio 2", "Audio 3", "Audio 4"]
    assert [media.default for media in master.media] == ["YES", "NO", "NO", "NO"]


def test_languages_are_offered_by_name(studio: Studio) -> None:
    film = studio.film("a.mkv", *picture(seconds=2), *tone(seconds=2), *tone(seconds=2),
                       "-map", "0",
                       "-map", "1", "-map", "2", "-c:v", "mpeg4", "-c:a", "ac3",
                       "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger",
                       "-disposition:a:1", "default", "-disposition:a:0", "0")  # fmt: skip
    studio.ladder(film)
    master = check(studio.out)
    assert [(media.language, media.default) for media in master.media] == [("eng", "NO"), ("ger", "YES")]


def test_sound_alone_has_a_ladder_of_its_own(studio: Studio) -> None:
    film = studio.film("a.wav", *tone(seconds=9))
    encoded = studio.ladder(film)
    assert names(encoded) == ["192k", "128k", "64k"]
    master = check(studio.out)
    assert {one.stream_info.codecs for one in master.playlists} == {"mp4a.40.2"}


def test_a_cover_is_not_a_film(studio: Studio) -> None:
    cover = studio.film("cover.png", *picture(), "-frames:v", "1")
    film = studio.film("a.mp3", *tone(), "-i", cover, "-map", "0", "-map", "1", "-disposition:v", "attached_pic")
    assert names(studio.ladder(film, "preview")) == ["64k"]
    check(studio.out)


def test_what_is_left_of_a_truncated_film_plays(studio: Studio) -> None:
    whole = studio.film(
        "whole.mp4", *picture(seconds=8), *tone(seconds=8), *h264(), "-c:a", "aac", "-movflags", "+faststart"
    )
    film = studio.folder / "a.mp4"
    film.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    studio.out.mkdir()
    encoded = encode(studio.binary, studio.plan(film), str(film), studio.out, limits=Limits())
    assert 3 < encoded.renditions[0].duration < 7
    check(studio.out)


def test_a_segment_that_a_full_disk_cut_off_is_no_ladder_but_a_reason_to_try_again(studio: Studio) -> None:
    film = studio.film("a.mov", *picture(), *tone(), "-c:v", "mjpeg", "-c:a", "pcm_s16le")
    studio.out.mkdir()

    def cut(_: Progress) -> None:
        segment = studio.out / "270p" / "00000.m4s"
        if segment.exists():
            os.truncate(segment, segment.stat().st_size // 2)

    with pytest.raises(TranscodeFailed, match="cut off"):
        encode(studio.binary, studio.plan(film), str(film), studio.out, limits=Limits(), on_progress=cut)


def test_downloads_are_made_of_finished_rungs(studio: Studio, tmp_path: Path) -> None:
    film = studio.film("a.mov", *picture(), *tone(), "-c:v", "mjpeg", "-c:a", "pcm_s16le")
    studio.ladder(film)
    work = tmp_path / "work"
    work.mkdir()
    size = make_download(studio.binary, [studio.out / "270p", studio.out / "a0"], work / "a.mp4", limits=Limits())
    assert size == (work / "a.mp4").stat().st_size
    found = ffprobe(work / "a.mp4", "-show_streams", "-show_format")
    assert [stream["codec_name"] for stream in found["streams"]] == ["h264", "aac"]
    assert float(found["format"]["duration"]) == pytest.approx(6, abs=0.05)
    data = (work / "a.mp4").read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")
    make_download(studio.binary, [studio.out / "a0"], work / "a.m4a", limits=Limits())
    assert [one["codec_name"] for one in ffprobe(work / "a.m4a", "-show_streams")["streams"]] == ["aac"]
    assert sorted(path.name for path in work.iterdir()) == ["a.m4a", "a.mp4"]


def test_rewrapped_hevc_is_named_as_apple_knows_it(studio: Studio, tmp_path: Path) -> None:
    film = studio.film(
        "a.mkv", *picture(seconds=1), "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"
    )
    rewrap(studio.binary, str(film), "hevc", tmp_path / "a.mp4", limits=Limits())
    assert ffprobe(tmp_path / "a.mp4", "-show_streams")["streams"][0]["codec_tag_string"] == "hvc1"


class Lure(ThreadingHTTPServer):
    """A web server that nothing should ever ask."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), LureHandler)
        self.asked: list[str] = []


class LureHandler(BaseHTTPRequestHandler):
    server: Lure

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def lure() -> Iterator[Lure]:
    with Lure() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{target}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT5S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
    'bandwidth="1"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>',
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("where", ["file", "web"])
def test_a_playlist_named_like_a_film_reads_nothing(studio: Studio, lure: Lure, kind: str, where: str) -> None:
    target = "/etc/passwd" if where == "file" else f"http://127.0.0.1:{lure.server_port}/secret.ts"
    film = studio.folder / "a.mp4"
    film.write_text(PLAYLISTS[kind].format(target=target))
    with pytest.raises(Malformed):
        studio.source(film)
    # Even an encoder that is let loose on it without a look beforehand.
    honest = studio.plan(studio.film("honest.mp4", *picture(seconds=1), *h264(25)))
    studio.out.mkdir()
    with pytest.raises(Malformed):
        encode(studio.binary, honest, str(film), studio.out, limits=Limits())
    assert lure.asked == []
    assert not any(b"root:" in path.read_bytes() for path in studio.out.rglob("*") if path.is_file())


@pytest.mark.parametrize("content", [b"", b"This is a text.\n" * 100, b"\x00" * 4096])
def test_what_is_no_film_is_malformed(studio: Studio, content: bytes) -> None:
    film = studio.folder / "a.mp4"
    film.write_bytes(content)
    with pytest.raises(Malformed):
        studio.source(film)


def long_film(studio: Studio) -> Path:
    return studio.film("long.avi", *picture("1280x720", seconds=60), "-c:v", "mpeg4", "-q:v", "8")


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "ffmpeg" in child.name()]


def test_progress_is_told_and_the_work_ends_when_it_is_cancelled(studio: Studio) -> None:
    film = long_film(studio)
    seen: list[Progress] = []
    studio.out.mkdir()
    with pytest.raises(Cancelled):
        encode(studio.binary, studio.plan(film), str(film), studio.out, limits=Limits(), on_progress=seen.append,
               cancelled=lambda: len(seen) >= 6)  # fmt: skip
    fractions = [one.fraction for one in seen if one.fraction is not None]
    assert fractions == sorted(fractions)
    assert 0 < fractions[-1] < 1
    assert seen[-1].eta_s is not None
    assert seen[-1].eta_s > 0
    assert children() == []


def test_work_that_takes_too_long_is_ended(studio: Studio) -> None:
    film = long_film(studio)
    studio.out.mkdir()
    began = time.monotonic()
    with pytest.raises(ResourceLimit):
        encode(studio.binary, studio.plan(film), str(film), studio.out, limits=Limits(wall_s=1.5))
    assert time.monotonic() - began < 5
    assert children() == []


def test_an_encoder_that_somebody_kills_is_no_fault_of_the_film(studio: Studio) -> None:
    film = long_film(studio)
    studio.out.mkdir()

    def kill(progress: Progress) -> None:
        for child in children():
            child.kill()

    with pytest.raises(TranscodeFailed) as raised:
        encode(studio.binary, studio.plan(film), str(film), studio.out, limits=Limits(), on_progress=kill)
    assert not raised.value.permanent


def test_an_encoder_without_enough_memory_says_so(studio: Studio) -> None:
    film = long_film(studio)
    studio.out.mkdir()
    with pytest.raises(ProcessingError) as raised:
        encode(studio.binary, studio.plan(film), str(film), studio.out, limits=Limits(memory_bytes=400_000_000))
    assert isinstance(raised.value, ResourceLimit)
    assert children() == []


def test_a_picture_that_is_too_large_is_not_decoded(studio: Studio) -> None:
    film = studio.film("a.avi", *picture("640x480", seconds=1), "-c:v", "mpeg4")
    studio.out.mkdir()
    with pytest.raises(ProcessingError):
        encode(studio.binary, studio.plan(film), str(film), studio.out, limits=Limits(max_pixels=640 * 400))
