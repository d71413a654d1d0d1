"""Takes in what a person drops, pastes, or chooses, and puts its links on the clipboard before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QClipboard

from gui.models.background import Background
from gui.models.bridge import EngineBridge
from gui.models.links import filled
from gui.models.settings import Settings
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.engine import Engine
from gui.transfer.errors import TransferError
from gui.transfer.names import text_of
from gui.transfer.transfers import Links, State, Transfer

_LOOK_MS = 200


@dataclass(frozen=True, slots=True)
class Ended:
    """One drop of which nothing is left to do. reason: why the first of the failed ones did."""

    done: int
    failed: int
    cancelled: int
    reason: str
    links: str


@dataclass(slots=True)
class _Drop:
    sources: list[Path]
    texts: dict[Path, str] = field(default_factory=dict)
    rows: dict[int, Transfer] = field(default_factory=dict)
    #: What was put on the clipboard last; while it is still there, nobody else has used the clipboard.
    pasted: str | None = None
    noted: bool = False

    def links(self) -> str:
        """A line for each dropped thing whose link is known, in the order of the drop."""
        return "\n".join(self.texts[source] for source in self.sources if source in self.texts)


class Drops(QObject):
    """`begun` gives a batch, `copied` what the clipboard got, `noted` a sentence, `ended` an `Ended`.

    Files are copied by the template of the settings, each as soon as the appliance has named its link; a folder is one
    share of all that is in it. What a person copied meanwhile stays on the clipboard.
    """

    begun = Signal(str)
    copied = Signal(str)
    noted = Signal(str)
    homeless = Signal()
    ended = Signal(object)

    def __init__(
        self,
        engine: Engine,
        bridge: EngineBridge,
        connections: ConnectionBook,
        settings: Settings,
        background: Background,
        clipboard: QClipboard,
    ) -> None:
        super().__init__()
        self._engine, self._connections, self._settings = engine, connections, settings
        self._background, self._clipboard = background, clipboard
        self._open: dict[str, _Drop] = {}
        self._looking = QTimer(self)
        self._looking.setInterval(_LOOK_MS)
        self._looking.timeout.connect(self._look)
        bridge.changed.connect(self._hear)

    def add(self, paths: Sequence[Path]) -> str | None:
        """Queue files and folders for the default connection; the batch, or None where there is no connection."""
        sources = list(dict.fromkeys(path.absolute() for path in paths))
        connection = self._connections.default
        if connection is None:
            self.homeless.emit()
            return None
        if not sources:
            return None
        batch = self._engine.add(sources, connection=connection.id)
        self._open[batch] = _Drop(sources)
        self._looking.start()
        if self._settings.copy_at_drop:
            for source in sources:
                if source.is_dir():
                    self._share(self._open[batch], source, connection.id)
        self.begun.emit(batch)
        return batch

    def _share(self, drop: _Drop, folder: Path, connection: str) -> None:
        name = text_of(folder.name)

        def work() -> str:
            return self._connections.client(connection).share(path=name).url

        self._background.run(work, partial(self._shared, drop, folder), partial(self._unshared, name))

    def _shared(self, drop: _Drop, folder: Path, url: str) -> None:
        self._know(drop, folder, filled(self._settings.copy_template, folder.name, Links(url, page=url)))

    def _unshared(self, name: str, error: TransferError) -> None:
        self.noted.emit(self.tr("There is no link for the folder {name}: {why}").format(name=name, why=error))

    @Slot(list)
    def _hear(self, news: list[Transfer]) -> None:
        for one in news:
            drop = self._open.get(one.batch_id)
            if drop is None:
                continue
            drop.rows[one.id] = one
            wanted = self._settings.copy_at_drop and one.links is not None and one.source in drop.sources
            if wanted and one.links is not None and one.source not in drop.texts:
                self._know(drop, one.source, filled(self._settings.copy_template, one.name, one.links))
        self._look()

    def _know(self, drop: _Drop, source: Path, text: str) -> None:
        drop.texts[source] = text
        if drop.pasted is not None and self._clipboard.text() != drop.pasted:
            return
        drop.pasted = drop.links()
        self._clipboard.setText(drop.pasted)
        self.copied.emit(drop.pasted)

    @Slot()
    def _look(self) -> None:
        """Whether folders have been read, and which drops are over."""
        for batch_id, drop in list(self._open.items()):
            batch = self._engine.batch(batch_id)
            if batch.scanning:
                continue
            if not drop.noted and batch.notes:
                self.noted.emit("\n".join(batch.notes))
            drop.noted = True
            rows = drop.rows.values()
            if len(rows) >= batch.files and all(one.finished for one in rows):
                del self._open[batch_id]
                if rows:
                    self.ended.emit(_summed(drop))
        if not self._open:
            self._looking.stop()


def _summed(drop: _Drop) -> Ended:
    states = [one.state for one in drop.rows.values()]
    reasons = (one.reason for one in drop.rows.values() if one.state is State.FAILED)
    return Ended(
        states.count(State.DONE),
        states.count(State.FAILED),
        states.count(State.CANCELLED),
        next(reasons, ""),
        drop.links(),
    )
