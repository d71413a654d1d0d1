"""The API against its own description: every check of schemathesis, in a bounded and repeatable run."""

import subprocess
import sys
from pathlib import Path

from tests.integration.api_server import ApiServer

CONFIG = Path(__file__).with_name("schemathesis.toml")
#: These would take away the very key or tenant that a run uses, so they have a run to themselves.
SELF_DESTRUCTIVE = ("DELETE /admin/keys/{keyId}", "PATCH /admin/tenants/{tenantId}")


def check(api: ApiServer, phases: str, seconds: int, *options: str) -> None:
    with api.client("red", "admin") as admin:
        authorization = admin.headers["authorization"]
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG),
        "run", f"{api.url}/openapi.json", "--header", f"Authorization: {authorization}", "--checks", "all",
        "--phases", phases, "--max-time", str(seconds), "--max-examples", "30", "--seed", "20260101",
        "--continue-on-failure", "--workers", "1", *options,  # two threads meet a defect of CPython 3.11 in ast.parse
    ]  # fmt: skip
    run = subprocess.run(command, cwd=api.folder, capture_output=True, text=True, timeout=seconds + 60, check=False)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]


def named(option: str) -> list[str]:
    return [part for name in SELF_DESTRUCTIVE for part in (option, name)]


def test_every_operation_keeps_to_its_description(api: ApiServer) -> None:
    check(api, "examples,coverage,fuzzing", 50, *named("--exclude-name"))


def test_what_takes_keys_and_tenants_away_keeps_to_its_description(api: ApiServer) -> None:
    check(api, "examples,coverage,fuzzing", 10, *named("--include-name"))


def test_sequences_of_calls_keep_to_their_descriptions(api: ApiServer) -> None:
    check(api, "stateful", 25, *named("--exclude-name"))
