"""What a library held when its program ended, so that the next start shows it at once and asks only for changes."""

import gzip
import json
import secrets
from contextlib import suppress
from dataclasses import astuple, fields
from pathlib import Path

from gui.transfer.library.files import LibraryFile

_FORM = [field.name for field in fields(LibraryFile)]
_TAGS = _FORM.index("tags")


def write(path: Path, cursor: str, files: list[LibraryFile]) -> None:
    """Replace the file in one step, for the owner's eyes. A disk that does not take it costs the next start time."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.touch(mode=0o600)
        with gzip.open(draft, "wt", encoding="utf-8", compresslevel=1) as file:
            file.write(json.dumps({"form": _FORM, "cursor": cursor}) + "\n")
            file.writelines(json.dumps(astuple(one)) + "\n" for one in files)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()


def read(path: Path) -> tuple[str, list[LibraryFile]] | None:
    """The feed's cursor and the files then; None where there is nothing, or nothing of this version."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            head = json.loads(next(file))
            if head["form"] != _FORM:
                return None
            return str(head["cursor"]), [_file(json.loads(line)) for line in file]
    except (OSError, EOFError, StopIteration, ValueError, KeyError, TypeError):
        return None


def _file(row: list[object]) -> LibraryFile:
    tags = row[_TAGS]
    assert isinstance(tags, list)
    row[_TAGS] = tuple(tags)
    return LibraryFile(*row)  # type: ignore[arg-type]
