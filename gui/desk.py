"""What every page of the window works with."""

from dataclasses import dataclass

from gui.models.background import Background
from gui.models.bridge import ConnectionNews, EngineBridge
from gui.models.drops import Drops
from gui.models.hot_folders import HotFoldersModel
from gui.models.libraries import Libraries
from gui.models.settings import Settings
from gui.models.transfers import TransfersModel
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.engine import Engine


@dataclass(frozen=True, slots=True)
class Desk:
    """Made once by `gui.app`. A page takes it whole and uses what it needs; further parts are further fields.

    engine: its methods return at once and may be called here. bridge: its news, in the window's thread. background:
    for what waits for the network. transfers: every row of the engine. drops: what takes files in.
    libraries: the files of each appliance, live, and downloads from them. hot_folders: folders that are watched.
    """

    engine: Engine
    bridge: EngineBridge
    connections: ConnectionBook
    connection_news: ConnectionNews
    settings: Settings
    background: Background
    transfers: TransfersModel
    drops: Drops
    libraries: Libraries
    hot_folders: HotFoldersModel
