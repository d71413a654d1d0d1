"""The child process that opens media files: one JSON line in for each file, one JSON line out.

It runs as a script of its own and imports no more of the appliance than its neighbour probe_streams: bytes from
outside are parsed here, under limits, with no environment and no credentials. It ends when its standard input does,
also in the middle of a file.
FFmpeg is given bytes by a Python object: it has no protocol to reach a file or a network address by.
"""

import http.client
import io
import json
import os
import queue
import resource
import struct
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_MEMORY = 2 * 1024**3
_CPU_SECONDS = 20
_READ_LIMIT = 512 * 1024 * 1024
_BLOCK = 256 * 1024
_BLOCKS_KEPT = 16
_ANSWER_S = 10.0
_EXTRADATA = 1024
#: Real containers alone: no playlists (hls, dash, concat), no patterns (image2), no text.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,flv,asf,mxf,dv,gxf,ogg,"
    "mp3,aac,wav,w64,aiff,caf,flac,ac3,eac3,amr,amrnb,amrwb,"
    "jpeg_pipe,png_pipe,apng,gif,webp_pipe,bmp_pipe,tiff_pipe,jpegxl_pipe,jpegxl_anim"
)
_FRAME_TRIES = 30
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


class Unavailable(Exception):
    """The store did not give us the bytes."""


class Limit(Exception):
    """More reading than a file may take."""


class RangeReader(io.RawIOBase):
    """An object behind a URL as a seekable file, a block at a time (HTTP range requests, RFC 9110 section 14)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._http = connect(parts.netloc, timeout=_ANSWER_S)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0
        self._fetched = 0
        self.failure: Exception | None = None
        self.size = 0
        self._block(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0 or self._position >= self.size:
            return b""
        start = self._position % _BLOCK
        data = self._block(self._position - start)[start : start + size]
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def _block(self, offset: int) -> bytes:
        if offset in self._blocks:
            self._blocks.move_to_end(offset)
            return self._blocks[offset]
        try:
            data = self._fetch(offset)
        except (OSError, http.client.HTTPException) as error:
            self.failure = Unavailable(f"{type(error).__name__}: {error}")
            raise self.failure from error
        except (Unavailable, Limit) as error:
            self.failure = error
            raise
        self._blocks[offset] = data
        if len(self._blocks) > _BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        return data

    def _fetch(self, offset: int) -> bytes:
        if self._fetched > _READ_LIMIT:
            raise Limit(f"opening it takes more than {_READ_LIMIT} bytes")
        self._http.request("GET", self._target, headers={"Range": f"bytes={offset}-{offset + _BLOCK - 1}"})
        response = self._http.getresponse()
        if response.status != 206:
            raise Unavailable(f"the store answered {response.status}")
        self.size = int(response.headers["Content-Range"].rpartition("/")[2])
        data = response.read()
        self._fetched += len(data)
        return data


def probe(url: str, *, closely: bool) -> dict[str, Any]:
    """What the file is made of, as plain numbers and names. closely: with all that an encoder must know."""
    with RangeReader(url) if "://" in url else Path(url).open("rb", buffering=0) as reader:
        return _probe(reader, closely=closely)


def _probe(reader: io.RawIOBase, *, closely: bool) -> dict[str, Any]:
    import av

    try:
        opened: Any = av.open(
            reader, options={"format_whitelist": _FORMATS, "protocol_whitelist": "none"}, buffer_size=_BLOCK
        )
        with opened as container:
            closer = _closely(container) if closely else {}
            streams = [_stream(stream) | closer.get(stream.index, {}) for stream in container.streams]
            rotated = not closely and _is_rotated(container)
            whole = {"format": container.format.name, "duration": _seconds(container.duration, 1_000_000)}
            whole["bitrate"] = container.bit_rate
        return {**whole, "streams": streams, "rotated": rotated, "picture": _heif_size(reader)}
    except (av.FFmpegError, ValueError, OSError) as error:
        if isinstance(reader, RangeReader) and reader.failure is not None:
            raise reader.failure from error
        raise ValueError(getattr(error, "strerror", None) or str(error)) from error


def _closely(container: Any) -> dict[int, dict[str, Any]]:
    from appliance.media.probe_streams import look_closely

    return look_closely(container)


def _stream(stream: Any) -> dict[str, Any]:
    import av.stream

    context = stream.codec_context
    found = {
        "type": stream.type,
        "codec": context.codec.canonical_name if context else None,
        "picture": bool(stream.disposition & av.stream.Disposition.attached_pic),
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


def _seconds(value: int | None, per_second: Any) -> float | None:
    return float(value / per_second) if value is not None else None


def _is_rotated(container: Any) -> bool:
    """Whether width and height swap when it is shown. Only a decoded frame carries the matrix or EXIF's orientation."""
    import av

    if not container.streams.video or container.format.name.partition(",")[0] not in ("mov", "jpeg_pipe"):
        return False
    stream = container.streams.video[0]
    if stream.codec_context is None:
        return False
    stream.codec_context.thread_count = 1
    try:
        for packet in _first_packets(container, stream):
            for frame in packet.decode():
                return bool(abs(frame.rotation) % 180 == 90)
    except av.FFmpegError:
        return False
    return False


def _first_packets(container: Any, stream: Any) -> Iterator[Any]:
    for number, packet in enumerate(container.demux(stream)):
        if number >= _FRAME_TRIES:
            return
        yield packet


def _heif_size(reader: io.RawIOBase) -> list[int] | None:
    """Width and height of a HEIF picture, whose streams are only its tiles (ISO/IEC 23008-12, 6.5.3 and 6.5.10)."""
    reader.seek(0)
    head = reader.read(_BLOCK) or b""
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


def answer(line: str) -> dict[str, Any]:
    """The answer to one request line: {"facts"} or {"error", "detail"}."""
    try:
        request = json.loads(line)
        return {"facts": probe(request["url"], closely=request.get("closely", False))}
    except Unavailable as error:
        return {"error": "unavailable", "detail": str(error)}
    except (Limit, MemoryError) as error:
        return {"error": "limit", "detail": str(error) or "it takes more memory than a file may"}
    except ValueError as error:
        return {"error": "malformed", "detail": str(error)}


def main() -> None:
    """Serve until standard input ends."""
    _, hard_cpu = resource.getrlimit(resource.RLIMIT_CPU)
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(limit, (value, value))
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_feed, args=(lines,), daemon=True).start()
    import av.logging

    av.logging.set_level(None)
    while True:
        line = lines.get()
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + _CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard_cpu))
        sys.stdout.write(json.dumps(answer(line)) + "\n")
        sys.stdout.flush()


def _feed(lines: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
