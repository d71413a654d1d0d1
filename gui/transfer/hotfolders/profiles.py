"""What a person chose for one hot folder."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from gui.transfer.hotfolders.patterns import DEFAULT_IGNORE

SENT_FOLDER = "Sent"


class After(StrEnum):
    """What becomes of a local file once the appliance has it, its bytes compared."""

    LEAVE = "leave"
    MOVE = "move"
    DELETE = "delete"


class ProfileRefused(ValueError):
    """`str(error)` is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One hot folder. connection, folder, tags, private, priority: as `Engine.add` takes them.

    id: chosen by `HotFolders.add` where it is 0. root: absolute. include, ignore: globs as Patterns has them.
    settle_s: seconds for which a file's size and time must not change before it is taken. move_to: absolute, or
    relative to root; only for MOVE. polling: look by itself every few seconds instead of relying on the system's
    notices, which network drives do not give.
    """

    root: Path
    connection: str
    id: int = 0
    folder: str = ""
    tags: tuple[str, ...] = ()
    private: bool = False
    priority: int = 0
    include: tuple[str, ...] = ()
    ignore: tuple[str, ...] = DEFAULT_IGNORE
    settle_s: float = 10.0
    after: After = After.LEAVE
    move_to: str = SENT_FOLDER
    polling: bool = False
    paused: bool = False

    @property
    def target(self) -> Path | None:
        """Where sent files are moved, None where they are not."""
        return self.root / self.move_to if self.after is After.MOVE else None

    def with_id(self, id_: int) -> "Profile":
        return replace(self, id=id_)

    def as_json(self) -> str:
        """Everything but the id. Paths that are no Unicode are kept by surrogates (PEP 383)."""
        known = asdict(self)
        del known["id"]
        return json.dumps({**known, "root": str(self.root)})

    @classmethod
    def from_json(cls, id_: int, text: str) -> "Profile":
        """The reverse; what a newer version added is left out."""
        known: dict[str, Any] = json.loads(text)
        names = {field.name for field in fields(cls)}
        values = {name: _tuple(value) for name, value in known.items() if name in names}
        return cls(**{**values, "id": id_, "root": Path(known["root"]), "after": After(known["after"])})


def check(profile: Profile, others: Iterable[Profile]) -> None:
    """Raises ProfileRefused where files would be lost, go up twice, or nothing could ever go up."""
    if not profile.root.is_absolute():
        raise ProfileRefused(f"{profile.root} is no full path.")
    if profile.settle_s < 0:
        raise ProfileRefused("The time for which a file must rest cannot be negative.")
    if profile.after is After.MOVE and (not profile.move_to or profile.target == profile.root):
        raise ProfileRefused("Sent files must be moved to another folder than the hot folder itself.")
    for other in others:
        if other.id == profile.id:
            continue
        if _nested(profile.root, other.root):
            raise ProfileRefused(f"{profile.root} overlaps the hot folder {other.root}: files would go up twice.")
        for one, two in ((profile, other), (other, profile)):
            if one.target and one.target.is_relative_to(two.root):
                raise ProfileRefused(f"Files moved to {one.target} would go up again from the hot folder {two.root}.")


def _nested(one: Path, two: Path) -> bool:
    return one.is_relative_to(two) or two.is_relative_to(one)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
