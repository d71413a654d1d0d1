"""What the probing child tells of streams for somebody who will encode them: times, colours, groups of pictures.

It runs inside the child of probe_child.py. Formats are untrusted.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

_SAMPLE_SECONDS = 12.0
_SAMPLE_PACKETS = 1200
_SAMPLE_BYTES = 48 * 1024 * 1024
_DECODED_FRAMES = 8
#: Seconds by which picture and sound may begin apart.
_NEAR = 0.06
_DECODE_TRIES = 60


def look_closely(container: Any) -> dict[int, dict[str, Any]]:
    """By stream index, what an encoder has to know on top of what the probe tells."""
    import av.stream

    start = (container.start_time or 0) / 1_000_000
    found = {stream.index: _facts(stream, start) for stream in container.streams if stream.codec_context is not None}
    pictures = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None
        and stream.codec_context.width
        and not stream.disposition & av.stream.Disposition.attached_pic
    ]
    if pictures:
        best = max(pictures, key=lambda stream: stream.codec_context.width * stream.codec_context.height)
        packets = list(_sample(container, best))
        found[best.index] |= _of_packets(container, best, packets) | _of_frames(best, packets)
    return found


def _facts(stream: Any, start: float) -> dict[str, Any]:
    import av.stream

    context = stream.codec_context
    facts = {
        "index": stream.index,
        "bitrate": context.bit_rate or None,
        "language": stream.metadata.get("language"),
        "title": stream.metadata.get("title"),
        "default": bool(stream.disposition & av.stream.Disposition.default),
    }
    if stream.type == "audio":
        facts |= {"channels": context.channels, "sample_rate": context.sample_rate}
        facts["starts_at_zero"] = _starts_at_zero(stream, start)
    if stream.type == "video":
        facts |= {"transfer": int(context.color_trc), "rate": _rate(stream)}
    return facts


def _starts_at_zero(stream: Any, start: float) -> bool:
    """Whether what is heard begins with the file, and nothing but an encoder's delay is hidden before it."""
    if stream.start_time is None:
        return False
    base = float(stream.time_base)
    first = next((entry.timestamp for entry in stream.index_entries), stream.start_time)
    return bool(abs(stream.start_time * base - start) < _NEAR and abs(first * base - start) < _NEAR)


def _rate(stream: Any) -> list[int] | None:
    rate = stream.guessed_rate or stream.average_rate or stream.base_rate
    return [rate.numerator, rate.denominator] if rate else None


def _sample(container: Any, stream: Any) -> Iterator[Any]:
    """The stream's first seconds, not decoded."""
    size, start = 0, None
    for number, packet in enumerate(container.demux(stream)):
        size += packet.size
        if packet.dts is not None:
            start = packet.dts if start is None else start
            if float((packet.dts - start) * packet.time_base) > _SAMPLE_SECONDS:
                return
        if number >= _SAMPLE_PACKETS or size > _SAMPLE_BYTES:
            return
        if packet.size:
            yield packet


def _of_packets(container: Any, stream: Any, packets: list[Any]) -> dict[str, Any]:
    timed = [packet for packet in packets if packet.pts is not None]
    if not timed or len(timed) < len(packets):
        return {"steady": False, "starts_with_key": False, "gops": None}
    base = float(stream.time_base)
    shown = sorted(packet.pts * base for packet in timed)
    steps = sorted(later - earlier for earlier, later in pairwise(shown))
    first = timed[0]
    start = (container.start_time or 0) / 1_000_000
    span = shown[-1] - shown[0]
    return {
        "step": steps[len(steps) // 2] if steps else None,
        "steady": bool(steps) and steps[-1] - steps[0] <= 0.0021 + 2 * base,
        "sampled_bitrate": sum(packet.size for packet in timed) * 8 / span if span > 1 else None,
        "starts_with_key": first.is_keyframe
        and not first.is_discard
        and first.pts * base == shown[0]
        and shown[0] - start < _NEAR,
        "gops": _gops(stream, timed),
    }


def _gops(stream: Any, packets: list[Any]) -> dict[str, Any] | None:
    base = float(stream.time_base)
    from_index = [entry.timestamp * base for entry in stream.index_entries if entry.is_keyframe]
    # An index that lists frames that are no key frames lists all frames; that of Matroska is only a choice.
    whole = any(not entry.is_keyframe for entry in stream.index_entries) and bool(stream.duration)
    if whole:
        end = from_index[0] + float(stream.duration * stream.time_base) if from_index else 0.0
        times = [*from_index, end]
    else:
        times = [packet.pts * base for packet in packets if packet.is_keyframe]
        times.append(max(packet.pts for packet in packets) * base)
    if len(times) < 2:
        return None
    longest = max(later - earlier for earlier, later in pairwise(times))
    return {"longest": longest, "closed": _are_closed(stream, packets), "whole": whole}


def _are_closed(stream: Any, packets: list[Any]) -> bool:
    """No picture after a key frame is shown before it, and for H.264 every key frame is an IDR picture."""
    key = None
    for packet in packets:
        if packet.is_keyframe:
            key = packet.pts
            if stream.codec_context.name == "h264" and not _has_idr(stream, bytes(packet)):
                return False
        elif key is not None and packet.pts < key:
            return False
    return True


def _has_idr(stream: Any, data: bytes) -> bool:
    """Whether an access unit holds a NAL unit of type 5 (ITU-T H.264, 7.4.1), behind start codes or lengths."""
    extradata = stream.codec_context.extradata or b""
    if extradata[:1] != b"\x01":
        return any(unit[:1] and unit[0] & 0x1F == 5 for unit in data.split(b"\x00\x00\x01")[1:])
    width, offset = (extradata[4] & 3) + 1 if len(extradata) > 4 else 4, 0
    while offset + width < len(data):
        if data[offset + width] & 0x1F == 5:
            return True
        offset += width + int.from_bytes(data[offset : offset + width])
    return False


def _of_frames(stream: Any, packets: list[Any]) -> dict[str, Any]:
    """What only decoding tells; nothing where the first pictures cannot be decoded."""
    import av

    stream.codec_context.thread_count = 1
    frames: list[Any] = []
    try:
        for packet in packets[:_DECODE_TRIES]:
            frames += stream.codec_context.decode(packet)
            if len(frames) >= _DECODED_FRAMES:
                break
        else:
            frames += stream.codec_context.decode(None)
    except av.FFmpegError:
        pass
    if not frames:
        return {}
    return {
        "interlaced": any(frame.interlaced_frame for frame in frames),
        "rotation": round(frames[0].rotation),
        "transfer": int(frames[0].color_trc),
        "matrix": int(frames[0].colorspace),
        "pixels": frames[0].format.name,
    }
