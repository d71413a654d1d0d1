"""media-appliance doctor: is everything as it must be, and what to do where it is not."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from appliance.commands.opening import first_start, opened
from appliance.commands.output import json_option, show_json

if TYPE_CHECKING:
    from appliance.commands.checkup import Finding

_FAILED = 1


@click.command(short_help="Check everything, and say what to do about it.")
@json_option
def doctor(as_json: bool) -> None:
    """Check clocks, store, signatures, CORS, notifications, edge, disk and versions; about five seconds.

    Exits with 1 where a check failed, and says what to do.
    """
    with opened() as parts:
        from appliance.commands.checkup import Checkup
        from appliance.stack.readiness import check_terminal

        check_terminal(parts.settings)
        findings = []
        for finding in Checkup(parts, first_start(parts).addresses).run():
            findings.append(finding)
            if not as_json:
                _show(finding)
    if as_json:
        show_json([asdict(finding) for finding in findings])
    sys.exit(0 if all(finding.ok for finding in findings) else _FAILED)


def _show(finding: "Finding") -> None:
    mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red", bold=True)
    click.echo(f"{mark}  {finding.name}: {finding.detail}")
    if not finding.ok:
        click.echo(f"      -> {finding.advice}")
