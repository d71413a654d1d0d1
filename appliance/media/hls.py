"""The arguments of the one FFmpeg process that makes a ladder: decode once, scale down step by step, cut alike."""

from collections.abc import Iterator

from appliance.domain.renditions import SEGMENT_SECONDS, LadderPlan, VideoRung
from appliance.domain.soundtracks import AudioRung
from appliance.domain.sources import Picture

PLAYLIST = "index.m3u8"
INIT = "init.mp4"
_HD_HEIGHT = 720
#: Fine enough that an encoded frame keeps the time of the copied one to a few microseconds.
_CLOCK = "1/90000"
_QUALITY = {"preview": ("superfast", 26), "full": ("veryfast", 23)}
#: Without 8x8 partitions and with the smallest search, x264 takes a fifth less time for 0.0006 of SSIM at equal size.
_SPEED = "partitions=i4x4,i8x8:me=dia"
#: Seconds of timestamps that a file may carry beyond the duration it claims, before the rest is left off.
_OVERRUN_SECONDS = 30.0


def ladder_arguments(plan: LadderPlan, *, tone_maps: bool, cores: int) -> list[str]:
    """What follows the input. Each rung goes into a folder of its name, as segments and a media playlist.

    cores: how many to use. The rungs are encoded side by side, so each takes its share of them in threads.
    """
    arguments = ["-filter_complex", ";".join(_graph(plan, tone_maps=tone_maps))] if _needs_graph(plan) else []
    for rung in plan.video:
        arguments += _video_output(plan, rung, _threads(plan, rung, cores))
    for audio in plan.audio:
        arguments += _audio_output(plan, audio)
    return arguments


def _needs_graph(plan: LadderPlan) -> bool:
    return not all(rung.copied for rung in plan.rungs)


def _graph(plan: LadderPlan, *, tone_maps: bool) -> Iterator[str]:
    encoded = [rung for rung in plan.video if not rung.copied]
    if encoded and plan.source.picture is not None:
        yield from _video_graph(plan, plan.source.picture, encoded, tone_maps=tone_maps)
    for rung in plan.audio:
        if not rung.copied:
            yield _audio_graph(rung)


def _video_graph(plan: LadderPlan, picture: Picture, rungs: list[VideoRung], *, tone_maps: bool) -> Iterator[str]:
    """A chain in which each rung is scaled from the one above it, which costs a fraction of scaling from the source."""
    filters = list(_to_first(plan, picture, rungs[0], tone_maps=tone_maps))
    source = f"[0:{picture.stream}]"
    for number, rung in enumerate(rungs):
        if number:
            filters = [f"scale={rung.width}:{rung.height}:flags=bicubic"]
        last = number == len(rungs) - 1
        outputs = f"[{rung.name}]" if last else f"split[{rung.name}][below{number}]"
        yield f"{source}{','.join(filters)}{'' if last else ','}{outputs}"
        source = f"[below{number}]"


def _to_first(plan: LadderPlan, picture: Picture, rung: VideoRung, *, tone_maps: bool) -> Iterator[str]:
    """From what was decoded (rotation is applied by then) to the largest encoded rung: 8 bits, 4:2:0, square pixels."""
    if picture.interlaced:
        yield "bwdif=mode=send_frame"
    if plan.frame_rate is not None:
        yield f"fps={plan.frame_rate}:start_time=0"
    if picture.transfer != "sdr" and tone_maps:
        yield f"zscale=w={rung.width}:h={rung.height}:t=linear:npl=203,format=gbrpf32le"
        yield "zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=limited"
    else:
        kernel = "fast_bilinear" if plan.level == "preview" else "bicubic"
        yield f"scale={rung.width}:{rung.height}:flags={kernel}:out_range=limited"
    yield "format=yuv420p,setsar=1"
    if not picture.colours_named and picture.height >= _HD_HEIGHT:
        # Unnamed colours are guessed by the height, and would change from rung to rung.
        yield "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def _audio_graph(rung: AudioRung) -> str:
    """Gaps are filled with silence, so that sound stays with its pictures; more than two channels are mixed down."""
    inputs = "".join(f"[0:{stream}]" for stream in rung.streams)
    joined = f"join=inputs={len(rung.streams)}:channel_layout=stereo," if len(rung.streams) > 1 else ""
    layout = "mono" if rung.channels == 1 else "stereo"
    even = f"aresample=async=1000:first_pts=0,aformat=sample_rates=48000:channel_layouts={layout}"
    return f"{inputs}{joined}{even}[{rung.name}]"


def _video_output(plan: LadderPlan, rung: VideoRung, threads: int) -> list[str]:
    assert plan.source.picture is not None
    if rung.copied:
        return ["-map", f"0:{plan.source.picture.stream}", "-c:v", "copy", *_packaging(plan, rung.name)]
    preset, quality = _QUALITY[plan.level]
    every = str(plan.keyframe_interval)
    if plan.copies_video:
        # Key frames where the copied rung has them; the interval is only a net under a source without any.
        cuts = ["-force_key_frames", "source", "-g", str(plan.keyframe_interval * 10), "-enc_time_base:v", _CLOCK]
    else:
        cuts = ["-g", every, "-keyint_min", every]
    return [
        "-map", f"[{rung.name}]", "-c:v", "libx264", "-profile:v", "high", "-preset", preset,
        "-crf", str(quality), "-maxrate", str(rung.max_bitrate), "-bufsize", str(2 * rung.max_bitrate),
        "-x264-params", _SPEED, *cuts, "-sc_threshold", "0", "-threads", str(threads), "-fps_mode", "passthrough",
        *_packaging(plan, rung.name),
    ]  # fmt: skip


def _threads(plan: LadderPlan, rung: VideoRung, cores: int) -> int:
    """A thread too many costs x264 time and quality, one too few leaves a core idle."""
    pixels = sum(one.width * one.height for one in plan.video if not one.copied)
    return max(1, round(cores * rung.width * rung.height / pixels)) if pixels else 1


def _audio_output(plan: LadderPlan, rung: AudioRung) -> list[str]:
    if rung.copied:
        coding = ["-map", f"0:{rung.streams[0]}", "-c:a", "copy", "-bsf:a", "aac_adtstoasc"]
    else:
        coding = ["-map", f"[{rung.name}]", "-c:a", "aac", "-b:a", str(rung.bitrate)]
    return [*coding, *_packaging(plan, rung.name)]


def _packaging(plan: LadderPlan, name: str) -> list[str]:
    """CMAF segments (ISO/IEC 23000-19) cut at the first key frame from each multiple of the segment length on.

    Negative times stay: the edit list then sets every rung's first picture and sample to the same zero.
    """
    duration = plan.source.duration
    return [
        *(["-t", f"{duration + _OVERRUN_SECONDS:.3f}"] if duration else []),
        "-map_metadata", "-1", "-map_chapters", "-1", "-avoid_negative_ts", "disabled",
        "-max_muxing_queue_size", "4096",
        "-f", "hls", "-hls_time", f"{_segment_seconds(plan):.6f}", "-hls_playlist_type", "vod",
        "-hls_segment_type", "fmp4", "-hls_flags", "independent_segments", "-hls_fmp4_init_filename", INIT,
        "-hls_segment_filename", f"{name}/%05d.m4s", f"{name}/{PLAYLIST}",
    ]  # fmt: skip


def _segment_seconds(plan: LadderPlan) -> float:
    """Twice the interval of key frames, less half a frame: cuts then fall on every second key frame, rounded or not."""
    if plan.frame_rate is None:
        return float(SEGMENT_SECONDS)
    interval = plan.keyframe_interval
    groups = max(1, round(SEGMENT_SECONDS * plan.frame_rate / interval))
    return float((groups * interval - 0.5) / plan.frame_rate)
