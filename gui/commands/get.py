"""`media-upload get LINK|PATH…`."""

import json
import sys
import time
from pathlib import Path

import click

from gui.commands.access import access_options, find_client, first_contact
from gui.commands.rates import Rate
from gui.commands.texts import EXIT_CODES, FAILED, INTERRUPTED, UNUSABLE, files_of, size_of, tell
from gui.transfer.client import ApplianceClient
from gui.transfer.downloads.queue import Downloads
from gui.transfer.downloads.remote import RemoteFile, resolve
from gui.transfer.downloads.rows import Download, DownloadState
from gui.transfer.errors import NotConfigured, TransferError, Unreachable

_LINE_EVERY_S = 30.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.argument("wanted", nargs=-1, required=True, metavar="LINK|PATH...")
@click.option("-o", "--output", default=".", type=click.Path(path_type=Path), metavar="DIR", help="Where to put it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for every file, on stdout.")
@click.option("--limit", type=Rate(), metavar="RATE", help="Fetch no faster: 800k, 10MB/s, 50Mbit/s.")
@access_options
def get(
    wanted: tuple[str, ...], output: Path, as_json: bool, limit: int | None, connection: str, api_url: str, key: str
) -> None:
    """Fetch files by their links, pages or ids, or whole folders of the appliance, and print where they are.

    Nothing is overwritten: a name in use gets a number, and a file that is there with the same bytes is not fetched
    again. What is interrupted goes on when the same command is given again.
    """
    try:
        with find_client(connection, api_url, key) as client:
            first_contact(client)
            sys.exit(_get(client, wanted, output, limit, as_json=as_json))
    except KeyboardInterrupt:
        tell("Interrupted; the same command goes on with what has come.")
        sys.exit(INTERRUPTED)
    except (NotConfigured, Unreachable) as error:
        tell(str(error))
        sys.exit(UNUSABLE)
    except TransferError as error:
        tell(str(error))
        sys.exit(UNUSABLE if error.problem in ("unauthorized", "forbidden") else FAILED)


def _get(client: ApplianceClient, wanted: tuple[str, ...], output: Path, limit: int | None, *, as_json: bool) -> int:
    files: list[RemoteFile] = []
    failed = False
    for text in wanted:
        try:
            files += sorted(resolve(client, text), key=lambda file: (file.folder, file.name))
        except (NotConfigured, Unreachable):
            raise
        except TransferError as error:
            tell(f"{text}: {error}")
            failed = True
    downloads = Downloads(lambda name: client, limit=limit)
    downloads.start()
    try:
        for number in downloads.add(files, connection="", into=output):
            failed |= not _tell_of(_ended(downloads, number, len(files)), as_json=as_json)
    finally:
        downloads.stop()
    return FAILED if failed else 0


def _ended(downloads: Downloads, number: int, count: int) -> Download:
    """Waits for one; says now and then how far all are."""
    said = time.monotonic()
    trouble = ""
    while not (one := downloads.download(number)).ended:
        if one.state is DownloadState.SUSPENDED and one.reason != trouble:
            trouble = one.reason
            tell(f"Waiting: {trouble}")
        if time.monotonic() - said > _LINE_EVERY_S:
            said = time.monotonic()
            rows = downloads.downloads()
            done = sum(row.state is DownloadState.DONE for row in rows)
            tell(f"{done} of {files_of(count)}, {size_of(sum(row.received for row in rows))}")
        time.sleep(0.05)
    return one


def _tell_of(one: Download, *, as_json: bool) -> bool:
    """Print one file's end; whether it was a good one."""
    good = one.state is DownloadState.DONE
    tell(f"{one.file.name}: {('was there already.' if one.present else 'fetched.') if good else one.reason}")
    answer: dict[str, object] = {"fileId": one.file.file_id}
    answer |= {"file": str(one.target), "proof": str(one.proof)} if good else {"error": one.reason}
    if as_json:
        click.echo(json.dumps(answer))
    elif good:
        click.echo(str(one.target))
    return good
