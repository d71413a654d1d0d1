"""Single files of a finished ladder: an MP4 of one rung and its sound, or the sound alone. Nothing is encoded again."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from appliance.media.ffmpeg import Ffmpeg, Limits, input_options, run_ffmpeg
from appliance.media.hls import INIT
from appliance.media.isolation import SOURCE
from appliance.media.wholeness import check_whole

_WHITELIST = ["-format_whitelist", "mov", "-protocol_whitelist", "file"]


def make_download(ffmpeg: Ffmpeg, rungs: Sequence[Path], out: Path, *, limits: Limits) -> int:
    """Write `out` (.mp4 or .m4a) from one video and one audio rung, or one alone; its size in bytes.

    rungs: folders of one generation, as `encode` left them. The folder of `out` is worked in, and must be its own.
    The index comes first in the file, so that it plays while it loads. Raises ResourceLimit, TranscodeFailed.
    """
    joined = [_join(rung, out.with_name(f"joined-{number}.mp4")) for number, rung in enumerate(rungs)]
    inputs = [part for path in (SOURCE, *map(str, joined[1:])) for part in (*_WHITELIST, "-i", path)]
    maps = [part for number in range(len(joined)) for part in ("-map", str(number))]
    run_ffmpeg(
        ffmpeg,
        [*inputs, *maps, "-c", "copy", "-movflags", "+faststart", "-f", "mp4", str(out)],
        source=str(joined[0]),
        folder=out.parent,
        limits=limits,
        duration=None,
    )
    for path in joined:
        path.unlink()
    check_whole(out)
    return out.stat().st_size


def rewrap(ffmpeg: Ffmpeg, source: str, video_codec: str, out: Path, *, limits: Limits) -> int:
    """Write an original's own first video and audio stream into the MP4 `out`; its size in bytes.

    source: a path or an HTTP URL. video_codec: FFmpeg's name; Apple plays HEVC only under the name hvc1.
    Raises Malformed, ResourceLimit, TranscodeFailed.
    """
    tag = ["-tag:v", "hvc1"] if video_codec == "hevc" else []
    run_ffmpeg(
        ffmpeg,
        [*input_options(source, limits, copies=True), "-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", *tag,
         "-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", str(out)],
        source=source,
        folder=out.parent,
        limits=limits,
        duration=None,
    )  # fmt: skip
    check_whole(out)
    return out.stat().st_size


def _join(rung: Path, path: Path) -> Path:
    """Initialisation section and segments in a row are a fragmented MP4 (ISO/IEC 14496-12, 8.8)."""
    with path.open("wb") as whole:
        for part in (rung / INIT, *sorted(rung.glob("*.m4s"))):
            with part.open("rb") as segment:
                shutil.copyfileobj(segment, whole)
    return path
