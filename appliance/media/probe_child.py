"""The child process that looks into media files: `{"url", "closely"}` in, `{"facts"}` out for each."""

import io
import struct
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import av
import av.logging
import av.stream

from appliance.media.child_loop import Reply, serve
from appliance.media.probe_streams import look_closely
from appliance.media.ranges import BLOCK, RangeReader, open_media

_MEMORY = 2 * 1024**3
_EXTRADATA = 1024
_FRAME_TRIES = 30
_PACKET_TRIES = 300
_NOTHING_SEEN: dict[str, Any] = {"protected": False, "rotated": False, "unknown": []}
#: Containers whose packets or frames tell more than their headers.
_LOOKED_INTO = ("mov", "mjpeg", "jpeg_pipe")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


def probe(location: str, *, closely: bool) -> dict[str, Any]:
    """What the file is made of, as plain numbers and names. closely: with all that an encoder must know."""
    with RangeReader(location) if "://" in location else Path(location).open("rb", buffering=0) as reader:
        with open_media(reader) as container:
            closer = look_closely(container) if closely else {}
            streams = [_stream(stream) | closer.get(stream.index, {}) for stream in container.streams]
            look = _NOTHING_SEEN if closely else _first_look(container)
            whole = {"format": container.format.name, "duration": _seconds(container.duration, 1_000_000)}
            whole["bitrate"] = container.bit_rate
        return {**whole, "streams": streams, **look, "picture": _heif_size(reader)}


def _stream(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    found = {
        "type": stream.type,
        "codec": context.codec.canonical_name if context else None,
        "picture": _is_cover(stream),
        "duration": _seconds(stream.duration, 1 / stream.time_base) if stream.time_base else None,
    }
    if context is not None and stream.type in ("video", "audio"):
        found |= {
            "tag": context.codec_tag,
            "profile": context.profile,
            "level": getattr(context, "level", None),
            "extradata": (context.extradata or b"")[:_EXTRADATA].hex(),
        }
    if context is not None and stream.type == "video":
        aspect = stream.sample_aspect_ratio
        found |= {
            "width": context.width,
            "height": context.height,
            "aspect": float(aspect) if aspect else 1.0,
            "pixels": context.pix_fmt,
        }
    return found


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _seconds(value: int | None, per_second: Any) -> float | None:
    return float(value / per_second) if value is not None else None


def _first_look(container: Any) -> dict[str, Any]:
    """What only packets tell: whether they are encrypted, whether width and height swap when it is shown, and, where no
    decoder knows its pictures, of which types the streams are that none knows.
    """
    streams = [one for one in (*container.streams.video, *container.streams.audio) if not _is_cover(one)]
    known = [one for one in streams if one.codec_context is not None]
    unknown = {one.index for one in streams if one.codec_context is None}
    look: dict[str, Any] = {}
    try:
        if unknown and not any(one.type == "video" for one in known):
            look = {"unknown": _arriving(container, unknown)}
        elif known and container.format.name.partition(",")[0] in _LOOKED_INTO:
            look = _of_first_packets(container, known[0])
    except av.FFmpegError:
        look = {}
    return {**_NOTHING_SEEN, **look}


def _arriving(container: Any, indices: set[int]) -> list[str]:
    """The types of those streams that hold something: an index that was cut off names streams that are not there."""
    packets = islice(container.demux(), _PACKET_TRIES)
    return sorted({packet.stream.type for packet in packets if packet.size and packet.stream.index in indices})


def _of_first_packets(container: Any, stream: Any) -> dict[str, bool]:
    packets = islice(container.demux(stream), _FRAME_TRIES)
    first = next(packets, None)
    if first is None or first.has_sidedata("encryption_info"):
        return {"protected": first is not None}
    return {"rotated": stream.type == "video" and _is_rotated(stream, chain([first], packets))}


def _is_rotated(stream: Any, packets: Iterable[Any]) -> bool:
    """Only a decoded frame carries the matrix or EXIF's orientation."""
    stream.codec_context.thread_count = 1
    for packet in packets:
        for frame in packet.decode():
            return bool(abs(frame.rotation) % 180 == 90)
    return False


def _heif_size(reader: io.RawIOBase) -> list[int] | None:
    """Width and height of a HEIF picture, whose streams are only its tiles (ISO/IEC 23008-12, 6.5.3 and 6.5.10)."""
    reader.seek(0)
    head = reader.read(BLOCK) or b""
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIF_BRANDS:
        return None
    sizes: list[tuple[int, int]] = []
    turned = False
    for name, body in _properties(head):
        if name == b"ispe" and len(body) >= 12:
            sizes.append(struct.unpack(">II", body[4:12]))
        elif name == b"irot" and body:
            turned = turned or bool(body[0] & 1)
    if not sizes:
        return None
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return [height, width] if turned else [width, height]


def _properties(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for name, body in _boxes(head):
        if name == b"meta":
            for inner, properties in _boxes(body[4:]):
                if inner == b"iprp":
                    for kind, container in _boxes(properties):
                        if kind == b"ipco":
                            yield from _boxes(container)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, body) of the boxes in a row (ISO/IEC 14496-12, 4.2)."""
    offset = 0
    while offset + 8 <= len(data):
        size = int.from_bytes(data[offset : offset + 4])
        if size < 8:
            return
        yield data[offset + 4 : offset + 8], data[offset + 8 : offset + size]
        offset += size


def work(request: dict[str, Any], _body: bytes) -> Reply:
    """What one file is made of."""
    return Reply({"facts": probe(request["url"], closely=request.get("closely", False))})


def main() -> None:
    """Serve until standard input ends."""
    av.logging.set_level(None)
    serve(work, memory=_MEMORY)


if __name__ == "__main__":
    main()
