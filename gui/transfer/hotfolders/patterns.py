"""Which files of a hot folder are meant: globs that do not mind case."""

import fnmatch
import re
import unicodedata
from collections.abc import Sequence

#: What desktops, browsers and programs leave beside the files that people mean, and files that are not finished.
DEFAULT_IGNORE = (
    ".*", "~$*", "Thumbs.db", "desktop.ini", "*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload", "*.download",
    "*.filepart", "*.!ut", "*.swp", "*~", "$RECYCLE.BIN/", "System Volume Information/", "@eaDir/",
)  # fmt: skip


class Patterns:
    """Include and ignore globs over paths relative to the hot folder, with `/` between their parts.

    A glob without `/` is compared with names alone; one with `/` with the whole relative path, where `**` stands for
    any number of folders. Ignoring a folder ignores all in it, and a glob that ends in `/` speaks of folders only.
    Upper and lower case are the same, and so are composed and decomposed letters (Unicode NFC). Ignore wins.
    """

    def __init__(self, include: Sequence[str] = (), ignore: Sequence[str] = DEFAULT_IGNORE) -> None:
        """include: none stands for every file."""
        self._include = [_Glob(text) for text in include]
        self._ignore = [_Glob(text) for text in ignore]

    def wants(self, path: str) -> bool:
        """Whether the file is to go up. Its folders were asked about by `enters`."""
        if any(glob.matches(path) for glob in self._ignore if not glob.folders_only):
            return False
        return not self._include or any(glob.matches(path) for glob in self._include)

    def enters(self, path: str) -> bool:
        """Whether the folder is to be looked into."""
        return not any(glob.matches(path) for glob in self._ignore)


class _Glob:
    def __init__(self, text: str) -> None:
        self.folders_only = text.endswith("/")
        text = text.rstrip("/")
        self._whole = "/" in text
        pattern = _by_path(_plain(text).lstrip("/")) if self._whole else fnmatch.translate(_plain(text))
        self._expression = re.compile(pattern)

    def matches(self, path: str) -> bool:
        subject = path if self._whole else path.rpartition("/")[2]
        return self._expression.match(_plain(subject)) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _by_path(text: str) -> str:
    """fnmatch's expression, but `*` and `?` stop at a slash and `**/` is any number of folders."""
    done, rest = "", text
    while rest:
        if rest.startswith("**/"):
            done, rest = done + "(?:[^/]+/)*", rest[3:]
        elif rest == "**":
            done, rest = done + ".*", ""
        elif rest[0] == "*":
            done, rest = done + "[^/]*", rest[1:]
        elif rest[0] == "?":
            done, rest = done + "[^/]", rest[1:]
        elif rest[0] == "[" and (end := rest.find("]", 2)) > 0:
            chosen = rest[1:end].replace("\\", r"\\")
            chosen = f"^{chosen[1:]}" if chosen[0] == "!" else chosen.replace("^", r"\^")
            done, rest = f"{done}[{chosen}]", rest[end + 1 :]
        else:
            done, rest = done + re.escape(rest[0]), rest[1:]
    return rf"(?s:{done})\Z"
