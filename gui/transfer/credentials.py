"""Where an appliance is, and the key it gave."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from gui.transfer.errors import NotConfigured


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the appliance is, and an API key for it."""

    api_url: str
    api_key: str = field(repr=False)

    @classmethod
    def find(cls, api_url: str = "", api_key: str = "") -> "Credentials":
        """What is given, completed from the credentials file of an appliance on this machine.

        The file is `$MEDIA_DATA_DIR/credentials.json`, by default in `./data`. NotConfigured where a piece is missing
        or the address is no URL.
        """
        path = Path(os.environ.get("MEDIA_DATA_DIR", "data"), "credentials.json")
        if not (api_url and api_key):
            try:
                known = json.loads(path.read_text())
                # A key belongs to one appliance: never send the local one elsewhere.
                api_key = api_key or ("" if api_url and api_url.rstrip("/") != known["apiUrl"] else known["apiKey"])
                api_url = api_url or known["apiUrl"]
            except FileNotFoundError:
                pass
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise NotConfigured(f"Cannot use {path}: {error}.") from None
        if not (api_url and api_key):
            missing = "address" if not api_url else "key"
            raise NotConfigured(f"No {missing} of the appliance: no usable {path}; give both --api-url and --key.")
        if not api_url.startswith(("http://", "https://")):
            raise NotConfigured(f"The appliance's address must begin with http:// or https://, unlike {api_url}.")
        return cls(api_url.rstrip("/"), api_key)
