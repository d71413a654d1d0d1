"""docker-compose.yml as an administrator uses it. The tests stand in the order of an appliance's life."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from appliance.catalog import migrations
from appliance.catalog.catalog import open_catalog
from appliance.ports.clock import system_clock
from tests.compose.containers import SERVICES, Containers, docker
from tests.films import ffmpeg, h264, picture, tone
from tests.servers import wait_until

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "Harbour.mp4"
    ffmpeg(*picture(seconds=4), *tone(seconds=4), *h264(), "-c:a", "aac", "-shortest", path)
    return path


def state_of(containers: Containers, file_id: str) -> str:
    with containers.client() as client:
        return str(client.get(f"/get/{file_id}").json()["state"])


def wait_ready(containers: Containers, file_id: str) -> None:
    wait_until(lambda: state_of(containers, file_id) == "ready", timeout_s=120, what=f"{file_id} is ready", every_s=0.2)


def links(containers: Containers) -> list[str]:
    """The permanent link of every file."""
    with containers.client() as client:
        return sorted(item["links"]["videoUrl"] for item in client.get("/files?limit=100").json()["items"])


def all_answer(urls: list[str]) -> bool:
    return all(httpx.get(url, headers={"Range": "bytes=0-3"}, trust_env=False).status_code == 206 for url in urls)


def test_containers_may_do_little(containers: Containers) -> None:
    for service in SERVICES:
        (found,) = containers.inspect(*containers.ids(service))
        host = found["HostConfig"]
        open_ports = {port for port, where in found["NetworkSettings"]["Ports"].items() if where}
        print(f"{service}: account {found['Config']['User']}, open {sorted(open_ports)}, memory {host['Memory']}")
        assert found["Config"]["User"] == f"{containers.account}:{containers.account}"
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"])
        assert host["Memory"] > 0
        assert host["LogConfig"]["Config"]["max-size"]
        assert host["RestartPolicy"]["Name"] == "unless-stopped"
        wanted = {"minio": "S3", "appliance": "API", "edge": "CDN"}.get(service)
        assert open_ports == ({f"{containers.settings[f'MEDIA_{wanted}_PORT']}/tcp"} if wanted else set())


def test_state_is_for_the_account_alone(containers: Containers) -> None:
    for path in (containers.state, *containers.state.iterdir(), containers.folder / "storage"):
        found = path.stat()
        print(f"{stat.filemode(found.st_mode)} {found.st_uid} {path.name}")
        assert found.st_uid == containers.account
        assert not found.st_mode & 0o077, path
    assert "minioadmin" not in (containers.state / "secrets.json").read_text()


def test_the_front_page_says_how_to_pair_and_pairing_works(containers: Containers) -> None:
    page = httpx.get(containers.api, trust_env=False).text
    assert "docker compose exec appliance media-appliance pair" in page
    printed = containers.command("pair", "--name", "laptop")
    code = re.search(r"/pair#(\S+)", printed)
    assert code, printed
    answer = httpx.post(
        f"{containers.api}/pair", json={"code": code[1], "deviceName": "laptop"}, trust_env=False
    ).json()
    assert answer["apiUrl"] == containers.api
    me = httpx.get(f"{containers.api}/me", headers={"Authorization": f"Bearer {answer['apiKey']}"}, trust_env=False)
    assert me.json()["keyName"] == "laptop"


def test_files_go_in_by_curl_and_are_played(containers: Containers, film: Path) -> None:
    with containers.client() as client:
        asked = client.ask("by-curl.mp4", film.stat().st_size)
    headers = [word for name, value in asked["headers"].items() for word in ("-H", f"{name}: {value}")]
    subprocess.run(["curl", "-sf", *headers, "-T", str(film), asked["uploadUrl"]], check=True, timeout=60)
    wait_ready(containers, asked["fileId"])
    assert all_answer([asked["videoUrl"]])
    with containers.client() as client:
        record = client.get(f"/get/{asked['fileId']}").json()
    assert (record["width"], record["height"]) == (480, 270)
    playlist = httpx.get(record["links"]["hls"], trust_env=False)
    assert playlist.status_code == 200
    assert playlist.text.startswith("#EXTM3U")
    assert httpx.get(record["links"]["poster"], trust_env=False).headers["content-type"].startswith("image/")


def test_files_go_in_by_the_command(containers: Containers, film: Path, tmp_path: Path) -> None:
    sent = subprocess.run(
        [sys.executable, "-m", "gui.upload", "--wait", "--api-url", containers.api,
         "--key", containers.credentials()["apiKey"], str(film)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert sent.returncode == 0, sent.stderr
    assert all_answer([sent.stdout.strip()])


def test_what_is_put_into_the_import_folder_goes_up(containers: Containers, film: Path) -> None:
    folder = Path(containers.settings["MEDIA_IMPORT_PATH"])
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    shutil.copy(film, folder / "Imported.mp4")
    containers.compose("--profile", "import", "up", "-d", "--no-build", "--no-deps", "import")
    with containers.client() as client:
        wait_until(
            lambda: bool(client.get("/files?q=Imported").json()["items"]), timeout_s=90, what="it went up", every_s=0.5
        )
    docker("rm", "-f", *containers.compose("--profile", "import", "ps", "-q", "import").split())


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_can_be_restarted(containers: Containers, film: Path, service: str) -> None:
    before = links(containers)
    containers.compose("restart", "--timeout", "10", service)
    containers.wait_ready()
    wait_until(lambda: all_answer(before), timeout_s=60, what="every link answers", every_s=0.5)
    with containers.client() as client:
        file_id = client.upload(f"after-{service}.mp4", film.read_bytes())["fileId"]
    wait_ready(containers, file_id)


def test_there_can_be_more_workers(containers: Containers, film: Path) -> None:
    containers.up("--scale", "worker=2")
    assert len(containers.ids("worker")) == 2

    def workers() -> int:
        figures = httpx.get(f"{containers.api}/metrics", trust_env=False).text
        found = re.search(r"^media_workers (\d+)", figures, re.MULTILINE)
        return int(found[1]) if found else 0

    wait_until(lambda: workers() >= 2, timeout_s=60, what="two workers live", every_s=0.5)
    with containers.client() as client:
        files = [client.upload(f"shared-{number}.mp4", film.read_bytes())["fileId"] for number in range(4)]
    for file_id in files:
        wait_ready(containers, file_id)


def test_all_comes_back_after_a_reboot(containers: Containers) -> None:
    """The containers end without a word, and come back in whatever order docker starts them."""
    before = links(containers)
    ids = [one for service in SERVICES for one in containers.ids(service)]
    docker("kill", *ids)
    docker("start", *reversed(ids))
    containers.wait_ready()
    assert links(containers) == before
    wait_until(lambda: all_answer(before), timeout_s=60, what="every link answers", every_s=0.5)


def test_down_and_up_keeps_everything(containers: Containers) -> None:
    before = links(containers)
    containers.down()
    containers.up()
    assert links(containers) == before
    assert all_answer(before)


def test_an_older_catalog_is_brought_up_to_date_and_kept_beside(
    containers: Containers, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = links(containers)
    containers.down()
    for path in (*containers.state.glob("catalog.db*"), containers.state / "credentials.json"):
        path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", migrations.STEPS[:-1])
        open_catalog(f"sqlite:///{containers.state / 'catalog.db'}", system_clock, queues={}).close()
    containers.up()
    kept = list(containers.state.glob(f"catalog.db.schema{len(migrations.STEPS) - 1}.*.bak"))
    assert len(kept) == 1
    # The older catalog knew of no file: they are taken in again from the bucket, by the same links.
    wait_until(lambda: links(containers) == before, timeout_s=90, what="every file is there again", every_s=0.5)
    assert all_answer(before)
