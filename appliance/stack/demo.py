"""The first files in an appliance, to see that it works."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
from rich.console import Console

from appliance.config import Settings
from appliance.domain.errors import SetupError
from appliance.stack.background import start_in_background
from appliance.stack.presence import running_pid
from appliance.stack.welcome import command_line

_CLIP_SECONDS = 5
_CLIP_LIMIT_S = 120


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
