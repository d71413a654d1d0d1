"""Names of files as text, and the form in which the appliance keeps them."""

import os
import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WORD = re.compile(r"\w+")
_MOST_WORDS = 150


def text_of(name: str) -> str:
    """A name on disk as valid text: it need not be UTF-8 there."""
    return os.fsencode(name).decode(errors="replace")


def kept_name(name: str) -> str:
    """What a file's name is on the appliance: NFC, control characters replaced, no spaces at the ends."""
    return _CONTROL.sub("_", unicodedata.normalize("NFC", name)).strip()


def kept_folder(folder: str) -> str:
    """What a folder is on the appliance: single slashes, none at the ends, each name kept as `kept_name` has it."""
    parts = (kept_name(part) for part in folder.replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part and part != ".")


def words_of(name: str) -> str:
    """Words of a name that a search for it can ask for; '' where there are none."""
    found = ""
    for word in _WORD.findall(kept_name(name).replace("_", " ")):
        if len(found) + len(word) >= _MOST_WORDS:
            break
        found = f"{found} {word}".strip()
    return found
