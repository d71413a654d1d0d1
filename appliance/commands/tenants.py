"""media-appliance tenant: walls between teams."""

from typing import TYPE_CHECKING, Any

import click

from appliance.commands.opening import opened
from appliance.commands.output import json_option, show_json, show_rows, size, when
from appliance.domain.renditions import TranscodeChoice
from appliance.domain.retention import KEEP_TAG, MAX_DAYS, RetentionAction

if TYPE_CHECKING:
    from appliance.catalog.tenants import TenantRecord

_BYTES = click.IntRange(min=0, max=2**62)
_COLUMNS = {"id": "id", "name": "name", "stored": "stored", "quota": "quota", "disabledAt": "disabled"}


@click.group()
def tenant() -> None:
    """Tenants: nothing of one is visible to another."""


@tenant.command()
@click.argument("tenant_id")
@click.option("--name", help="What people call it; default the id.")
@click.option("--quota-bytes", type=_BYTES, help="Bytes it may store; 0 for no limit; default MEDIA_QUOTA_BYTES.")
@click.option("--quota-files", type=_BYTES, help="Files it may store; 0 for no limit; default MEDIA_QUOTA_FILES.")
@json_option
def add(tenant_id: str, name: str | None, quota_bytes: int | None, quota_files: int | None, as_json: bool) -> None:
    """Make a tenant. TENANT_ID is part of its links: a-z, 0-9, '-' and '_'."""
    with opened() as parts:
        settings = parts.settings
        record = parts.catalog.tenants.add(
            tenant_id,
            name or tenant_id,
            quota_bytes=settings.quota_bytes if quota_bytes is None else quota_bytes,
            quota_files=settings.quota_files if quota_files is None else quota_files,
            now=parts.clock(),
        )
    if as_json:
        show_json(_row(record))
    else:
        click.echo(f"Made. Its first key: media-appliance key create NAME --tenant {tenant_id}")


@tenant.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All tenants with what they store."""
    with opened() as parts:
        rows = [_row(record) for record in parts.catalog.tenants.all()]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="No tenants yet; the first start makes 'default'.")


@tenant.command()
@click.argument("tenant_id")
@click.argument("name")
def rename(tenant_id: str, name: str) -> None:
    """Change what people call it; its id and links stay."""
    with opened() as parts:
        parts.catalog.tenants.rename(tenant_id, name)


@tenant.command()
@click.argument("tenant_id")
def disable(tenant_id: str) -> None:
    """Its keys and links open nothing any more; its files stay."""
    with opened() as parts:
        parts.catalog.tenants.disable(tenant_id, now=parts.clock())


@tenant.command()
@click.argument("tenant_id")
def enable(tenant_id: str) -> None:
    """Undo `disable`."""
    with opened() as parts:
        parts.catalog.tenants.enable(tenant_id)


@tenant.command()
@click.argument("tenant_id")
@click.option("--bytes", "quota_bytes", type=_BYTES, help="Bytes it may store; 0 for no limit.")
@click.option("--files", "quota_files", type=_BYTES, help="Files it may store; 0 for no limit.")
def quota(tenant_id: str, quota_bytes: int | None, quota_files: int | None) -> None:
    """Set quotas; what is not named stays."""
    with opened() as parts:
        now = parts.catalog.tenants.get(tenant_id)
        parts.catalog.tenants.set_quota(
            tenant_id,
            quota_bytes=now.quota_bytes if quota_bytes is None else quota_bytes,
            quota_files=now.quota_files if quota_files is None else quota_files,
        )


@tenant.command()
@click.argument("tenant_id")
@click.argument("choice", type=click.Choice(list(TranscodeChoice)))
def transcode(tenant_id: str, choice: str) -> None:
    """What is made of its films from now on: nothing, one first playable form, or the full ladder."""
    with opened() as parts:
        parts.catalog.tenants.set_transcode(tenant_id, TranscodeChoice(choice))


@tenant.command(short_help="End files that nobody changed for so many days.")
@click.argument("tenant_id")
@click.argument("days", type=click.IntRange(0, MAX_DAYS))
@click.option("--delete", is_flag=True, help="Delete them for good, instead of 30 days in the trash.")
def retention(tenant_id: str, days: int, delete: bool) -> None:
    """Files that nobody changed for DAYS days go to the trash; 0 keeps all. What is tagged keep-forever stays."""
    action = RetentionAction.DELETE if delete else RetentionAction.TRASH
    with opened() as parts:
        parts.catalog.tenants.set_retention(tenant_id, days=days, action=action)
    if days:
        end = "are deleted for good" if delete else "go to the trash"
        click.echo(f"Files {end} {_days(days)} after their last change; those tagged {KEEP_TAG} stay.")
    else:
        click.echo("All files stay.")


def _row(record: "TenantRecord") -> dict[str, Any]:
    limits = [size(record.quota_bytes)] if record.quota_bytes else []
    limits += [_files(record.quota_files)] if record.quota_files else []
    return {
        "id": record.id,
        "name": record.name,
        "stored": f"{size(record.stored_bytes)} in {_files(record.stored_files)}",
        "quota": ", ".join(limits) or None,
        "transcode": record.transcode,
        "retentionDays": record.retention_days,
        "retentionAction": record.retention_action,
        "createdAt": when(record.created_at),
        "disabledAt": when(record.disabled_at),
        "quotaBytes": record.quota_bytes,
        "quotaFiles": record.quota_files,
        "storedBytes": record.stored_bytes,
        "storedFiles": record.stored_files,
        "trashBytes": record.trash_bytes,
        "pendingBytes": record.pending_bytes,
        "renditionBytes": record.rendition_bytes,
    }


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
