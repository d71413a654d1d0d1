"""media-appliance: runs the appliance and rules it from a terminal."""

import click

from appliance import __version__
from appliance.commands.doctor import doctor
from appliance.commands.files import files, reconcile
from appliance.commands.keys import key, pair
from appliance.commands.notify import notify
from appliance.commands.queues import dead_letters, quarantine, replay
from appliance.commands.running import announce, demo, migrate, prepare, serve, stop, up, work
from appliance.commands.settings import settings
from appliance.commands.tenants import tenant
from appliance.domain.errors import ApplianceError

_FAILED = 2


class Commands(click.Group):
    """Tells what the appliance refuses in one sentence, without a traceback, and exits with 2."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ApplianceError as error:
            click.echo(str(error), err=True)
            ctx.exit(_FAILED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="media-appliance")
def main() -> None:
    """Runs a media appliance: files go straight to object storage, and each gets a link that never changes.

    Settings are MEDIA_* environment variables or a TOML file; `media-appliance settings` lists them.
    Exit codes: 0 done, 1 a check failed, 2 it could not be done; the sentence on stderr says why.
    """


for command in (
    up, stop, demo, doctor, pair, tenant, key, files, settings,
    replay, dead_letters, quarantine, reconcile, notify, serve, work, announce, migrate, prepare,
):  # fmt: skip
    main.add_command(command)


if __name__ == "__main__":
    main()
