"""`media-upload FILE…`."""

import sys
from pathlib import Path

import click

from gui.commands.access import access_options, find_client, first_contact
from gui.commands.keeping import kept_engine
from gui.commands.rates import Rate
from gui.commands.sending import Run, Wishes
from gui.commands.showing import showing
from gui.commands.texts import EXIT_CODES, FAILED, INTERRUPTED, UNUSABLE, tell
from gui.commands.wanted import Wanted, find
from gui.commands.watch import WatchWishes, watch
from gui.transfer.client import ApplianceClient
from gui.transfer.errors import NotConfigured, TransferError
from gui.transfer.hotfolders.profiles import After
from gui.transfer.transfers import Options
from gui.transfer.uploads.scanning import Note


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--folder", default="", metavar="PATH", help="Folder in the appliance, 'show/day 1' for instance.")
@click.option("--tag", "tags", multiple=True, help="A tag for every file; may be given again.")
@click.option("--private", is_flag=True, help="Only who has a key or a share may open the link.")
@click.option("--wait", is_flag=True, help="Return once the files are ready, not only stored.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for every file, on stdout.")
@click.option("--limit", type=Rate(), metavar="RATE", help="Send no faster: 800k, 10MB/s, 50Mbit/s.")
@click.option(
    "--offline-timeout",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Give up when the appliance was away for so long in the middle; without it, wait and go on.",
)
@click.option(
    "--watch",
    "folder_to_watch",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Send what is put into this folder, until Ctrl-C or SIGTERM.",
)
@click.option(
    "--settle",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="With --watch: how long a file must not change before it is sent.",
)
@click.option(
    "--after",
    default="leave",
    show_default=True,
    type=click.Choice([str(one) for one in After]),
    help="With --watch: what becomes of a file that has provably arrived.",
)
@click.option("--move-to", default="Sent", show_default=True, metavar="DIR", help="With --after move: where to.")
@click.option("--include", multiple=True, metavar="GLOB", help="With --watch: only such files; may be given again.")
@click.option("--ignore", multiple=True, metavar="GLOB", help="With --watch: not such files; may be given again.")
@click.option("--poll", is_flag=True, help="With --watch: look every ten seconds, for network drives.")
@access_options
@click.version_option(package_name="media-appliance", prog_name="media-upload")
def send(
    files: tuple[Path, ...], folder: str, tags: tuple[str, ...], private: bool, wait: bool, as_json: bool,
    limit: int | None, offline_timeout: float | None, folder_to_watch: Path | None, settle: float, after: str,
    move_to: str, include: tuple[str, ...], ignore: tuple[str, ...], poll: bool, connection: str, api_url: str,
    key: str,
) -> None:  # fmt: skip
    """Send FILES and folders straight to the appliance's storage and print their permanent links, one a line.

    Address and key come from credentials.json in $MEDIA_DATA_DIR or ./data, where the appliance runs on this
    machine, else from the desktop app; otherwise give --api-url and --key.

    What is interrupted goes on when the same command is given again. `media-upload get LINK` fetches files; send one
    of that name as ./get.
    """
    if bool(files) == bool(folder_to_watch):
        raise click.UsageError("Name files to send, or a folder to --watch.")
    try:
        client = find_client(connection, api_url, key)
        with client:
            if folder_to_watch is None:
                wishes = Wishes("", tags, private, wait, as_json, offline_timeout)
                code = _send(client, files, folder, wishes, limit)
            else:
                rules = WatchWishes(
                    folder_to_watch, folder, tags, private, settle, After(after), move_to, include, ignore, poll
                )
                code = watch(client, rules, limit, as_json=as_json)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except TransferError as error:
        tell(str(error))
        sys.exit(UNUSABLE)
    sys.exit(code)


def _send(client: ApplianceClient, named: tuple[Path, ...], folder: str, wishes: Wishes, limit: int | None) -> int:
    account = first_contact(client)
    wishes = wishes.to(f"{client.api_url} {account.tenant_id}")
    files, empty = _find(named, folder)

    def clients(name: str) -> ApplianceClient:
        if name != wishes.connection:
            raise NotConfigured("Another command sends this.")
        return client

    run: Run | None = None
    try:
        with kept_engine(clients, Options(limit=limit)) as engine:
            run = Run(engine, client, wishes, files, showing())
            return max(run.work(), FAILED if empty else 0)
    except KeyboardInterrupt:
        done = run.progress if run else "nothing"
        tell(f"Interrupted: {done} sent. The same command goes on with what is stored.")
        return INTERRUPTED


def _find(named: tuple[Path, ...], folder: str) -> tuple[list[Wanted], bool]:
    """The files, and whether there is none at all; what is left out is said."""
    files = []
    for one in find(named, folder):
        if isinstance(one, Note):
            tell(one.text)
        else:
            files.append(one)
    return files, not files
