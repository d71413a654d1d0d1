"""The API and its clients, for the tests that speak HTTP."""

from collections.abc import Iterator

import pytest

from tests.integration.api_server import ApiClient, ApiServer
from tests.servers import MinioServer


@pytest.fixture(scope="module")
def api(minio: MinioServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One API for a module's tests, with the tenants `red` and `blue`."""
    with ApiServer(minio, tmp_path_factory.mktemp("api")) as server:
        server.tenant("red")
        server.tenant("blue")
        yield server


@pytest.fixture
def red(api: ApiServer) -> Iterator[ApiClient]:
    """A client of tenant red with every scope but admin."""
    with api.client("red") as client:
        yield client


@pytest.fixture
def blue(api: ApiServer) -> Iterator[ApiClient]:
    """A client of tenant blue with every scope but admin."""
    with api.client("blue") as client:
        yield client
