"""Names and folders as people type them: what is accepted, and the one form in which it is kept."""

import re
import unicodedata

from appliance.domain.errors import InvalidRequest

MAX_NAME = 255
MAX_PATH = 1024
MAX_DEPTH = 32

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _clean(text: str, field: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{field} is not valid Unicode text.", field=field) from None
    return unicodedata.normalize("NFC", text)


def file_name(text: str) -> str:
    """The NFC form of a file's name: one path component of up to 255 bytes, any script, emoji included.

    Control characters (a newline, say) become '_': they are legal in a name on disk, but in no header.
    """
    name = _CONTROL.sub("_", _clean(text, "name")).strip()
    if not name or name in (".", ".."):
        raise InvalidRequest("name must not be empty.", field="name")
    if "/" in name:
        raise InvalidRequest("name must be a file's name alone; its folder goes into path.", field="name")
    if len(name.encode()) > MAX_NAME:
        raise InvalidRequest(f"name is longer than {MAX_NAME} bytes.", field="name")
    return name


def folder_path(text: str) -> str:
    """The kept form of a folder: relative, NFC, single slashes, no slash at the ends; '' is the top."""
    path = _CONTROL.sub("_", _clean(text, "path")).replace("\\", "/")
    parts = [part.strip() for part in path.split("/")]
    parts = [part for part in parts if part and part != "."]
    if ".." in parts:
        raise InvalidRequest("path must not contain '..'.", field="path")
    if len(parts) > MAX_DEPTH:
        raise InvalidRequest(f"path is deeper than {MAX_DEPTH} folders.", field="path")
    folder = "/".join(parts)
    if len(folder.encode()) > MAX_PATH:
        raise InvalidRequest(f"path is longer than {MAX_PATH} bytes.", field="path")
    return folder


def title_of(name: str) -> str:
    """A file's title until somebody gives it one: its name without the extension."""
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name
