"""media-appliance replay, dead-letters and quarantine: work that failed."""

import click

from appliance.commands.opening import opened
from appliance.commands.output import json_option, show_json, show_rows, when

_DEAD = {"id": "id", "service": "service", "key": "object", "attempts": "tries", "error": "error"}
_QUARANTINE = {"id": "id", "receivedAt": "last came", "count": "times", "reason": "reason", "objectKey": "object"}


@click.command(short_help="Give dead letters another chance.")
@click.option("--service", help="Only of this service.")
@click.option("--id", "ids", type=int, multiple=True, help="Only this one; may be given again.")
@json_option
def replay(service: str | None, ids: tuple[int, ...], as_json: bool) -> None:
    """Give dead letters another chance: all, or those that the options name."""
    with opened() as parts:
        count = parts.bus.replay(service=service, ids=list(ids) or None, now=parts.clock())
    if as_json:
        show_json({"replayed": count})
    else:
        click.echo(f"{count} put back into {'its queue' if count == 1 else 'their queues'}.")


@click.group("dead-letters")
def dead_letters() -> None:
    """Events that a service gave up on."""


@dead_letters.command("list")
@click.option("--service", help="Only of this service.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="The newest so many.")
@json_option
def list_dead(service: str | None, limit: int, as_json: bool) -> None:
    """The newest; `media-appliance replay` gives them another chance."""
    with opened() as parts:
        rows = [
            {
                "id": letter.id,
                "service": letter.service,
                "type": str(letter.event.type),
                "key": letter.event.key,
                "fileId": letter.event.file_id,
                "attempts": letter.attempts,
                "error": letter.error,
                "diedAt": when(letter.died_at),
            }
            for letter in parts.bus.dead_letters(service, limit=limit)
        ]
    show_rows(rows, _DEAD, as_json=as_json, empty="No dead letters.")


@click.group(short_help="What storage told of that has no place here.")
def quarantine() -> None:
    """What storage told of that has no place here: foreign keys, unknown tenants, garbage."""


@quarantine.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="The newest so many.")
@json_option
def list_quarantine(limit: int, as_json: bool) -> None:
    """The newest, and how often each came."""
    with opened() as parts:
        rows = [
            {
                "id": record.id,
                "source": record.source,
                "reason": record.reason,
                "objectKey": record.object_key,
                "receivedAt": when(record.received_at),
                "count": record.count,
            }
            for record in parts.catalog.quarantine.list(limit=limit)
        ]
    show_rows(rows, _QUARANTINE, as_json=as_json, empty="Nothing is in quarantine.")


@quarantine.command()
@click.argument("quarantine_id", type=int)
@json_option
def show(quarantine_id: int, as_json: bool) -> None:
    """One of them as it came."""
    from appliance.domain.errors import NotFound

    with opened() as parts:
        record = parts.catalog.quarantine.find(quarantine_id)
    if record is None:
        raise NotFound(f"There is nothing in quarantine under {quarantine_id}.")
    if as_json:
        show_json({"id": record.id, "source": record.source, "reason": record.reason, "objectKey": record.object_key,
                   "receivedAt": when(record.received_at), "count": record.count, "body": record.body})  # fmt: skip
    else:
        click.echo(f"{record.reason} ({record.source}, {record.count} times, last {when(record.received_at)})")
        click.echo(record.body)


@quarantine.command()
@click.argument("quarantine_ids", type=int, nargs=-1, required=True)
def drop(quarantine_ids: tuple[int, ...]) -> None:
    """Forget these; the objects stay where they are."""
    with opened() as parts:
        dropped = sum(parts.catalog.quarantine.drop(row_id) for row_id in quarantine_ids)
    click.echo(f"{dropped} dropped.")
