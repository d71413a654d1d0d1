"""Media files behind URLs, for children: FFmpeg is given bytes by a Python object and no protocol to reach more by."""

import encodings.idna  # noqa: F401 (looked up by name later, when a child can no longer read it)
import http.client
import io
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from appliance.media.child_loop import Limit, Unavailable

BLOCK = 256 * 1024
#: Real containers alone: no playlists (hls, dash, concat), no patterns (image2), no text.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,flv,asf,mxf,dv,gxf,ogg,"
    "mp3,aac,wav,w64,aiff,caf,flac,ac3,eac3,amr,amrnb,amrwb,"
    "mjpeg,jpeg_pipe,png_pipe,apng,gif,webp_pipe,bmp_pipe,tiff_pipe,jpegxl_pipe,jpegxl_anim"
)
_READ_LIMIT = 512 * 1024 * 1024
_BLOCKS_KEPT = 16
_ANSWER_S = 10.0


class RangeReader(io.RawIOBase):
    """An object behind a URL as a seekable file, a block at a time (HTTP range requests, RFC 9110 section 14).

    failure: why a block could not be had, for FFmpeg forgets it.
    """

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
        start = self._position % BLOCK
        data = self._block(self._position - start)[start : start + size]
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        self._http.close()
        super().close()

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
        self._http.request("GET", self._target, headers={"Range": f"bytes={offset}-{offset + BLOCK - 1}"})
        response = self._http.getresponse()
        if response.status != 206:
            raise Unavailable(f"the store answered {response.status}")
        self.size = int(response.headers["Content-Range"].rpartition("/")[2])
        data = response.read()
        self._fetched += len(data)
        return data


@contextmanager
def open_media(reader: io.RawIOBase) -> Iterator[Any]:
    """The container in `reader`, opened with limits; errors of it are ValueError, or why its bytes stayed away."""
    import av

    try:
        opened: Any = av.open(
            reader, options={"format_whitelist": FORMATS, "protocol_whitelist": "none"}, buffer_size=BLOCK
        )
        with opened as container:
            yield container
    except (av.FFmpegError, ValueError, OSError) as error:
        failure = getattr(reader, "failure", None)
        if failure is not None:
            raise failure from error
        raise ValueError(getattr(error, "strerror", None) or str(error)) from error
