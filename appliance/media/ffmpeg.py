"""FFmpeg as a program: found once, run within limits, watched, ended."""

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.domain.errors import Cancelled, Malformed, NoDecoder, ResourceLimit, SetupError, TranscodeFailed
from appliance.media.isolation import SOURCE, Confined

_POLL_SECONDS = 0.25
_LINES_KEPT = 60
#: Real containers alone: no playlists (hls, dash, concat), no patterns (image2), no text. A list of these
#: demuxers also rejects a playlist that is named like a film, whatever probing makes of it.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,flv,asf,mxf,dv,gxf,ogg,"
    "mp3,aac,wav,w64,aiff,caf,flac,ac3,eac3,amr,amrnb,amrwb,gif"
)
#: What FFmpeg says where the machine is at fault; it says more than that, so this is looked for first.
_MACHINE = ("No space left on device", "Input/output error", "Read-only file system", "Permission denied")
#: Where the bytes are.
_MALFORMED = (
    "Invalid data found when processing input", "moov atom not found", "whitelist", "Invalid NAL unit",
    "does not contain any stream", "matches no streams", "could not find codec", "Decoder not found", "End of file",
    "Error while decoding", "Invalid argument", "Picture size", "Error opening input",
)  # fmt: skip
#: Where the program was built without what it takes; the probe, which has decoders of its own, may know better.
_UNKNOWN = ("no decoder found",)
#: Sent by the kernel that ran out of memory, or by a person; a defect that a file found in a decoder raises others.
_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_EXHAUSTED = ("Cannot allocate memory", "File too large", "Resource temporarily unavailable", "exceeds specified max")


def _cores() -> int:
    """Those that this process may use, as a container may leave it a few of the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """A binary that can do the work. tone_maps: it has zscale, without which HDR is shown with its own flat look.

    skips: it can leave out packets before they are decoded (since 7.1).
    """

    path: Path
    version: str
    tone_maps: bool
    skips: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may take. wall_s: in all; stall_s: without making progress. cores: how many it is to use."""

    wall_s: float = 6 * 3600.0
    stall_s: float = 120.0
    memory_bytes: int = 6 * 1024**3
    file_bytes: int = 64 * 1024**3
    max_pixels: int = 8192 * 8192
    cores: int = field(default_factory=_cores)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. done_s: seconds of the media. fraction, eta_s: None while nothing can be said."""

    done_s: float
    fraction: float | None
    eta_s: float | None


def find_ffmpeg(setting: str = "") -> Ffmpeg:
    """The FFmpeg to run: the one that is set, the packaged one (which is the one that is tested), the machine's.

    Raises SetupError where none can encode H.264 and AAC.
    """
    if setting:
        chosen = _examine(Path(setting))
        if chosen is None:
            raise SetupError(f"MEDIA_FFMPEG_BINARY: {setting} is no ffmpeg with libx264 and aac.")
        return chosen
    packaged = _packaged()
    found = _examine(packaged) if packaged else None
    if found is None:
        raise SetupError("No ffmpeg with libx264 and aac here; install ffmpeg, or name one in MEDIA_FFMPEG_BINARY.")
    return found


def _packaged() -> Path | None:
    # On a platform for which it packs none, imageio-ffmpeg itself looks on PATH.
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        found = shutil.which(get_ffmpeg_exe())
    except RuntimeError:
        found = shutil.which("ffmpeg")
    return Path(found) if found else None


def _examine(path: Path) -> Ffmpeg | None:
    try:
        version, encoders, filters = (_ask(path, word) for word in ("-version", "-encoders", "-filters"))
    except (OSError, subprocess.SubprocessError):
        return None
    if " libx264 " not in encoders or " aac " not in encoders:
        return None
    name = version.split()[2]
    number = re.match(r"n?(\d+)\.(\d+)", name)
    return Ffmpeg(
        path=path,
        version=name,
        tone_maps=" zscale " in filters and " tonemap " in filters,
        skips=number is not None and (int(number[1]), int(number[2])) >= (7, 1),
    )


def _ask(path: Path, word: str) -> str:
    asked = subprocess.run([path, "-hide_banner", word], capture_output=True, text=True, timeout=30, check=True)
    return asked.stdout


def input_options(source: str, limits: Limits, *, copies: bool = False) -> list[str]:
    """The arguments that open SOURCE with no more trust than it has earned.

    copies: packets that are damaged are left out, since nobody decodes what is copied.
    """
    protocols = "http,tcp" if source.startswith(("http://", "https://")) else "file"
    damaged = ["-fflags", "+discardcorrupt"] if copies else []
    return ["-format_whitelist", FORMATS, "-protocol_whitelist", protocols,
            "-max_pixels", str(limits.max_pixels), *damaged, "-i", SOURCE]  # fmt: skip


def run_ffmpeg(
    ffmpeg: Ffmpeg,
    arguments: Sequence[str],
    *,
    source: str,
    folder: Path,
    limits: Limits,
    duration: float | None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Run one process to its end, with `folder` as its own; the lines it complained in.

    source: the path or HTTP URL that SOURCE in `arguments` stands for. duration: seconds of media expected.
    Call it from a thread that stays until it returns. Raises Malformed, NoDecoder, ResourceLimit, Cancelled: trying
    again will not help; TranscodeFailed: it may.
    """
    command = [str(ffmpeg.path), "-hide_banner", "-nostdin", "-loglevel", "warning", "-nostats", "-progress", "pipe:1",
               "-stats_period", "0.5", "-max_alloc", str(1 << 30), *arguments]  # fmt: skip
    try:
        process = Confined(
            command, source=source, folder=folder, memory_bytes=limits.memory_bytes, file_bytes=limits.file_bytes
        )
    except OSError as error:
        raise TranscodeFailed(f"The encoder cannot run: {error}") from error
    try:
        watch = _Watch(process, limits, duration, on_progress, cancelled)
        watch.until_end()
        code = process.process.wait()
        if process.source_failure is not None:
            raise TranscodeFailed(f"The file could not be read to its end: {process.source_failure}.")
        if code != 0:
            raise _why(code, list(watch.complaints))
        return list(watch.complaints)
    finally:
        process.close()


class _Watch:
    """Reads what a process says until it says no more, or has to be ended."""

    def __init__(
        self,
        process: Confined,
        limits: Limits,
        duration: float | None,
        on_progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.complaints: deque[str] = deque(maxlen=_LINES_KEPT)
        self._process = process
        self._limits = limits
        self._duration = duration
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._began = self._moved = time.monotonic()
        self._done_s = -1.0
        self._rest = {process.output.fileno(): b"", process.error.fileno(): b""}

    def until_end(self) -> None:
        """Raises Cancelled or ResourceLimit; who does not see it end kills the process."""
        with selectors.DefaultSelector() as selector:
            for handle in self._rest:
                os.set_blocking(handle, False)
                selector.register(handle, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(_POLL_SECONDS):
                    if not self._read(key.fd):
                        selector.unregister(key.fd)
                self._check()

    def _read(self, handle: int) -> bool:
        data = os.read(handle, 65536)
        *lines, rest = (self._rest[handle] + data).split(b"\n")
        self._rest[handle] = rest[-4096:]
        for line in lines:
            text = line.decode(errors="replace").strip()
            if handle == self._process.error.fileno():
                self.complaints.append(text)
            else:
                self._hear(text)
        return bool(data)

    def _hear(self, line: str) -> None:
        name, _, value = line.partition("=")
        if name != "out_time_us" or not value.lstrip("-").isdigit():
            return
        done = int(value) / 1_000_000
        if done > self._done_s:
            self._done_s, self._moved = done, time.monotonic()
        self._on_progress(self._progress())

    def _progress(self) -> Progress:
        done = max(0.0, self._done_s)
        if not self._duration:
            return Progress(done, None, None)
        fraction = min(1.0, done / self._duration)
        elapsed = time.monotonic() - self._began
        return Progress(done, fraction, elapsed * (1 - fraction) / fraction if fraction > 0 else None)

    def _check(self) -> None:
        now = time.monotonic()
        if self._cancelled():
            raise Cancelled("The work was cancelled.")
        if now - self._began > self._limits.wall_s:
            raise ResourceLimit(f"The file takes longer than {self._limits.wall_s:.0f} s to encode.")
        if now - self._moved > self._limits.stall_s:
            raise ResourceLimit(f"The encoder made no progress for {self._limits.stall_s:.0f} s.")


def _why(code: int, complaints: list[str]) -> Exception:
    said = next((line for line in reversed(complaints) if line), "no reason given")
    text = "\n".join(complaints)
    if any(word in text for word in _MACHINE):
        return TranscodeFailed(f"The encoder could not go on: {said}")
    if -code in _OUTSIDE:
        return TranscodeFailed(f"The encoder was ended from outside (signal {-code}).")
    if code < 0:
        return ResourceLimit(f"The file ended the encoder (signal {-code}): {said}")
    if any(word in text for word in _EXHAUSTED):
        return ResourceLimit(f"Encoding takes more than a file may: {said}")
    if any(word in text for word in _UNKNOWN):
        return NoDecoder(f"The encoder cannot decode it: {said}")
    if any(word in text for word in _MALFORMED):
        return Malformed(f"The file cannot be decoded: {said}")
    return TranscodeFailed(f"The encoder gave up: {said}")
