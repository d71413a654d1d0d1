"""An appliance that is on a network is found there by the desktop program, and lost when it goes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from appliance.cli import main
from appliance.config import Settings
from appliance.stack.announce import Announcement, addresses_of, on_network
from gui.transfer.connections.discovery import Discovery, Found
from tests.servers import wait_until

HERE = ["127.0.0.1"]
#: Probing for a free name and answers that are spread in time take about two seconds each.
LONG_S = 60


@pytest.fixture
def discovery() -> Iterator[Discovery]:
    found = Discovery(interfaces=HERE)
    found.start()
    yield found
    found.stop()


def announcement(folder: Path, **settings: object) -> Announcement:
    made = Settings(data_dir=folder, bind="0.0.0.0", **settings)  # type: ignore[arg-type]
    return Announcement(made, lambda _: HERE)


def named(discovery: Discovery, name: str) -> list[Found]:
    return [one for one in discovery.found if one.name.startswith(name)]


def test_appliances_are_found_and_lost_live(tmp_path: Path, discovery: Discovery) -> None:
    name = f"Studio {tmp_path.name}"
    first = announcement(tmp_path, name=name, api_port=8090)
    second = announcement(tmp_path, name=name, api_port=8091, api_url="https://media.example.org")
    try:
        first.step()
        wait_until(lambda: len(named(discovery, name)) == 1, timeout_s=LONG_S, what="the first is found")
        found = named(discovery, name)[0]
        assert (found.api_url, found.tls, found.version) == ("http://127.0.0.1:8090", False, "0.1.0")
        second.step()
        wait_until(lambda: len(named(discovery, name)) == 2, timeout_s=LONG_S, what="the second is found too")
        urls = {one.api_url for one in named(discovery, name)}
        assert urls == {"http://127.0.0.1:8090", "https://media.example.org"}
        first.close()
        wait_until(lambda: len(named(discovery, name)) == 1, timeout_s=LONG_S, what="the first is lost")
        assert named(discovery, name)[0].tls
    finally:
        first.close()
        second.close()


def test_a_change_of_address_is_announced(tmp_path: Path, discovery: Discovery) -> None:
    name = f"Roaming {tmp_path.name}"
    addresses = [[], HERE]
    one = Announcement(Settings(data_dir=tmp_path, bind="0.0.0.0", name=name), lambda _: addresses[0])
    one.step()
    assert named(discovery, name) == []
    try:
        addresses.pop(0)
        one.step()
        wait_until(lambda: len(named(discovery, name)) == 1, timeout_s=LONG_S, what="it is found at its new address")
    finally:
        one.close()


def test_a_machine_without_a_network_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = Announcement(Settings(data_dir=tmp_path, bind="0.0.0.0"), lambda _: [])
    one.step()
    one.step()
    assert [record.levelname for record in caplog.records if "cannot be found" in record.message] == ["WARNING"]
    one.close()


@pytest.mark.parametrize(
    ("bind", "announced"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("192.168.1.20", True)]
)
def test_only_what_others_can_reach_is_announced(tmp_path: Path, bind: str, announced: bool) -> None:
    settings = Settings(data_dir=tmp_path, bind=bind)
    assert on_network(settings) is announced
    assert all(not address.startswith("127.") for address in addresses_of(settings) if announced)


def test_the_command_says_why_there_is_nothing_to_announce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(main, ["announce"])
    assert done.exit_code == 2
    assert "MEDIA_BIND" in done.output
