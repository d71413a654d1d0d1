"""media-appliance up, serve, work and what belongs to starting and stopping."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from appliance.commands.opening import first_start, opened
from appliance.commands.output import json_option, show_json
from appliance.domain.errors import SetupError

if TYPE_CHECKING:
    from appliance.config import Settings
    from appliance.credentials import Secrets

_STOP_S = 2.5
_PULSE_S = 10.0
_log = logging.getLogger("appliance")


@click.command(short_help="Run the whole appliance until Ctrl-C.")
def up() -> None:
    """Run the whole appliance: object store, API, edge and workers, until Ctrl-C."""
    from appliance.config import load_settings
    from appliance.stack import native

    native.up(load_settings())


@click.command(short_help="Stop the appliance that runs on this data folder.")
def stop() -> None:
    """Stop the appliance that runs on this data folder, and wait for its end."""
    from appliance.config import load_settings
    from appliance.stack import presence

    if not presence.stop(load_settings().data_dir):
        click.echo("No appliance runs on this data folder.", err=True)


@click.command(short_help="Upload files, or a made clip, and print their links.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def demo(files: tuple[Path, ...]) -> None:
    """Upload FILES, or a clip made for the purpose, and print their links; starts the appliance where none runs."""
    from appliance.config import load_settings
    from appliance.stack.demo import demo as run_demo

    sys.exit(run_demo(load_settings(), files))


@click.command(short_help="Run the API alone.")
def serve() -> None:
    """Run the API alone, with its listener for storage events; `up` does this and the rest."""
    with opened() as parts:
        from appliance.bootstrap import StoreSetup, build_context
        from appliance.media.studio import Studio
        from appliance.web.app import create_app, create_image_app, create_internal_app
        from appliance.web.intake import LET_THROUGH
        from appliance.web.server import Listen
        from appliance.web.server import serve as listen

        settings = parts.settings
        _log_to_stderr(settings, parts.secrets)
        first_start(parts).run()
        setup = StoreSetup(parts)
        context = build_context(parts, setup)
        setup.start()
        studio = Studio(parts.store)
        intake = Listen(settings.intake_bind, settings.intake_port, settings.intake_threads, max_body=LET_THROUGH)
        listen(
            [
                (create_app(context), Listen(settings.bind, settings.api_port, settings.api_threads)),
                (create_internal_app(context), intake),
                (
                    create_image_app(context, studio),
                    Listen(settings.intake_bind, settings.image_port, settings.image_threads),
                ),
            ],
            lambda ports: _log.info("listening on the ports %d (API), %d (intake), %d (pictures)", *ports),
        )
        studio.close()


@click.command(short_help="Run the workers alone.")
@click.option("--pulse", type=click.Path(path_type=Path), help="A file to touch while every thread lives.")
def work(pulse: Path | None) -> None:
    """Run the workers alone; more of them on other hosts need the same store, catalog and bus."""
    with opened() as parts:
        from appliance.bootstrap import Workers
        from appliance.stack.stop_request import StopRequest

        _log_to_stderr(parts.settings, parts.secrets)
        workers = Workers(parts)
        with StopRequest() as request:
            workers.start()
            while not request.made:
                if pulse is not None and workers.alive():
                    pulse.touch()
                request.wait(_PULSE_S)
        workers.stop(_STOP_S)


@click.command(short_help="Announce the appliance on the local network.")
def announce() -> None:
    """Announce the appliance on the local network by multicast DNS, until Ctrl-C; `up` does it where MEDIA_BIND is not
    loopback. For a host whose appliance runs in containers, whose networks such announcements do not leave."""
    from appliance.config import load_settings
    from appliance.stack.announce import LOOK_SECONDS, Announcement, on_network
    from appliance.stack.stop_request import StopRequest

    settings = load_settings()
    if not on_network(settings):
        raise SetupError(
            f"The appliance is bound to {settings.bind}, where no other device reaches it: set MEDIA_BIND."
        )
    _log_to_stderr(settings)
    announcement = Announcement(settings)
    with StopRequest() as request:
        while not request.made:
            announcement.step()
            request.wait(LOOK_SECONDS)
    announcement.close()


@click.command()
def migrate() -> None:
    """Bring the catalog to this version's form. Every start does it too; a copy of the old one is kept beside it."""
    with opened() as parts:
        click.echo(f"The catalog {parts.settings.catalog_url} is up to date.")


@click.command(short_help="Get what a start needs, without starting.")
@click.option("--containers", metavar="UID:GID", help="Make folders and settings for containers of this account.")
@json_option
def prepare(containers: str | None, as_json: bool) -> None:
    """Get what a start needs, MinIO above all, without starting anything.

    With --containers, make what the containers of docker-compose.yml find when they start, and note this machine's
    address for them.
    """
    from appliance.config import load_settings

    settings = load_settings()
    if containers is not None:
        _prepare_containers(settings, containers)
        return
    from rich.console import Console

    from appliance.stack.minio_binary import obtain_minio
    from appliance.stack.nginx_binary import find_nginx

    minio = obtain_minio(settings.minio_binary, Console(stderr=True))
    nginx = find_nginx(settings.nginx_binary)
    if as_json:
        show_json({"minio": str(minio), "nginx": str(nginx.path)})
    else:
        click.echo(f"MinIO: {minio}\nnginx: {nginx.path}, version {nginx.version}")


def _prepare_containers(settings: "Settings", owner: str) -> None:
    from appliance.bootstrap import network_address
    from appliance.stack.containers import Owner, prepare_containers

    host = settings.host or network_address()
    prepare_containers(settings, Owner.parse(owner), host)
    click.echo(f"Ready for the containers; this machine is reached at {host}.")


def _log_to_stderr(settings: "Settings", secrets: "Secrets | None" = None) -> None:
    from dataclasses import astuple

    from appliance.logs import configure

    words = [*(astuple(secrets) if secrets else ()), settings.s3_access_key, settings.s3_secret_key]
    configure(settings.log_level, settings.log_format, [*words, *settings.notify_urls.split()])
