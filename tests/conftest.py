"""Fixtures that several rooms' tests share."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import MinioServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked `long` in full")
    parser.addoption("--screenshots", type=Path, help="write pictures of the pages into this folder, to be looked at")


def pytest_configure() -> None:
    # A shell starts what it runs in the background with SIGINT ignored, and programs under test would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    """One real MinIO for all tests that need a store; each test takes a bucket or prefix of its own."""
    with MinioServer(tmp_path_factory.mktemp("minio")) as server:
        yield server
