"""Which event buses there are: the one table that names them, by the scheme of the setting `MEDIA_BUS_URL`."""

from collections.abc import Callable, Mapping

from appliance.bus.sql import SqlBus
from appliance.catalog.queue import Queue
from appliance.ports.clock import Clock
from appliance.ports.event_bus import EventBus

#: The empty scheme is that of the default: the catalog's own tables.
BUSES: Mapping[str, Callable[[Queue, Clock], EventBus]] = {"": SqlBus}
