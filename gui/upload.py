"""media-upload: sends files to an appliance, watches folders, and fetches files, from a terminal or a script."""

import sys
from collections.abc import Sequence

from gui.commands.get import get
from gui.commands.send import send


def main(words: Sequence[str] | None = None) -> None:
    """words: by default those of the command line. `get` as the first one fetches; everything else is to be sent."""
    given = list(sys.argv[1:] if words is None else words)
    if given[:1] == ["get"]:
        get(given[1:], prog_name="media-upload get")
    else:
        send(given, prog_name="media-upload")


if __name__ == "__main__":
    main()
