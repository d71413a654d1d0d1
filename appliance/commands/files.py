"""media-appliance files and reconcile: what is stored."""

from dataclasses import asdict

import click

from appliance.commands.opening import opened
from appliance.commands.output import json_option, show_json, show_rows, size, when
from appliance.domain.errors import SetupError

_COLUMNS = {"fileId": "file id", "state": "state", "size": "size", "name": "name"}


@click.group()
def files() -> None:
    """Files of a tenant."""


@files.command("list")
@click.option("--tenant", default="default", show_default=True, help="Whose files.")
@click.option("--search", default="", metavar="WORDS", help="Words of title, name, folder, tags and metadata.")
@click.option("--folder", metavar="PATH", help="One folder; '' for the top.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The newest so many.")
@json_option
def list_(tenant: str, search: str, folder: str | None, limit: int, as_json: bool) -> None:
    """The newest files."""
    with opened() as parts:
        from appliance.catalog.listing import Filter

        parts.catalog.tenants.get(tenant)
        page = parts.catalog.listing.page(tenant, Filter(words=search, path=folder), before=None, limit=limit)
    rows = [
        {
            "fileId": record.file_id,
            "tenantId": record.tenant_id,
            "objectKey": record.object_key,
            "name": f"{record.path}/{record.name}" if record.path else record.name,
            "state": str(record.state),
            "size": size(record.size),
            "bytes": record.size,
            "kind": str(record.kind),
            "duration": record.duration,
            "width": record.width,
            "height": record.height,
            "createdAt": when(record.created_at),
        }
        for _, record in page
    ]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="No files yet: media-upload FILE sends one.")
    if len(rows) == limit and not as_json:
        click.echo(f"These are the newest {limit}; --limit shows more.", err=True)


@click.command(short_help="Compare bucket and catalog now.")
@json_option
def reconcile(as_json: bool) -> None:
    """Compare bucket and catalog now, and set right what no event told of."""
    with opened() as parts:
        from appliance.bootstrap import build_reconcile

        report = build_reconcile(parts).run()
    if not report.ran:
        raise SetupError("Another process compares them at this moment; try again later.")
    if as_json:
        show_json(asdict(report))
    else:
        click.echo(str(report))
