"""The appliance in the background, and a first file in it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
from rich.console import Console

from appliance.config import Settings
from appliance.domain.errors import SetupError
from appliance.stack.checks import check_machine, runs_own_store
from appliance.stack.children import settings_environment
from appliance.stack.minio_binary import obtain_minio
from appliance.stack.native import READY_SECONDS
from appliance.stack.presence import answers, running_pid
from appliance.stack.welcome import command_line

_CLIP_SECONDS = 5
_CLIP_LIMIT_S = 120


def start_in_background(settings: Settings, console: Console | None = None) -> None:
    """Start `media-appliance up` in a session of its own and return when it is ready.

    Does nothing where one runs on the data folder, but waits for it. Raises SetupError where it does not start.
    """
    console = console or Console(soft_wrap=True, highlight=False)
    log = settings.data_dir / "logs" / "up.log"
    process: subprocess.Popen[bytes] | None = None
    if running_pid(settings.data_dir) is None:
        # Here, where a person watches: the build of MinIO takes minutes, a wrong setting is told at once.
        check_machine(settings)
        if runs_own_store(settings):
            obtain_minio(settings.minio_binary, console)
        process = _launch(settings, log)
    deadline = time.monotonic() + READY_SECONDS
    while not answers(settings.bind, settings.api_port, "/readyz"):
        if process is not None and process.poll() is not None:
            raise SetupError(f"The appliance does not start: {_last_line(log)}")
        if time.monotonic() > deadline:
            raise SetupError(f"The appliance is not ready after {READY_SECONDS:g} s; see {log.parent}.")
        time.sleep(0.05)


def demo(settings: Settings, files: Sequence[Path]) -> int:
    """Upload the files, or a clip made here where none is given, and print their links; the exit code.

    Starts the appliance in the background where none runs, and leaves it running.
    """
    console = Console(soft_wrap=True, highlight=False)
    started = running_pid(settings.data_dir) is None
    if started:
        console.print("Starting the appliance ...")
    start_in_background(settings, console)
    with tempfile.TemporaryDirectory() as folder:
        chosen = list(files) or [make_clip(Path(folder, "demo.mp4"))]
        answer = subprocess.run(
            [sys.executable, "-m", "gui.upload", "--wait", *map(str, chosen)],
            env={**os.environ, "MEDIA_DATA_DIR": str(settings.data_dir)},
            check=False,
        )
    if started:
        console.print(
            f"\nThe appliance goes on in the background; to stop it:\n"
            f"  {command_line(settings, 'media-appliance')} stop",
            markup=False,
        )
    return answer.returncode


def make_clip(path: Path) -> Path:
    """A film of a few seconds that every browser plays: test picture and tone, H.264 and AAC in MP4."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y"]
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=30:duration={_CLIP_SECONDS}"]
    tone = ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={_CLIP_SECONDS}"]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
    audio = ["-c:a", "aac", "-b:a", "128k"]
    try:
        subprocess.run(
            [*command, *picture, *tone, *video, *audio, "-shortest", "-movflags", "+faststart", str(path)],
            check=True,
            capture_output=True,
            text=True,
            timeout=_CLIP_LIMIT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"The demonstration clip could not be made: {error}.") from None
    return path


def _launch(settings: Settings, log: Path) -> "subprocess.Popen[bytes]":
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "appliance.cli", "up"],
            env=settings_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"see {log}."
