"""Which icon a file gets by its name."""

import mimetypes

_ICONS = {"video": "film", "audio": "sound", "image": "picture"}


def icon_of(name: str) -> str:
    """A name of `gui.views.icons`."""
    guessed = mimetypes.guess_type(name, strict=False)[0] or ""
    return _ICONS.get(guessed.partition("/")[0], "file")
