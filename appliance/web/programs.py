"""Programs that the appliance offers to everybody on its front page: what lies in `downloads` in the data folder."""

import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, send_from_directory

from appliance.domain.disposition import attachment
from appliance.domain.errors import NotFound
from appliance.web.context import context
from appliance.web.page_headers import secure

FOLDER = "downloads"
_UNITS = ("B", "kB", "MB", "GB", "TB")

bp = Blueprint("programs", __name__)


@dataclass(frozen=True, slots=True)
class Program:
    """One file on offer. size: for people, in units of 1000; url: relative to the page."""

    name: str
    size: str
    url: str


def offered(data_dir: str) -> list[Program]:
    """Plain files of the folder, by name; not what is hidden, a link, or has a name that is no text."""
    try:
        listed = [(path.name, path.lstat()) for path in Path(data_dir, FOLDER).iterdir() if _is_text(path.name)]
    except OSError:
        return []
    files = [(name, found.st_size) for name, found in listed if stat.S_ISREG(found.st_mode) and name[0] != "."]
    return [Program(name, _shown(size), f"downloads/{quote(name)}") for name, size in sorted(files)]


@bp.get("/downloads/<name>")
def download(name: str) -> Response:
    """The file as an attachment, in ranges too. 404 for whatever the front page does not offer."""
    folder = Path(context().options.data_dir, FOLDER).absolute()
    if name not in {program.name for program in offered(str(folder.parent))}:
        raise NotFound("There is no such file to download.")
    response = send_from_directory(folder, name, mimetype="application/octet-stream", max_age=0)
    response.headers["Content-Disposition"] = attachment(name)
    return secure(response, "default-src 'none'; sandbox", cache="no-cache")


def _is_text(name: str) -> bool:
    """isprintable refuses the surrogates that stand for bytes that are no UTF-8, too."""
    return name.isprintable()


def _shown(size: int) -> str:
    shown, unit = float(size), 0
    while shown >= 999.5 and unit < len(_UNITS) - 1:
        shown, unit = shown / 1000, unit + 1
    return f"{shown:.0f} {_UNITS[unit]}" if unit == 0 or shown >= 99.5 else f"{shown:.1f} {_UNITS[unit]}"
