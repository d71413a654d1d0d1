"""media-appliance key and pair: who may do what."""

from typing import TYPE_CHECKING

import click

from appliance.commands.opening import first_start, opened
from appliance.commands.output import json_option, show_json, show_rows, when
from appliance.domain.errors import SetupError

if TYPE_CHECKING:
    from appliance.bootstrap import Assembly

_COLUMNS = {
    "id": "id", "tenantId": "tenant", "name": "name", "scopes": "scopes", "lastUsedAt": "last used", "state": "state",
}  # fmt: skip
_SCOPES = "Of upload, read, delete, purge, admin, with commas; default all but admin."


@click.group(short_help="Keys of access.")
def key() -> None:
    """Keys of access: each is named, has scopes, and is revoked singly."""


@key.command()
@click.argument("name")
@click.option("--tenant", default="default", show_default=True, help="Whose files it opens.")
@click.option("--scopes", metavar="LIST", help=_SCOPES)
@click.option("--days", type=click.IntRange(min=1, max=36500), help="Days until it expires; default never.")
@json_option
def create(name: str, tenant: str, scopes: str | None, days: int | None, as_json: bool) -> None:
    """Make a key called NAME and print it: it is shown this once."""
    if not name.strip():
        raise SetupError("A key needs a name that says who or what has it.")
    with opened() as parts:
        now = parts.clock()
        parts.catalog.tenants.get(tenant)
        expires_at = now + days * 86_400_000_000 if days else None
        key_id, text = parts.catalog.keys.create(tenant, name, _scopes(scopes), now=now, expires_at=expires_at)
    if as_json:
        show_json({"id": key_id, "key": text, "tenantId": tenant, "name": name})
    else:
        click.echo(text)


@key.command("list")
@click.option("--tenant", help="Only of this tenant.")
@json_option
def list_(tenant: str | None, as_json: bool) -> None:
    """All keys, without their secrets."""
    with opened() as parts:
        now = parts.clock()
        rows = [
            {
                "id": row.id,
                "tenantId": row.tenant_id,
                "name": row.name,
                "scopes": row.scopes.split(),
                "createdAt": when(row.created_at),
                "lastUsedAt": when(row.last_used_at),
                "expiresAt": when(row.expires_at),
                "revokedAt": when(row.revoked_at),
                "state": _state(row.revoked_at, row.expires_at, now),
            }
            for row in parts.catalog.keys.list(tenant)
        ]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="No keys yet; the first start makes two.")


@key.command(short_help="Revoke one key by its id.")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke one key by its id; it opens nothing any more within two seconds."""
    with opened() as parts:
        parts.catalog.keys.revoke(key_id, now=parts.clock())


@key.command(short_help="Make this machine's keys anew.")
def renew() -> None:
    """Make two new keys for this machine and write credentials.json anew; those in the old file are revoked."""
    with opened() as parts:
        click.echo(first_start(parts).renew())


@click.command(short_help="Offer a key to another device.")
@click.option("--name", default="paired device", show_default=True, help="The key's name, where the device has none.")
@click.option("--tenant", default="default", show_default=True, help="Whose files the device opens.")
@click.option("--scopes", metavar="LIST", help=_SCOPES)
@json_option
def pair(name: str, tenant: str, scopes: str | None, as_json: bool) -> None:
    """Offer a key to another device: prints a QR code and a line to open or paste there.

    The code works once, for ten minutes.
    """
    with opened() as parts:
        parts.catalog.tenants.get(tenant)
        code = parts.catalog.pairings.offer(tenant, name, _scopes(scopes), now=parts.clock())
        here = _addresses(parts)
        loopback = "://127." in here["apiUrl"] and not parts.settings.api_url
    link = f"{here['apiUrl']}/pair#{code}"
    if as_json:
        show_json({"code": code, "url": link, **here})
        return
    import segno

    click.echo()
    segno.make(link, error="m").terminal(compact=True)
    click.echo(f"\n  {link}\n\nScan it, or open or paste the line on the other device, within ten minutes.\n")
    click.echo(f"  API           {here['apiUrl']}\n  links         {here['cdnUrl']}\n  object store  {here['s3Url']}")
    if loopback:
        click.echo("\nOther machines cannot reach this address: start the appliance with MEDIA_BIND=0.0.0.0.", err=True)


def _addresses(parts: "Assembly") -> dict[str, str]:
    """Those of the appliance that runs, whose settings need not be in this shell; else those of the settings."""
    from appliance.stack.presence import running_pid

    first = first_start(parts)
    runs = running_pid(parts.settings.data_dir) is not None
    return first.published() if runs else first.addresses.as_json()


def _scopes(text: str | None) -> list[str]:
    from appliance.catalog.access import EVERYDAY_SCOPES

    return [scope.strip() for scope in text.split(",")] if text else list(EVERYDAY_SCOPES)


def _state(revoked_at: int | None, expires_at: int | None, now: int) -> str:
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= now else "good"
