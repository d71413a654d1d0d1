"""media-appliance notify: who is told of trouble, and what there is to tell."""

import sys

import click

from appliance.commands.opening import opened
from appliance.commands.output import json_option, show_json, show_rows, when
from appliance.domain.errors import SetupError

_COLUMNS = {"name": "alarm", "raisedAt": "since", "toldAt": "told", "sentence": "what is wrong"}
_FAILED = 1


@click.group(short_help="Who is told of trouble, and what is wrong.")
def notify() -> None:
    """People are told of a disk that gets full, of a backup that failed, and of work that was given up: once each, and
    once more when it is over. MEDIA_NOTIFY_URLS says who, by URLs of Apprise."""


@notify.command()
@json_option
def test(as_json: bool) -> None:
    """Tell everybody in MEDIA_NOTIFY_URLS that this is a test. Exits with 1 where somebody could not be told."""
    from appliance.config import load_settings
    from appliance.services.telling import Telling

    settings = load_settings()
    if not settings.notify_urls.split():
        raise SetupError("MEDIA_NOTIFY_URLS is empty: nobody is told of anything. Example: mailto://USER:PASS@HOST")
    telling = Telling(settings.notify_urls, settings.name)
    results = [(f"{scheme}://", "Apprise knows no such service.") for scheme in telling.unknown]
    results += [(told.who, told.complaint) for told in telling.tell("This is a test. All is well.", over=True)]
    if as_json:
        show_json([{"who": who, "ok": not complaint, "error": complaint or None} for who, complaint in results])
    else:
        for who, complaint in results:
            click.echo(f"{who}: {complaint or 'told.'}")
    sys.exit(_FAILED if any(complaint for _, complaint in results) else 0)


@notify.command("list", short_help="What is wrong at the moment.")
@json_option
def list_(as_json: bool) -> None:
    """What is wrong at the moment, and what is over without anybody knowing yet."""
    with opened() as parts:
        rows = [
            {
                "name": alarm.name,
                "sentence": alarm.sentence,
                "raisedAt": when(alarm.raised_at),
                "toldAt": when(alarm.told_at),
                "overAt": when(alarm.over_at),
            }
            for alarm in parts.catalog.alarms.all()
        ]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="Nothing is wrong.")
