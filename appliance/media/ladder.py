"""From a source to a finished folder: one encoder process, then playlists that say what it really made."""

import math
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from appliance.domain.errors import Malformed
from appliance.domain.renditions import LadderPlan, Rendition, VideoRung, plan_ladder
from appliance.domain.soundtracks import AudioRung
from appliance.media.codecs import Stream, codec_string
from appliance.media.ffmpeg import Ffmpeg, Limits, Progress, input_options, run_ffmpeg
from appliance.media.hls import INIT, PLAYLIST, ladder_arguments
from appliance.media.playlists import Segments, multivariant, read_segments
from appliance.media.wholeness import check_whole

MASTER = "master.m3u8"
#: A copied rung with a longer segment is of no use to a player that wants to change rungs.
_LONGEST_COPIED = 12.0


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished generation. plan: the one that was carried out. duration: seconds of the longest rendition."""

    plan: LadderPlan
    renditions: tuple[Rendition, ...]
    duration: float
    bytes: int
    complaints: tuple[str, ...]


def encode(
    ffmpeg: Ffmpeg,
    plan: LadderPlan,
    source: str,
    out: Path,
    *,
    limits: Limits,
    on_progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Encoded:
    """Make all of `plan` from `source` (a path or an HTTP URL) in `out`, an empty folder, with one process.

    A copied rung whose cuts turn out not to be the others' is encoded instead, in a second run.
    What is in `out` after an error is of no use. Raises Malformed, NoDecoder, ResourceLimit, Cancelled,
    TranscodeFailed.
    """
    for rung in plan.rungs:
        (out / rung.name).mkdir()
    skipping = ["-bsf:v", "noise=drop='mod(n,2)'"] if plan.sparing and ffmpeg.skips else []
    arguments = ladder_arguments(plan, tone_maps=ffmpeg.tone_maps, cores=limits.cores)
    complaints = run_ffmpeg(
        ffmpeg,
        [*skipping, *input_options(source, limits, copies=plan.copies_video), *arguments],
        source=source,
        folder=out,
        limits=limits,
        duration=plan.source.duration,
        on_progress=on_progress,
        cancelled=cancelled,
    )
    check_whole(*(path for path in out.rglob("*") if path.is_file()))
    made = {rung.name: _segments(out, rung.name) for rung in plan.rungs}
    if plan.copies_video and not _cut_alike([made[rung.name] for rung in plan.video]):
        for name in made:
            shutil.rmtree(out / name)
        again = plan_ladder(plan.source, plan.level, may_copy=False)
        return encode(ffmpeg, again, source, out, limits=limits, on_progress=on_progress, cancelled=cancelled)
    return _finish(plan, out, made, complaints)


def _segments(out: Path, name: str) -> Segments:
    try:
        segments = read_segments(out / name, PLAYLIST, INIT)
    except OSError:
        raise Malformed("Nothing in the file could be decoded.") from None
    if not segments.durations or segments.duration <= 0:
        raise Malformed("Nothing in the file could be decoded.")
    return segments


def _cut_alike(rungs: Sequence[Segments]) -> bool:
    """Whether players may change from rung to rung at every cut: same number, same lengths to 10 ms, none too long."""
    return all(max(rung.durations) <= _LONGEST_COPIED for rung in rungs) and all(
        len(one.durations) == len(other.durations)
        and all(abs(a - b) < 0.01 for a, b in zip(one.durations[:-1], other.durations[:-1], strict=True))
        for one, other in pairwise(rungs)
    )


def _finish(plan: LadderPlan, out: Path, made: dict[str, Segments], complaints: Sequence[str]) -> Encoded:
    target = max(math.ceil(max(segments.durations)) for segments in made.values())
    for name in made:
        _set_target(out / name / PLAYLIST, target)
    renditions = (
        *(_video(plan, rung, out, made[rung.name]) for rung in plan.video),
        *(_audio(rung, out, made[rung.name]) for rung in plan.audio),
    )
    (out / MASTER).write_text(multivariant(renditions))
    return Encoded(
        plan,
        renditions,
        max(segments.duration for segments in made.values()),
        sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
        tuple(complaints),
    )


def _set_target(playlist: Path, seconds: int) -> None:
    """All playlists of a variant carry the same target duration (RFC 8216, 6.2.4)."""
    text = re.sub(r"(#EXT-X-TARGETDURATION:)\d+", rf"\g<1>{seconds}", playlist.read_text())
    playlist.write_text(text)


def _video(plan: LadderPlan, rung: VideoRung, out: Path, segments: Segments) -> Rendition:
    assert plan.source.picture is not None
    return Rendition(
        name=rung.name,
        kind="hls-video",
        path=f"{rung.name}/{PLAYLIST}",
        bytes=segments.bytes,
        duration=segments.duration,
        bitrate=segments.peak,
        average=segments.average,
        codecs=_avc(out / rung.name / INIT),
        width=rung.width,
        height=rung.height,
        frame_rate=float(plan.frame_rate or plan.source.picture.frame_rate),
    )


def _audio(rung: AudioRung, out: Path, segments: Segments) -> Rendition:
    return Rendition(
        name=rung.name,
        kind="hls-audio",
        path=f"{rung.name}/{PLAYLIST}",
        bytes=segments.bytes,
        duration=segments.duration,
        bitrate=segments.peak,
        average=segments.average,
        codecs="mp4a.40.2",
        channels=rung.channels,
        label=rung.label,
        language=rung.language,
        default=rung.default,
    )


def _avc(init: Path) -> str:
    """The codec string by the decoder configuration (`avcC`) that the packager wrote (ISO/IEC 14496-15, 5.3.3)."""
    data = init.read_bytes()
    start = data.find(b"avcC") + 4
    return codec_string(Stream("h264", "avc1", None, -1, data[start : start + 4], in_mp4=True))
