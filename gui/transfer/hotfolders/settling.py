"""Tells finished files from those that still grow."""

from collections.abc import Mapping

from gui.transfer.hotfolders.disk import Version


class Settling:
    """A file has settled once it was seen unchanged for `settle_s` seconds, with no deadline."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._seen: dict[str, tuple[Version, float]] = {}

    def look(self, files: Mapping[str, Version], now: float) -> list[str]:
        """Those of `files` that have settled, which are not looked at any more, as is what is not among `files`.

        now: seconds, never backwards.
        """
        seen: dict[str, tuple[Version, float]] = {}
        for path, version in files.items():
            known = self._seen.get(path)
            seen[path] = known if known and known[0].same_bytes(version) else (version, now)
        settled = [path for path, (_, since) in seen.items() if now - since >= self._settle_s]
        for path in settled:
            del seen[path]
        self._seen = seen
        return settled

    def next_look(self) -> float | None:
        """When the next file may have settled; None where none is looked at."""
        return min(since for _, since in self._seen.values()) + self._settle_s if self._seen else None

    def forget(self) -> None:
        """Begin anew: what was seen is no proof any more."""
        self._seen = {}

    def __len__(self) -> int:
        return len(self._seen)
