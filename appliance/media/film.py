"""Single frames of a film, as people see them: turned, square, one field, in the colours of a screen; in children."""

from collections.abc import Iterator
from typing import Any

import av
import av.stream

from appliance.media.hdr import from_hdr, is_hdr
from appliance.media.pixels import from_frame, from_rows

LONGEST_SIDE = 4096
_LOOK_SIDE = 160
#: Beyond that many seconds seeking is cheaper than decoding on. Times are rounded by the containers.
_ONWARD_S, _EARLY_S = 30.0, 0.001
_STEPS_BACK_S = (2.0, 15.0)


class Film:
    """The pictures of one opened container. Calls may move back and forth; frames decoded count against a budget."""

    def __init__(self, container: Any, *, frames: int) -> None:
        """frames: how many may be decoded in all. ValueError where there is nothing to see."""
        self._container = container
        self._left = frames
        self._stream = _best(container)
        self._is_cover = _is_cover(self._stream)
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.thread_count = 2
        self._start = (self._stream.start_time or 0) * float(self._stream.time_base)
        self._frames = self._decoded()
        self._ahead: Any = None
        self._current: Any = None
        self._entry = -1
        self._key: float | None = None

    def near(self, seconds: float) -> Any:
        """The key frame at or before that time, or where that was the last answer too, the frame at that time itself.

        Key frames come cheap, and where they are dense enough they are as good as any. None where there is no frame.
        """
        if self._goes_on(seconds):
            return self._onward(seconds)
        frame = self._seek(seconds)
        key = None if frame is None else self._time(frame)
        known, self._key = self._key, key
        return self._onward(seconds) if key is not None and key == known else frame

    def at(self, seconds: float) -> Any:
        """The frame shown at that time, the last one for a time after the end; None where there is no frame."""
        if not self._goes_on(seconds):
            self._seek(seconds)
        return self._onward(seconds)

    def picture(self, frame: Any, *, longest: int = LONGEST_SIDE) -> Any:
        """The frame as it is meant to be seen, its longer side of at most that many pixels."""
        ratio = self._stream.sample_aspect_ratio
        width, height = round(frame.width * float(ratio or 1)), frame.height
        scale = min(1.0, longest / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        picture = from_hdr(frame) if is_hdr(frame) else from_frame(frame)
        if frame.interlaced_frame:
            # One field alone: two of them were taken at different moments.
            picture = picture.subsample(1, 2)
        if (picture.width, picture.height) != size:
            picture = picture.thumbnail_image(size[0], height=size[1], size="force")
        turn = -round(frame.rotation) % 360
        return picture.rot(f"d{turn}") if turn in (90, 180, 270) else picture

    def _goes_on(self, seconds: float) -> bool:
        """Whether decoding on leads there without passing another key frame to begin with."""
        if self._current is None or not 0 <= seconds - self._time(self._current) <= _ONWARD_S:
            return False
        return self._entry >= 0 and self._entry_at(seconds) == self._entry

    def _entry_at(self, seconds: float) -> int:
        return int(self._stream.index_entries.search_timestamp(self._stamp(seconds)))

    def _stamp(self, seconds: float) -> int:
        return max(0, round((seconds + self._start) / float(self._stream.time_base)))

    def _seek(self, seconds: float) -> Any:
        """The key frame at or before that time. A seek may lead too far, or nowhere: then one to an earlier time."""
        if self._is_cover:
            # It comes once, at the beginning, and has no time.
            self._current = self._current or next(self._frames, None)
            return self._current
        for back in (0.0, *_STEPS_BACK_S, seconds + self._start):
            self._jump(seconds - back)
            if self._current is not None and self._time(self._current) <= seconds + _EARLY_S:
                break
        return self._current

    def _jump(self, seconds: float) -> None:
        try:
            self._container.seek(self._stamp(seconds), stream=self._stream, backward=True)
        except av.FFmpegError:
            # Not every container can be sought in; what follows is decoded then.
            self._key = None
        self._entry = self._entry_at(seconds)
        self._frames, self._ahead = self._decoded(), None
        self._current = next(self._frames, None)

    def _onward(self, seconds: float) -> Any:
        """The last frame that begins before or at that time, as far as the budget goes."""
        while True:
            if self._ahead is None:
                self._ahead = next(self._frames, None)
            if self._ahead is None or self._time(self._ahead) > seconds + _EARLY_S:
                return self._current
            self._current, self._ahead = self._ahead, None

    def _decoded(self) -> Iterator[Any]:
        try:
            for frame in self._container.decode(self._stream):
                if self._left <= 0:
                    return
                self._left -= 1
                yield frame
        except (av.error.InvalidDataError, av.error.EOFError):
            return

    def _time(self, frame: Any) -> float:
        return float(frame.time) - self._start if frame.time is not None else 0.0


def look(frame: Any) -> Any:
    """A small grey version to judge a frame by."""
    ratio = _LOOK_SIDE / max(frame.width, frame.height)
    width, height = (max(8, round(side * ratio)) for side in (frame.width, frame.height))
    grey = frame.reformat(width=width, height=height, format="gray8")
    plane = grey.planes[0]
    return from_rows(bytes(plane), plane.line_size, width, height, 1)


def _best(container: Any) -> Any:
    """The largest picture; a cover only where nothing else is there to see."""
    streams = [one for one in container.streams.video if one.codec_context is not None and one.codec_context.width]
    if not streams:
        raise ValueError("there is nothing to see in it")
    films = [one for one in streams if not _is_cover(one)] or streams
    return max(films, key=lambda one: one.codec_context.width * one.codec_context.height)


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
