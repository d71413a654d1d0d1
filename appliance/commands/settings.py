"""media-appliance settings: what can be set, and what is set."""

from typing import Any

import click

from appliance.commands.output import json_option, show_rows

_COLUMNS = {"setting": "setting", "value": "value", "description": "what it is"}
_SECRET = ("s3_secret_key", "notify_urls")


@click.command(short_help="Every setting with its value.")
@json_option
def settings(as_json: bool) -> None:
    """Every setting with its value now: the environment's, media.toml's or the default. * marks what was set."""
    from appliance.config import Settings, load_settings

    now = load_settings()
    rows = []
    for name, field in Settings.model_fields.items():
        value, default = getattr(now, name), field.get_default()
        hidden = name in _SECRET and value
        rows.append(
            {
                "setting": f"MEDIA_{name.upper()}",
                "value": "(hidden)" if hidden else _text(value),
                "default": _text(default),
                "set": name in now.model_fields_set,
                "description": field.description,
            }
        )
    if not as_json:
        rows = [{**row, "value": f"{row['value']} *" if row["set"] else row["value"]} for row in rows]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="")


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
