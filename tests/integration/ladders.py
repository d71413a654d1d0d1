"""What independent eyes (ffprobe, ffmpeg, two playlist parsers, one of them strict) see in a finished ladder."""

import json
import subprocess
from pathlib import Path
from typing import Any

import m3u8
import playwright

_STRICT = Path(__file__).parents[1] / "node" / "playlists.js"
#: The one that every installation of the tests brings along.
_NODE = Path(playwright.__file__).parent / "driver" / "node"


def probe(path: Path, *what: str) -> dict[str, Any]:
    """ffprobe's answer; anything it complains about fails."""
    command = ["ffprobe", "-v", "warning", "-of", "json", *what, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def key_frames(playlist: Path) -> list[float]:
    """Times of all key frames, in seconds."""
    packets = probe(playlist, "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags")["packets"]
    return [float(packet["pts_time"]) for packet in packets if "K" in packet["flags"]]


def span(playlist: Path) -> tuple[float, float]:
    """When the first and the last packet begin, in seconds."""
    packets = probe(playlist, "-show_entries", "packet=pts_time")["packets"]
    starts = [float(packet["pts_time"]) for packet in packets]
    return min(starts), max(starts)


def decodes_cleanly(master: Path) -> None:
    """All streams of the ladder decode without a word."""
    streams = ["-map", "0:v?", "-map", "0:a?"]
    command = ["ffmpeg", "-v", "warning", "-nostdin", "-i", str(master), *streams, "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # It says of each caption file that it leaves it out.
    said = [line for line in done.stderr.splitlines() if "Can't support the subtitle" not in line]
    assert not said, said


def parses_strictly(folder: Path) -> None:
    """hls-parser, which refuses what RFC 8216 forbids, takes every playlist."""
    playlists = sorted(map(str, folder.rglob("*.m3u8")))
    done = subprocess.run([_NODE, _STRICT, *playlists], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(playlists)


def check(folder: Path) -> m3u8.M3U8:
    """All that RFC 8216 and players ask of a ladder; its multivariant playlist, parsed."""
    parses_strictly(folder)
    master = m3u8.load(str(folder / "master.m3u8"))
    assert master.is_variant
    assert master.is_independent_segments
    medias = [m3u8.load(str(folder / one.uri)) for one in (*master.playlists, *master.media) if one.uri]
    # Only subtitles may have a target duration of their own (RFC 8216, 6.2.4).
    alike = [one.uri for one in (*master.playlists, *master.media) if getattr(one, "type", "") != "SUBTITLES"]
    assert len({m3u8.load(str(folder / uri)).target_duration for uri in alike if uri}) == 1
    for media in medias:
        assert media.is_endlist
        assert media.playlist_type == "vod"
        assert all(round(segment.duration) <= media.target_duration for segment in media.segments)
    for variant in master.playlists:
        _check_bandwidth(folder, master, variant)
    _check_alignment(folder, master)
    decodes_cleanly(folder / "master.m3u8")
    return master


def _check_bandwidth(folder: Path, master: m3u8.M3U8, variant: m3u8.Playlist) -> None:
    uris = [variant.uri, *(media.uri for media in master.media if media.group_id == variant.stream_info.audio)]
    average = 0.0
    for uri in uris[:2]:
        media = m3u8.load(str(folder / uri))
        seconds = sum(segment.duration for segment in media.segments)
        average += sum((folder / uri).parent.joinpath(s.uri).stat().st_size for s in media.segments) * 8 / seconds
    assert variant.stream_info.average_bandwidth >= average * 0.99
    assert variant.stream_info.average_bandwidth <= average * 1.01 + 1 or len(uris) > 2
    assert variant.stream_info.bandwidth >= variant.stream_info.average_bandwidth


def _check_alignment(folder: Path, master: m3u8.M3U8) -> None:
    """Key frames of all rungs fall together, and each segment begins with one."""
    videos = [one for one in master.playlists if one.stream_info.resolution]
    if not videos:
        return
    keys = [key_frames(folder / one.uri) for one in videos]
    frame = 1 / videos[0].stream_info.frame_rate
    ends = [span(folder / one.uri) for one in videos]
    for one, (video, times) in zip(ends, zip(videos, keys, strict=True), strict=True):
        assert len(times) == len(keys[0])
        assert all(abs(a - b) < 0.002 for a, b in zip(times, keys[0], strict=True)), (times, keys[0])
        assert abs(one[0] - ends[0][0]) < 0.002
        assert abs(one[1] - ends[0][1]) < frame
        at = 0.0
        for segment in m3u8.load(str(folder / video.uri)).segments:
            assert any(abs(at + times[0] - time) < frame / 2 for time in times), (at, times)
            at += segment.duration
        _check_codecs(folder, master, video)


def _check_codecs(folder: Path, master: m3u8.M3U8, video: m3u8.Playlist) -> None:
    stream = probe(folder / video.uri, "-select_streams", "v:0", "-show_streams")["streams"][0]
    names = video.stream_info.codecs.split(",")
    profile = {"Constrained Baseline": "42", "Baseline": "42", "Main": "4D", "High": "64"}[stream["profile"]]
    assert names[0].startswith(f"avc1.{profile}")
    assert int(names[0][-2:], 16) == stream["level"]
    assert names[1:] == (["mp4a.40.2"] if any(media.type == "AUDIO" for media in master.media) else [])
    assert video.stream_info.resolution == (stream["width"], stream["height"])
    assert stream["pix_fmt"] in ("yuv420p", "yuvj420p")
