"""Which appliance a command speaks to, and whether it answers."""

import threading
import time
from collections.abc import Callable
from typing import Any

import click

from gui.transfer.client import ApplianceClient, Credentials
from gui.transfer.connections.book import ConnectionBook
from gui.transfer.errors import Interrupted, NotConfigured, Unreachable
from gui.transfer.halting import Halt
from gui.transfer.offers import Account

FIRST_ANSWER_S = 10.0
_PAUSE_S = 0.5

_OPTIONS = (
    click.option(
        "--connection", default="", metavar="NAME", help="An appliance that the desktop app knows, by name or address."
    ),
    click.option("--api-url", default="", metavar="URL", help="Address of the appliance, http://HOST:8080."),
    click.option("--key", default="", envvar="MEDIA_KEY", show_envvar=True, help="An API key, mk_…."),
)


def access_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--connection, --api-url and --key."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def find_client(connection: str, api_url: str, key: str) -> ApplianceClient:
    """What is named; otherwise the appliance on this machine, or the one that the desktop app sends to.

    NotConfigured where there is none.
    """
    if connection:
        if api_url or key:
            raise click.UsageError("Give --connection, or --api-url and --key, not both.")
        book = ConnectionBook()
        return book.client(book.find(connection).id)
    try:
        return ApplianceClient(Credentials.find(api_url, key))
    except NotConfigured:
        book = ConnectionBook()
        if api_url or key or book.default is None:
            raise
        return book.client(book.default.id)


def first_contact(client: ApplianceClient, timeout_s: float = FIRST_ANSWER_S) -> Account:
    """Who we are to the appliance. Unreachable where it does not answer within the time; Refused for a bad key."""
    halt = Halt()
    view = client.within(halt, attempts=1)
    deadline = time.monotonic() + timeout_s
    timer = threading.Timer(timeout_s, halt.request)
    timer.daemon = True
    timer.start()
    try:
        while True:
            try:
                return view.me()
            except Interrupted:
                raise Unreachable(f"The appliance at {client.api_url} did not answer for {timeout_s:g} s.") from None
            except Unreachable:
                if time.monotonic() + _PAUSE_S >= deadline:
                    raise
                time.sleep(_PAUSE_S)
    finally:
        timer.cancel()
