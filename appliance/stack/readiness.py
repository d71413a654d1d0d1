"""Whether a server of the stack serves yet."""

import contextlib
import http.client
import json
from urllib.parse import urlsplit

from appliance.config import Settings
from appliance.domain.errors import SetupError
from appliance.domain.hosts import reachable


def answers(address: str, port: int, path: str, timeout_s: float = 2.0) -> bool:
    """Whether a GET is answered with 200."""
    connection = http.client.HTTPConnection(reachable(address), port, timeout=timeout_s)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def check_terminal(settings: Settings) -> None:
    """SetupError where the appliance on the data folder was started with another API port than these settings have.

    A command in another terminal would look for it in vain.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        url = json.loads((settings.data_dir / "credentials.json").read_text())["apiUrl"]
        port = urlsplit(url).port
        if port in (None, settings.api_port) or answers(settings.bind, settings.api_port, "/readyz"):
            return
        if answers(settings.bind, port, "/readyz"):
            raise SetupError(
                f"The appliance on {settings.data_dir} runs at {url}, not on port {settings.api_port}: give this "
                f"command the settings of its start, or keep them in {settings.data_dir / 'media.toml'}."
            )
