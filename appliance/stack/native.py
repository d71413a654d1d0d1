"""Runs the whole appliance on this machine: store, API, edge and workers as one process tree."""

import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from appliance.config import Settings
from appliance.credentials import keep_private, load_or_create
from appliance.domain.errors import SetupError
from appliance.domain.hosts import reachable, url_host
from appliance.stack.announce import on_network
from appliance.stack.checks import check_machine, free_intake_port, runs_own_store
from appliance.stack.children import Plan, announcing_child, api_child, edge_child, store_child, worker_child
from appliance.stack.minio_binary import find_minio, obtain_minio
from appliance.stack.nginx_binary import find_nginx
from appliance.stack.presence import claim
from appliance.stack.readiness import answers
from appliance.stack.stop_request import StopRequest
from appliance.stack.supervisor import Child, Supervisor
from appliance.stack.welcome import welcome

READY_SECONDS = 60.0
_STEP_SECONDS = 1.0


def up(settings: Settings, console: Console | None = None) -> None:
    """Start everything, say where it is, keep it running until SIGINT or SIGTERM, stop it within ten seconds.

    Call it on the main thread. Raises SetupError where the appliance cannot start; nothing is left running then.
    """
    console = console or Console(soft_wrap=True, highlight=False)
    if runs_own_store(settings) and find_minio(settings.minio_binary) is None:
        # What is wrong is told before the build, which takes minutes.
        check_machine(settings)
    # Built outside the claim: who waits for a build holds nothing. The program itself is no secret.
    minio = obtain_minio(settings.minio_binary, console) if runs_own_store(settings) else None
    keep_private()
    with claim(settings.data_dir):
        check_machine(settings)
        plan = settle(settings)
        supervisor = Supervisor(
            _children(plan, minio), settings.data_dir / "logs", report=lambda line: console.print(line, markup=False)
        )
        try:
            with StopRequest() as stop:
                if supervisor.start(lambda: stop.made) and _wait_ready(supervisor, settings, lambda: stop.made):
                    console.print(welcome(settings), markup=False)
                while not stop.made:
                    supervisor.step()
                    stop.wait(_STEP_SECONDS)
                console.print("Stopping ...")
                supervisor.stop()
        finally:
            supervisor.stop()


def settle(settings: Settings) -> Plan:
    """Fix what is left open: the secrets, the intake's port, the address at which this machine reaches the store."""
    changes: dict[str, object] = {}
    if not settings.intake_port:
        changes["intake_port"] = free_intake_port(settings.intake_bind)
    if not settings.image_port:
        taken = changes.get("intake_port", settings.intake_port)
        changes["image_port"] = free_intake_port(settings.intake_bind, but=int(str(taken)))
    host = reachable(settings.bind)
    if runs_own_store(settings) and host != "127.0.0.1":
        changes["s3_url"] = f"http://{url_host(host)}:{settings.s3_port}"
    return Plan(settings.model_copy(update=changes), load_or_create(settings.data_dir))


def _children(plan: Plan, minio: Path | None) -> list[Child]:
    nginx = find_nginx(plan.settings.nginx_binary)
    try:
        edge = edge_child(plan, nginx)
    except OSError as error:
        raise SetupError(f"Cannot write to the data folder {plan.settings.data_dir}: {error.strerror}.") from None
    store = [store_child(plan, minio)] if minio else []
    # The edge before the API: when /readyz is green, links answer too.
    announcing = [announcing_child(plan)] if on_network(plan.settings) else []
    return [*store, edge, api_child(plan), worker_child(plan), *announcing]


def _wait_ready(supervisor: Supervisor, settings: Settings, cancelled: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while not answers(settings.bind, settings.api_port, "/readyz"):
        if cancelled():
            return False
        if time.monotonic() > deadline:
            raise SetupError(
                f"Not ready after {READY_SECONDS:g} s; http://127.0.0.1:{settings.api_port}/readyz and "
                f"{settings.data_dir / 'logs'} say why."
            )
        supervisor.step()
        time.sleep(0.05)
    return True
