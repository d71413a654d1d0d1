"""One appliance in containers for all tests of this package, which follow its life from the first start on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.containers import ROOT, Containers, docker, docker_runs
from tests.servers import minio_binary


@pytest.fixture(scope="package")
def minio_image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A MinIO to run: with --long the one that is built from source, else this machine's, which was built from the
    same source, in an image of its own."""
    if request.config.getoption("--long"):
        docker("build", "-q", "-t", "media-test-minio", "-f", "scripts/docker/minio.Dockerfile", "scripts/docker")
        return "media-test-minio"
    folder = tmp_path_factory.mktemp("minio-image")
    shutil.copy(minio_binary(), folder / "minio")
    last_stage = (ROOT / "scripts" / "docker" / "minio.Dockerfile").read_text().rpartition("FROM ")[2]
    lines = ["FROM debian:bookworm-slim", *last_stage.splitlines()[1:]]
    (folder / "Dockerfile").write_text("\n".join(lines).replace("--from=build /out/minio", "minio"))
    docker("build", "-q", "-t", "media-test-minio", str(folder))
    return "media-test-minio"


@pytest.fixture(scope="package")
def containers(tmp_path_factory: pytest.TempPathFactory, minio_image: str) -> Iterator[Containers]:
    """Up from nothing."""
    folder: Path = tmp_path_factory.mktemp("compose")
    found = Containers.in_folder(folder, MINIO_IMAGE=minio_image, APPLIANCE_IMAGE="media-test-appliance")
    found.build()
    try:
        found.up()
        yield found
    finally:
        found.down()


@pytest.fixture(scope="package", autouse=True)
def _docker() -> None:
    if not docker_runs():
        assert "CI" not in os.environ, "CI brings docker along: see .ci/run"
        pytest.skip("no docker here: the containers cannot be tried")
