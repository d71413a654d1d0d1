"""The bytes that clients send: drawn from a seed, or small media made once."""

import random
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.schedule import Operation
from tests.films import ffmpeg, h264, picture, tone
from tests.media_files import picture as still

BIG = 64 * 1024 * 1024
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bodies:
    """films: by name, one that browsers play and one that has to be encoded. still: a picture."""

    films: dict[str, bytes]
    still: bytes

    @classmethod
    def made_in(cls, folder: Path) -> "Bodies":
        """Drawn and encoded now."""
        plays, old = folder / "plays.mp4", folder / "old.avi"
        streams = [*picture("320x180", seconds=2), *tone(seconds=2)]
        ffmpeg(*streams, *h264(), "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", plays)
        ffmpeg(*streams, "-c:v", "mpeg4", "-q:v", "6", "-c:a", "pcm_s16le", old)
        return cls({path.name: path.read_bytes() for path in (plays, old)}, still())

    def of(self, operation: Operation) -> tuple[str, bytes]:
        """(the end of its name, its bytes)."""
        if operation.kind == "film":
            names = sorted(self.films)
            name = names[operation.seed % len(names)]
            return name, self.films[name]
        if operation.kind == "picture":
            return "still.png", self.still
        chance = random.Random(operation.seed)
        if operation.kind == "multipart":
            block = chance.randbytes(_BLOCK)
            return "big.bin", block * (BIG // _BLOCK) + block[: operation.size]
        return "plain.bin", chance.randbytes(operation.size)
