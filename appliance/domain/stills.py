"""The pictures that are made of every file that can be seen: which, how large, and under which names."""

from types import MappingProxyType

POSTER = "poster.jpg"
SHEET = "storyboard.jpg"
CUES = "storyboard.vtt"
#: The one tile of a film that cannot be looked through.
TILE = "c_limit,f_jpg,h_160,w_160"

#: The object's name in its generation → the transformation that makes it. Pages take the smallest that will do.
PICTURES = MappingProxyType({
    POSTER: "c_limit,f_jpg,h_1920,w_1920",
    "320.webp": "c_limit,f_webp,h_320,w_320",
    "320.avif": "c_limit,f_avif,h_320,w_320",
    "320.jpg": "c_limit,f_jpg,h_320,w_320",
    "640.webp": "c_limit,f_webp,h_640,w_640",
    "640.avif": "c_limit,f_avif,h_640,w_640",
    "640.jpg": "c_limit,f_jpg,h_640,w_640",
})  # fmt: skip
THUMBNAILS = tuple(name for name in PICTURES if name != POSTER)


def stills_prefix(tenant_id: str, file_id: str, generation: int) -> str:
    """Where one generation of a file's objects lies; ends with a slash."""
    return f"renditions/{tenant_id}/{file_id}/{generation}/"
