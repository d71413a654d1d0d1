"""Whether a server of the stack serves yet."""

import contextlib
import http.client

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
