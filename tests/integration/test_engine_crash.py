"""The engine's process is killed at any moment: the next one goes on where it was."""

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.domain.uploads import MIN_PART
from gui.transfer.transfers import Options
from tests.integration.engines import GENEROUS_S, EngineRig
from tests.servers import MinioServer, wait_until

MIB = 1024 * 1024
PROJECT = Path(__file__).parents[2]


def start(rig: EngineRig, *sources: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.integration.engine_process"]
    arguments = [str(rig.folder / "killed.db"), rig.api_url, rig.key, *map(str, sources)]
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    return subprocess.Popen([*command, *arguments], cwd=PROJECT, env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.long
def test_kills_at_random_moments_cost_a_round_of_parts_each(
    minio: MinioServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    size, kills = (1024 * MIB, 10) if request.config.getoption("--long") else (200 * MIB, 3)
    chance = random.Random(5)
    with EngineRig(minio, tmp_path) as rig:
        source = rig.file("large.bin", size)
        moments = sorted(chance.sample(range(size), kills))
        for moment in moments:
            process = start(rig, source)
            wait_until(
                lambda: rig.store_net.received >= moment or process.poll() is not None,  # noqa: B023
                timeout_s=GENEROUS_S, what=f"{moment} bytes are sent",
            )  # fmt: skip
            process.kill()
            process.communicate()
        with start(rig, source) as process:
            (answer,) = [json.loads(line) for line in process.communicate(timeout=GENEROUS_S)[0].splitlines()]
        assert (answer["state"], answer["verified"]) == ("done", True), answer
        headers = 64 * 1024 * (kills + 1)
        round_of_parts = Options().parts_at_a_time * MIN_PART
        assert rig.store_net.received <= size + kills * round_of_parts + headers
        record = rig.api.catalog.files.find(answer["fileId"])
        assert record is not None
        stored = hashlib.sha256(rig.api.store.read(record.object_key)).digest()
        with source.open("rb") as file:
            assert stored == hashlib.file_digest(file, "sha256").digest()
        assert len(list(rig.client("red").all_files())) == 1


def test_a_folder_of_small_files_arrives_once_each_over_kills(minio: MinioServer, tmp_path: Path) -> None:
    count = 150
    with EngineRig(minio, tmp_path) as rig:
        for number in range(count):
            rig.file(f"many/{number:03}.bin", 2000)
        for share in (4, 2):
            process = start(rig, rig.files / "many")
            wait_until(
                lambda: rig.store_net.received >= count * 2000 // share or process.poll() is not None,  # noqa: B023
                timeout_s=GENEROUS_S, what="some are sent",
            )  # fmt: skip
            process.kill()
            process.communicate()
        with start(rig) as process:
            rows = [json.loads(line) for line in process.communicate(timeout=GENEROUS_S)[0].splitlines()]
        assert {(row["state"], row["verified"]) for row in rows} == {("done", True)}
        listed = sorted(record["name"] for record in rig.client("red").all_files(limit=200))
        assert listed == [f"{number:03}.bin" for number in range(count)]
