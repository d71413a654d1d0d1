"""In which order the files of a library stand, and which of them are shown."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from gui.transfer.library.files import LibraryFile


class LibraryColumn(IntEnum):
    NAME = 0
    SIZE = 1
    DURATION = 2
    FOLDER = 3
    TAGS = 4
    CREATED = 5
    STATE = 6


class Chip(StrEnum):
    """What the chips above the library narrow it to."""

    ALL = "all"
    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    FILE = "file"
    AT_WORK = "at_work"
    TROUBLE = "trouble"


_AT_WORK = frozenset({"waiting", "uploaded", "processing"})

Key = Callable[[LibraryFile], Any]

KEYS: Mapping[LibraryColumn, Key] = {
    LibraryColumn.NAME: lambda one: one.name.casefold(),
    LibraryColumn.SIZE: lambda one: one.size,
    LibraryColumn.DURATION: lambda one: one.duration or 0.0,
    LibraryColumn.FOLDER: lambda one: one.folder.casefold(),
    LibraryColumn.TAGS: lambda one: ", ".join(one.tags).casefold(),
    LibraryColumn.CREATED: lambda one: one.created_at,
    LibraryColumn.STATE: lambda one: one.state,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files are shown.

    folder: it and all below; '' for everything. trash: what is in there, instead of what is not. words: all of them,
    in lower case, anywhere in name, title, folder or tags. tag: that one, '' for any.
    """

    folder: str = ""
    trash: bool = False
    chip: Chip = Chip.ALL
    tag: str = ""
    words: tuple[str, ...] = ()

    def holds(self, one: LibraryFile, text: str) -> bool:
        """text: what `searched` makes of it."""
        return bool(self.among([one], {one.file_id: text}))

    def among(self, files: Iterable[LibraryFile], texts: Mapping[str, str]) -> list[LibraryFile]:
        """Those that are shown, in their order. One pass for each thing that was chosen: no calls for each file."""
        if self.trash:
            found = [one for one in files if one.state == "trashed"]
        else:
            found = [one for one in files if one.state != "trashed"]
            if self.folder:
                at, below = self.folder, f"{self.folder}/"
                found = [one for one in found if one.folder == at or one.folder.startswith(below)]
        if self.chip is Chip.AT_WORK:
            found = [one for one in found if one.state in _AT_WORK]
        elif self.chip is Chip.TROUBLE:
            found = [one for one in found if one.state == "errored"]
        elif self.chip is not Chip.ALL:
            kind = self.chip.value
            found = [one for one in found if one.kind == kind]
        if self.tag:
            found = [one for one in found if self.tag in one.tags]
        for word in self.words:
            found = [one for one in found if word in texts[one.file_id]]
        return found


def searched(one: LibraryFile) -> str:
    """What a search looks through."""
    return "\n".join((one.name, one.title, one.folder, *one.tags)).casefold()
