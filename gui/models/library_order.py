"""In which order the files of a library stand, and which of them are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from gui.transfer.library_files import LibraryFile


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

    def place_holds(self, one: LibraryFile) -> bool:
        """Whether it is in the chosen folder, or in the trash where that was chosen."""
        if self.trash or one.state == "trashed":
            return self.trash and one.state == "trashed"
        folder = self.folder
        return not folder or one.folder == folder or one.folder.startswith(f"{folder}/")

    def holds(self, one: LibraryFile, text: str) -> bool:
        """text: what `searched` makes of it."""
        return (
            self.place_holds(one)
            and self._chip_holds(one)
            and (not self.tag or self.tag in one.tags)
            and all(word in text for word in self.words)
        )

    def _chip_holds(self, one: LibraryFile) -> bool:
        match self.chip:
            case Chip.ALL:
                return True
            case Chip.AT_WORK:
                return one.state in _AT_WORK
            case Chip.TROUBLE:
                return one.state == "errored"
            case kind:
                return one.kind == kind


def searched(one: LibraryFile) -> str:
    """What a search looks through."""
    return "\n".join((one.name, one.title, one.folder, *one.tags)).casefold()
