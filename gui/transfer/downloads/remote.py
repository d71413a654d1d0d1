"""What on an appliance is to be fetched: found from a link, a page, an id or a folder."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from gui.transfer.client import ApplianceClient
from gui.transfer.errors import Refused, TransferError

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STORED = ("uploaded", "processing", "ready", "errored")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file as the appliance records it. size: bytes.

    folder: where it goes below the place that a person chose, '' for there itself. etag: unquoted. sha256: only where
    the appliance has compared it with the bytes.
    """

    file_id: str
    name: str
    folder: str
    size: int
    etag: str | None
    sha256: str | None

    @classmethod
    def of(cls, record: Mapping[str, Any], *, folder: str = "") -> "RemoteFile":
        """From a file's record."""
        return cls(
            file_id=record["fileId"],
            name=record["name"],
            folder=folder,
            size=record["size"],
            etag=record["etag"],
            sha256=record["sha256"] if record["sha256Verified"] else None,
        )


def resolve(client: ApplianceClient, wanted: str) -> list[RemoteFile]:
    """The files that a text of a person means, in no particular order.

    wanted: a permanent link or one with a token, a download link, the link of a page, a file's id, or a folder of the
    appliance, which is fetched with all below and keeps its own name. Raises TransferError where there is nothing.
    """
    text = wanted.strip()
    if text.startswith(("http://", "https://")):
        found = _ID.search(unquote(urlsplit(text).path))
        if found is None:
            raise TransferError(f"{text} is no link to a file of an appliance.")
        return [_one(client, found[0])]
    if _ID.fullmatch(text.lower()):
        return [_one(client, text.lower())]
    files = list(folder_files(client, text))
    if not files:
        raise TransferError(f"There is nothing in the folder {text or '/'}.")
    return files


def folder_files(client: ApplianceClient, path: str) -> Iterator[RemoteFile]:
    """All files of a folder and below that have bytes; each keeps its place below the folder's own name."""
    top = "/".join(part for part in path.split("/") if part)
    above = top.rpartition("/")[0]
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        below = folder[len(above) :].lstrip("/") if above else folder
        cursor: str | None = None
        while True:
            page = client.files(path=folder, states=_STORED, cursor=cursor, limit=_PAGE)
            for record in page.items:
                yield RemoteFile.of(record, folder=below)
            if cursor is None:
                waiting += [one.path for one in page.folders]
            cursor = page.next
            if cursor is None:
                break


def _one(client: ApplianceClient, file_id: str) -> RemoteFile:
    record = client.get(file_id)
    if record["state"] not in _STORED:
        raise Refused(
            f"{record['name']} cannot be fetched: it is {record['state'].replace('_', ' ')}.",
            type_="conflict",
            status=409,
        )
    return RemoteFile.of(record)
