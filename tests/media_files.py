"""Small media files, made on the spot by the same libraries that browsers' formats come from."""

import io
from fractions import Fraction
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame


def clip(
    *,
    form: str = "mp4",
    video: str | None = "libx264",
    audio: str | None = "aac",
    pixels: str = "yuv420p",
    width: int = 64,
    height: int = 48,
    seconds: int = 1,
    frames: int | None = None,
    turned: int = 0,
) -> bytes:
    """A film of a grey picture and silence; video or audio None leaves that out. turned: degrees.

    frames: how many pictures, ten a second where not given."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as output:
        if video is not None:
            picture: Any = output.add_stream(video, rate=10)
            picture.width, picture.height, picture.pix_fmt = width, height, pixels
            if turned:
                picture.set_display_rotation(turned)
        if audio is not None:
            sound: Any = output.add_stream(audio, rate=48_000, layout="mono")
        if video is not None:
            for number in range(frames or 10 * seconds):
                frame = VideoFrame(width, height, "gray")
                frame.planes[0].update(bytes([number % 256]) * frame.planes[0].buffer_size)
                frame.pts, frame.time_base = number, Fraction(1, 10)
                output.mux(picture.encode(frame))
            output.mux(picture.encode(None))
        if audio is not None:
            for number in range(48_000 * seconds // 1000):
                silence = AudioFrame(format="s16", layout="mono", samples=1000)
                silence.planes[0].update(bytes(silence.planes[0].buffer_size))
                silence.sample_rate, silence.pts, silence.time_base = 48_000, number * 1000, Fraction(1, 48_000)
                output.mux(sound.encode(silence))
            output.mux(sound.encode(None))
    return file.getvalue()


def picture(codec: str = "png", pixels: str = "rgb24", *, frames: int = 1) -> bytes:
    """A grey picture of 64 by 48, or several in a row."""
    return clip(form="image2pipe", video=codec, audio=None, pixels=pixels, frames=frames)
