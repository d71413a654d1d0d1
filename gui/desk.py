"""What every page of the window works with."""

from dataclasses import dataclass

from gui.models.bridge import EngineBridge
from gui.models.settings import Settings
from gui.transfer.engine import Engine


@dataclass(frozen=True, slots=True)
class Desk:
    """Made once by `gui.app`. A page takes it whole and uses what it needs; further parts are further fields.

    engine: its methods return at once and may be called here. bridge: its news, in the window's thread.
    """

    engine: Engine
    bridge: EngineBridge
    settings: Settings
