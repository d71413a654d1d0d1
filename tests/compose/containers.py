"""The appliance as docker-compose.yml runs it, on ports and folders of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.integration.api_server import ApiClient
from tests.servers import answers, free_port, wait_until

ROOT = Path(__file__).parents[2]
#: The containers of a running appliance; `prepare` has ended by then. What tells the network of it stays out of tests.
SERVICES = ("minio", "appliance", "worker", "edge")
_BUILD_S, _COMMAND_S = 900, 240


def docker_runs() -> bool:
    """Whether containers can be started here."""
    return shutil.which("docker") is not None and _run(["docker", "info"], check=False).returncode == 0


@cache
def compose_command() -> tuple[str, ...]:
    """Compose as a plugin of docker, or as the program of its own that it was before."""
    if _run(["docker", "compose", "version"], check=False).returncode == 0:
        return ("docker", "compose")
    assert shutil.which("docker-compose"), "no docker compose here: sudo apt-get install docker-compose"
    return ("docker-compose",)


def docker(*words: str) -> str:
    """What a docker command printed."""
    return _run(["docker", *words]).stdout


@dataclass(frozen=True)
class Containers:
    """One appliance in containers. folder: of its state, storage and settings. account: of all containers but one."""

    folder: Path
    project: str
    settings: Mapping[str, str]
    account: int

    @classmethod
    def in_folder(cls, folder: Path, **settings: str) -> "Containers":
        account = os.getuid() or 1000
        own = {
            "MEDIA_STATE_PATH": str(folder / "state"),
            "MEDIA_STORAGE_PATH": str(folder / "storage"),
            "MEDIA_IMPORT_PATH": str(folder / "import"),
            "PUID": str(account),
            "PGID": str(account),
            "MEDIA_BIND": "127.0.0.1",
            "MEDIA_HOST": "127.0.0.1",
            "MEDIA_NETWORK": "172.30.81",
            "MEDIA_MIN_FREE_BYTES": "0",
            **{f"MEDIA_{name}_PORT": str(free_port()) for name in ("API", "CDN", "S3")},
            **settings,
        }
        (folder / "env").write_text("".join(f"{name}={value}\n" for name, value in own.items()))
        return cls(folder, f"media-test-{os.getpid()}", own, account)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.settings['MEDIA_API_PORT']}"

    def compose(self, *words: str, timeout_s: float = _COMMAND_S) -> str:
        """What a compose command printed."""
        base = [
            *compose_command(),
            "-p",
            self.project,
            "--env-file",
            str(self.folder / "env"),
            "-f",
            "docker-compose.yml",
        ]
        return _run([*base, *words], timeout_s=timeout_s).stdout

    def build(self) -> None:
        """The appliance's image, from this checkout."""
        self.compose("build", "appliance", timeout_s=_BUILD_S)

    def up(self, *words: str) -> None:
        """Everything that a test may start, healthy."""
        self.compose("up", "-d", "--no-build", "--scale", "announce=0", *words)
        self.wait_ready()

    def down(self) -> None:
        self.compose("--profile", "import", "down", "--timeout", "10")

    def wait_ready(self) -> None:
        wait_until(lambda: answers(f"{self.api}/readyz"), timeout_s=120, what="the API is ready", every_s=0.2)
        wait_until(self.healthy, timeout_s=120, what="every container is healthy", every_s=1)

    def healthy(self) -> bool:
        found = self.inspect(*(one for service in SERVICES for one in self.ids(service)))
        return all(one["State"].get("Health", {}).get("Status") == "healthy" for one in found)

    def ids(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def inspect(self, *ids: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(docker("inspect", *ids))
        return found

    def credentials(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.state / "credentials.json").read_text())
        return found

    def client(self, name: str = "apiKey") -> ApiClient:
        """A program outside of the containers. A context manager."""
        return ApiClient(self.api, self.credentials()[name], "", {})

    def command(self, *words: str) -> str:
        """What `media-appliance` prints in the container where people type it."""
        return self.compose("exec", "-T", "appliance", "media-appliance", *words)


def _run(
    command: list[str], *, check: bool = True, timeout_s: float = _COMMAND_S
) -> "subprocess.CompletedProcess[str]":
    # Settings come from the file alone, whatever the caller's shell has.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MEDIA_")}
    env["COMPOSE_HTTP_TIMEOUT"] = str(int(timeout_s))
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=timeout_s)
    assert not check or done.returncode == 0, f"{command}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done
