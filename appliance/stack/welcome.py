"""What a person reads after the start."""

import json
import sys
from pathlib import Path

from appliance.config import Settings


def welcome(settings: Settings) -> str:
    """What a person needs to know once all is ready; every command in it works as it stands."""
    path = settings.data_dir / "credentials.json"
    try:
        known = json.loads(path.read_text())
    except FileNotFoundError:
        # Somebody removed it on purpose and hands out keys otherwise.
        return f"\nThe media appliance is ready on port {settings.api_port}.\n"
    return f"""
The media appliance is ready.

  API           {known["apiUrl"]}
  links         {known["cdnUrl"]}
  object store  {known["s3Url"]}
  keys          {path}
  logs          {settings.data_dir / "logs"}

Upload a file:

  {command_line(settings, "media-upload")} FILE

The same by HTTP, first step (it answers where to PUT the bytes):

  KEY=$(sed -n 's/.*"apiKey": *"\\([^"]*\\)".*/\\1/p' \\
    '{path}')
  curl -H "Authorization: Bearer $KEY" \\
    -H "Content-Type: application/json" \\
    -d '{{"name": "hello.txt", "size": 6}}' \\
    {known["apiUrl"]}/upload

Ctrl-C stops it.
"""


def command_line(settings: Settings, program: str) -> str:
    """How a person calls one of our programs for this appliance from the folder they are in."""
    here = Path.cwd()
    command = Path(sys.executable).with_name(program)
    if command.is_relative_to(here):
        command = command.relative_to(here)
    # Programs look for an appliance in ./data.
    where = "" if settings.data_dir == here / "data" else f"MEDIA_DATA_DIR='{settings.data_dir}' \\\n    "
    return f"{where}{command}"
