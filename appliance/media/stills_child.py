"""The child process that takes still pictures out of films.

A request: `{"url", "make": "frame" | "poster" | "sheet", "at": seconds, "duration": seconds}`; the reply's body is a
picture as PPM, or the sheet as JPEG. FFmpeg itself reaches nothing: bytes come by range requests of ours.
"""

import math
from typing import Any

import pyvips

from appliance.media.child_loop import Reply, isolate, serve
from appliance.media.film import Film, look
from appliance.media.ranges import RangeReader, open_media

_CPU_SECONDS = 90
_FRAMES = 2400
_POSTER_SIDE = 1920
_TILE_SIDE = 160
_MOST_TILES = 100
_COLUMNS = 10
_SHEET_QUALITY = 70
#: Where a poster is looked for, in seconds and as parts of the whole.
_MOMENTS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0)
_PARTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
#: Levels of grey, 0 to 255: mean and spread of what is neither black, white nor empty; spread of edges that are sharp.
_DARK, _BRIGHT, _FLAT, _BLURRED = 24.0, 232.0, 14.0, 4.0
_EDGES = pyvips.Image.new_from_array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], offset=128)


def work(request: dict[str, Any], _body: bytes) -> Reply:
    """One picture or sheet of one film."""
    makers = {"frame": _frame, "poster": _poster, "sheet": _sheet}
    with RangeReader(request["url"]) as reader, open_media(reader) as container:
        try:
            return makers[request["make"]](Film(container, frames=_FRAMES), request)
        except pyvips.Error as error:
            raise ValueError(str(error.message)) from None


def _frame(film: Film, request: dict[str, Any]) -> Reply:
    return _still(film, film.at(float(request["at"])))


def _poster(film: Film, request: dict[str, Any]) -> Reply:
    duration = request.get("duration") or 0.0
    moments = sorted({one for one in (*_MOMENTS, *(part * duration for part in _PARTS)) if one <= duration or not one})
    best, most = None, -1.0
    for moment in moments:
        frame = film.near(moment)
        if frame is None:
            continue
        score, good = _judge(frame)
        if score > most:
            best, most = frame, score
        if good:
            best = frame
            break
    return _still(film, best, longest=_POSTER_SIDE)


def _judge(frame: Any) -> tuple[float, bool]:
    grey = look(frame)
    mean, spread = grey.avg(), grey.deviate()
    edges = grey.conv(_EDGES, precision="integer").deviate()
    return spread * (1 + edges), _DARK < mean < _BRIGHT and spread > _FLAT and edges > _BLURRED


def _still(film: Film, frame: Any, **options: int) -> Reply:
    if frame is None:
        raise ValueError("no picture of it can be decoded")
    picture = film.picture(frame, **options)
    # Netpbm's PPM, "P6": nothing is lost, and writing and reading it costs nothing.
    head = f"P6 {picture.width} {picture.height} 255\n".encode()
    return Reply({"width": picture.width, "height": picture.height}, head + bytes(picture.write_to_memory()))


def _sheet(film: Film, request: dict[str, Any]) -> Reply:
    """Tiles in rows, one for each stretch of the film, taken at its middle."""
    duration = float(request["duration"])
    count = max(1, min(_MOST_TILES, math.ceil(duration)))
    step = duration / count
    tiles: list[Any] = []
    for number in range(count):
        frame = film.near((number + 0.5) * step)
        if frame is not None:
            tiles.append(film.picture(frame, longest=_TILE_SIDE).copy_memory())
        elif tiles:
            tiles.append(tiles[-1])
    if not tiles:
        raise ValueError("no picture of it can be decoded")
    columns = min(_COLUMNS, len(tiles))
    sheet = pyvips.Image.arrayjoin(tiles, across=columns, hspacing=tiles[0].width, vspacing=tiles[0].height)
    facts = {"width": tiles[0].width, "height": tiles[0].height, "columns": columns, "step": step, "tiles": len(tiles)}
    return Reply(facts, bytes(sheet.jpegsave_buffer(Q=_SHEET_QUALITY, keep="none")))


def main() -> None:
    """Serve until standard input ends."""
    pyvips.cache_set_max(0)
    isolate(network=True)
    serve(work, cpu_seconds=_CPU_SECONDS)


if __name__ == "__main__":
    main()
