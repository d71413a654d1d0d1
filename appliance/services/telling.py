"""Tells people by mail, chat and a hundred other ways. Apprise, because it speaks all of them by one kind of URL."""

import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import apprise

TIMEOUT_S = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of telling one. who: its URL without secrets. complaint: empty where it was taken."""

    who: str
    complaint: str = ""


class Telling:
    """urls: separated by blanks. name: the appliance's own.

    Each is told in a thread of its own and given up after a time-out; one that hangs is not told again until it is
    back, so there is never more than one thread for each.
    """

    def __init__(self, urls: str, name: str, *, timeout_s: float = TIMEOUT_S) -> None:
        known = _plugins(urls.split())
        self._plugins = [plugin for _, plugin in known if plugin is not None]
        self.unknown = [url.partition(":")[0] for url, plugin in known if plugin is None]
        self._name = name
        self._timeout_s = timeout_s
        self._busy: dict[int, threading.Thread] = {}

    def __call__(self, sentence: str, *, over: bool) -> bool:
        """Tell everybody; whether anybody took it. Who did not is in the log."""
        results = list(self.tell(f"Over: {sentence}" if over else sentence, over=over))
        for told in results:
            if told.complaint:
                _log.warning("%s was not told: %s", told.who, told.complaint)
        return any(not told.complaint for told in results)

    def tell(self, sentence: str, *, over: bool) -> Iterator[Told]:
        """Tell one after the other."""
        kind = apprise.NotifyType.SUCCESS if over else apprise.NotifyType.WARNING
        for plugin in self._plugins:
            yield self._tell_one(plugin, sentence, kind)

    def _tell_one(self, plugin: apprise.NotifyBase, sentence: str, kind: apprise.NotifyType) -> Told:
        who = str(plugin.url(privacy=True)).partition("?")[0]  # type: ignore[no-untyped-call]
        busy = self._busy.get(id(plugin))
        if busy is not None and busy.is_alive():
            return Told(who, "it does not answer")
        complaints = ["it did not answer in time"]
        thread = threading.Thread(
            target=_send, args=(plugin, self._name, sentence, kind, complaints), name="telling", daemon=True
        )
        self._busy[id(plugin)] = thread
        thread.start()
        thread.join(self._timeout_s)
        return Told(who, complaints[0])


def _plugins(urls: Sequence[str]) -> list[tuple[str, apprise.NotifyBase | None]]:
    asset = apprise.AppriseAsset(app_id="Media appliance", app_url="", storage_mode=apprise.PersistentStoreMode.MEMORY)
    with warnings.catch_warnings():
        # Apprise loads its plugins at the first URL, and one of them a module that is on its way out.
        warnings.simplefilter("ignore", DeprecationWarning)
        return [(url, apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)) for url in urls]


def _send(
    plugin: apprise.NotifyBase, name: str, sentence: str, kind: apprise.NotifyType, complaints: list[str]
) -> None:
    with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        try:
            taken = plugin.notify(title=f"Media appliance {name}", body=sentence, notify_type=kind)
        except Exception as error:
            complaints[0] = f"{type(error).__name__}: {error}"
        else:
            complaints[0] = "" if taken else _last_line(said.getvalue().splitlines())


def _last_line(lines: Sequence[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "it was refused")
