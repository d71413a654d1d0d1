"""Films for tests, drawn by the same FFmpeg that the appliance runs: a moving test picture and a tone."""

import subprocess
from pathlib import Path

from appliance.media.ffmpeg import find_ffmpeg


def ffmpeg(*arguments: str | Path) -> None:
    """Run it quietly; what it says is the error."""
    command = [find_ffmpeg().path, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def picture(size: str = "480x270", *, rate: str = "25", seconds: float = 6) -> list[str]:
    """An input of a test picture that moves everywhere."""
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"]


def tone(layout: str = "stereo", *, seconds: float = 6) -> list[str]:
    """An input of a sine tone in every channel of `layout`."""
    return [
        "-f",
        "lavfi",
        "-i",
        f"sine=frequency=440:sample_rate=48000:duration={seconds},aformat=channel_layouts={layout}",
    ]


def h264(gop: int = 50, *, b_frames: int = 2) -> list[str]:
    """What most cameras and editors write: H.264 with closed groups of pictures."""
    return ["-c:v", "libx264", "-preset", "ultrafast", "-g", str(gop), "-keyint_min", str(gop), "-sc_threshold", "0",
            "-bf", str(b_frames), "-pix_fmt", "yuv420p"]  # fmt: skip
