"""media-upload: sends files to an appliance from a terminal or a script."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from gui.transfer.client import ApplianceClient, Credentials, Uploaded
from gui.transfer.errors import NotConfigured, TransferError, Unreachable

_FAILED, _UNUSABLE, _INTERRUPTED = 1, 2, 130


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all files arrived; 1 a file was refused, failed or, with --wait, could not be processed; "
    "2 wrong usage, no address or key, or no answer from the appliance; 130 interrupted.",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--folder", default="", metavar="PATH", help="Folder in the appliance, 'show/day 1' for instance.")
@click.option("--tag", "tags", multiple=True, help="A tag for every file; may be given again.")
@click.option("--private", is_flag=True, help="Only who has a key or a share may open the link.")
@click.option("--wait", is_flag=True, help="Return once the files are ready, not only stored.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for every file, on stdout.")
@click.option("--api-url", default="", metavar="URL", help="Address of the appliance, http://HOST:8080.")
@click.option("--key", default="", envvar="MEDIA_KEY", show_envvar=True, help="An API key, mk_….")
@click.version_option(package_name="media-appliance", prog_name="media-upload")
def main(
    files: tuple[Path, ...],
    folder: str,
    tags: tuple[str, ...],
    private: bool,
    wait: bool,
    as_json: bool,
    api_url: str,
    key: str,
) -> None:
    """Send FILES straight to the appliance's storage and print their permanent links, one a line.

    Address and key come from credentials.json in $MEDIA_DATA_DIR or ./data, where the appliance runs on this
    machine; otherwise give --api-url and --key.
    """
    failed = False
    try:
        with ApplianceClient(Credentials.find(api_url, key)) as client:
            for file in files:
                try:
                    with _bar(file) as advance:
                        sent = client.upload(file, folder=folder, tags=tags, private=private, progress=advance)
                    _tell(f"{file.name}: {'was there already; nothing was sent' if sent.duplicate else 'sent'}.")
                    record = client.wait_until_final(sent.file_id) if wait else None
                except Unreachable:
                    raise
                except TransferError as error:
                    failed = True
                    _tell(f"{file.name}: {error}")
                    if as_json:
                        click.echo(json.dumps({"file": str(file), "error": str(error)}))
                    continue
                failed |= _report(file, sent, record, as_json)
    except (NotConfigured, Unreachable) as error:
        _tell(str(error))
        sys.exit(_UNUSABLE)
    except KeyboardInterrupt:
        _tell("Interrupted; what was not finished was cancelled.")
        sys.exit(_INTERRUPTED)
    sys.exit(_FAILED if failed else 0)


def _report(file: Path, sent: Uploaded, record: dict[str, object] | None, as_json: bool) -> bool:
    """Print one file's link; whether its processing failed."""
    state = str(record["state"]) if record else None
    if as_json:
        answer: dict[str, object] = {
            "file": str(file),
            "fileId": sent.file_id,
            "videoUrl": sent.video_url,
            "page": sent.page,
            "duplicate": sent.duplicate,
        }
        click.echo(json.dumps({**answer, "state": state} if state else answer))
    else:
        click.echo(sent.video_url)
    if state is None or state == "ready":
        return False
    error = record.get("error") if record else None
    _tell(f"{file.name} is {state}{': ' + str(error.get('detail')) if isinstance(error, dict) else '.'}")
    return True


@contextlib.contextmanager
def _bar(file: Path) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while the file is sent, gone before its link is printed; nothing where stderr is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda count: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(_printable(file.name), total=file.stat().st_size if file.is_file() else None)
        yield lambda count: progress.advance(task, count)


def _tell(text: str) -> None:
    click.echo(_printable(text), err=True)


def _printable(text: str) -> str:
    """Fit for a terminal: what a file's name may hold that would move its cursor, or is no text, is replaced."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


if __name__ == "__main__":
    main()
