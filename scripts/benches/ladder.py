"""Processor time of a whole ladder: our one process against one FFmpeg per rung with the same preset, quality and caps.

The film is 8 s of 1080p. Once it can be copied as the top rung (which one FFmpeg per rung does not think of), once it
cannot. Equal quality is checked, not assumed: SSIM of each rung against the source at its size.
"""

import re
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from appliance.domain.renditions import LadderPlan, VideoRung, plan_ladder
from appliance.media.ffmpeg import Ffmpeg, Limits, find_ffmpeg
from appliance.media.ladder import encode
from appliance.media.probe import Probe

ROUNDS = 3
SECONDS = 8
COPIED_AIM, ENCODED_AIM, SSIM_AIM = 2.8, 1.6, 0.002


def run() -> dict[str, Any]:
    """CPU seconds with a copied top rung; the other case and the worst loss of SSIM are in further fields."""
    ffmpeg, probe = find_ffmpeg(), Probe()
    try:
        with tempfile.TemporaryDirectory() as folder:
            film = _film(ffmpeg, Path(folder))
            source = probe.analyse(str(film))
            plans = [plan_ladder(source, "full", may_copy=copied) for copied in (True, False)]
            return _compare(ffmpeg, film, Path(folder), *plans)
    finally:
        probe.close()


def _compare(ffmpeg: Ffmpeg, film: Path, folder: Path, copied: LadderPlan, encoded: LadderPlan) -> dict[str, Any]:
    ours: dict[bool, list[float]] = {True: [], False: []}
    peer: list[float] = []
    for number in range(ROUNDS):
        for plan in (copied, encoded):
            ours[plan.copies_video].append(_ours(ffmpeg, film, folder / f"ours-{number}-{plan.copies_video}", plan))
        peer.append(_peer(ffmpeg, film, folder / f"peer-{number}", encoded))
    loss = max(
        _ssim(ffmpeg, film, folder / f"peer-0/{rung.name}.mp4", rung)
        - _ssim(ffmpeg, film, folder / f"ours-0-{plan.copies_video}/{rung.name}/index.m3u8", rung)
        for plan in (copied, encoded)
        for rung in plan.video
    )
    return {
        "bench": "ladder",
        "ours": round(median(ours[True]), 2),
        "peer": round(median(peer), 2),
        "unit": "CPU s",
        "ratio": round(median(peer) / median(ours[True]), 2),
        "aim": COPIED_AIM,
        "encoded_ours": round(median(ours[False]), 2),
        "encoded_ratio": round(median(peer) / median(ours[False]), 2),
        "encoded_aim": ENCODED_AIM,
        "ssim_lost": round(loss, 4),
        "ssim_aim": SSIM_AIM,
    }


def _film(ffmpeg: Ffmpeg, folder: Path) -> Path:
    """Fine detail everywhere, slowly growing: no easy film, and no noise."""
    path = folder / "film.mp4"
    picture = f"mandelbrot=size=1920x1080:rate=25:end_scale=0.02,trim=duration={SECONDS},format=yuv420p"
    _run(
        ffmpeg,
        ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=duration={SECONDS}", "-c:v", "libx264",
         "-preset", "veryfast", "-b:v", "9M", "-maxrate", "10M", "-bufsize", "10M",
         "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-ac", "2", str(path)],
    )  # fmt: skip
    return path


def _ours(ffmpeg: Ffmpeg, film: Path, out: Path, plan: LadderPlan) -> float:
    out.mkdir()
    before = _used()
    encode(ffmpeg, plan, str(film), out, limits=Limits())
    return _used() - before


def _peer(ffmpeg: Ffmpeg, film: Path, out: Path, plan: LadderPlan) -> float:
    out.mkdir()
    before = _used()
    for rung in plan.video:
        _run(ffmpeg, ["-i", str(film), *_rung(rung, plan.keyframe_interval), str(out / f"{rung.name}.mp4")])
    _run(ffmpeg, ["-i", str(film), "-vn", "-c:a", "aac", "-b:a", "128k", str(out / "audio.mp4")])
    return _used() - before


def _rung(rung: VideoRung, interval: int) -> list[str]:
    return ["-an", "-vf", f"scale={rung.width}:{rung.height}", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23",
            "-maxrate", str(rung.max_bitrate), "-bufsize", str(2 * rung.max_bitrate),
            "-g", str(interval), "-keyint_min", str(interval), "-sc_threshold", "0"]  # fmt: skip


def _ssim(ffmpeg: Ffmpeg, film: Path, made: Path, rung: VideoRung) -> float:
    # Ours names its colours; without the same name on both, one would be converted first.
    named = "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    graph = f"[1:v]scale={rung.width}:{rung.height}:flags=bicubic,{named}[source];[0:v]{named}[made];[made][source]ssim"
    said = _run(ffmpeg, ["-i", str(made), "-i", str(film), "-lavfi", graph, "-f", "null", "-"], level="info")
    found = re.search(r"SSIM .* All:([0-9.]+)", said)
    assert found, said
    return float(found[1])


def _run(ffmpeg: Ffmpeg, arguments: Sequence[str], *, level: str = "error") -> str:
    command = [str(ffmpeg.path), "-hide_banner", "-nostdin", "-loglevel", level, "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr


def _used() -> float:
    """CPU seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
