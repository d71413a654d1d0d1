"""Still pictures out of films, in child processes: a poster, the frame at a time, a sheet of tiles for scrubbing."""

from dataclasses import dataclass

from appliance.media.children import ChildPool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One JPEG of tiles in rows from left to right, each for `step` seconds. width, height: pixels of one tile."""

    data: bytes
    width: int
    height: int
    columns: int
    tiles: int
    step: float

    def cues(self, name: str) -> str:
        """WebVTT whose cues name the tile of each stretch, in the file `name` beside it (Media Fragments, 4.2.2)."""
        blocks = ["WEBVTT"]
        for number in range(self.tiles):
            row, column = divmod(number, self.columns)
            place = f"{column * self.width},{row * self.height},{self.width},{self.height}"
            times = f"{_timestamp(number * self.step)} --> {_timestamp((number + 1) * self.step)}"
            blocks.append(f"{times}\n{name}#xywh={place}")
        return "\n\n".join(blocks) + "\n"


class Stills:
    """Films are read by ranges of an HTTP URL that needs no credentials of ours. Safe for several threads.

    All raise Malformed where there is nothing to see, ResourceLimit where that takes too long to find, and
    ProbeUnavailable where trying again may help.
    """

    def __init__(self, *, limit_s: float = 180.0, nice: int = 0) -> None:
        """As ChildPool."""
        self._children = ChildPool("appliance.media.stills_child", limit_s=limit_s, nice=nice)

    def frame(self, url: str, at: float) -> bytes:
        """The frame shown at that time, in seconds, as PPM; the last one for a time after the end."""
        return self._children.ask({"url": url, "make": "frame", "at": at}).body

    def poster(self, url: str, duration: float | None) -> bytes:
        """The first frame that is neither black nor blurred, else the best there is; the cover of a record. As PPM."""
        return self._children.ask({"url": url, "make": "poster", "duration": duration}).body

    def sheet(self, url: str, duration: float) -> Sheet:
        """At most a hundred tiles, one for each second of a short film."""
        answer = self._children.ask({"url": url, "make": "sheet", "duration": duration})
        facts = answer.fields
        return Sheet(
            answer.body, facts["width"], facts["height"], facts["columns"], facts["tiles"], facts["step"]
        )  # fmt: skip

    def close(self) -> None:
        """End the children. Idempotent."""
        self._children.close()


def _timestamp(seconds: float) -> str:
    """Hours, minutes, seconds and milliseconds (WebVTT, 3.3)."""
    whole = round(seconds * 1000)
    minutes, rest = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
