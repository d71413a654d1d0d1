"""What a file is by its name: kind, extension, content type."""

import mimetypes
import re
from enum import StrEnum


class Kind(StrEnum):
    """What a file is to its users. The value is the public name."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    FILE = "file"


_EXTENSIONS = {
    Kind.VIDEO: "mp4 m4v mov mkv webm avi ts m2ts mts mpg mpeg mpv m2v vob flv f4v wmv asf 3gp 3g2 ogv mxf dv gxf",
    Kind.AUDIO: "mp3 m4a aac wav flac ogg oga opus wma aif aiff caf ac3 mka amr",
    Kind.IMAGE: "jpg jpeg png gif webp avif heic heif tif tiff bmp jxl svg cr2 cr3 nef arw dng raf orf rw2",
}
_KIND_BY_EXTENSION = {ext: kind for kind, names in _EXTENSIONS.items() for ext in names.split()}

_CONTENT_TYPES = {
    "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "mkv": "video/x-matroska",
    "webm": "video/webm", "ts": "video/mp2t", "m2ts": "video/mp2t", "mts": "video/mp2t",
    "mxf": "application/mxf", "flv": "video/x-flv", "wmv": "video/x-ms-wmv", "3gp": "video/3gpp",
    "ogv": "video/ogg", "avi": "video/x-msvideo", "m4a": "audio/mp4", "aac": "audio/aac",
    "mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg",
    "oga": "audio/ogg", "opus": "audio/ogg", "webp": "image/webp", "avif": "image/avif",
    "heic": "image/heic", "heif": "image/heif", "jxl": "image/jxl", "svg": "image/svg+xml",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "tif": "image/tiff", "tiff": "image/tiff", "bmp": "image/bmp", "pdf": "application/pdf",
    "zip": "application/zip", "txt": "text/plain", "json": "application/json", "xml": "application/xml",
}  # fmt: skip

_SAFE_EXTENSION = re.compile(r"[a-z0-9]{1,8}\Z")


def extension_of(name: str) -> str:
    """The lower-case extension of a file name, or `bin` where it has none that a key may carry."""
    _, dot, ext = name.rpartition(".")
    ext = ext.lower()
    return ext if dot and _SAFE_EXTENSION.match(ext) else "bin"


def kind_of(ext: str) -> Kind:
    """The kind that an extension stands for; what no decoder knows is a plain file."""
    return _KIND_BY_EXTENSION.get(ext, Kind.FILE)


def content_type_of(ext: str) -> str:
    """The media type of an extension; independent of the machine's own tables for those we know."""
    return _CONTENT_TYPES.get(ext) or mimetypes.types_map.get(f".{ext}", "application/octet-stream")
