"""What the containers find when they start."""

import os
from pathlib import Path

import pytest

from appliance.config import Settings
from appliance.domain.errors import SetupError
from appliance.stack.containers import Owner, prepare_containers

OWNER = Owner(os.getuid() or 1000, os.getgid() or 1000)


def settings(folder: Path) -> Settings:
    return Settings(
        data_dir=folder / "state",
        storage_dir=str(folder / "storage"),
        intake_host="appliance",
        intake_port=8090,
        image_port=8091,
        s3_url="http://minio:9000",
    )


def everything(folder: Path) -> dict[Path, tuple[int, int, bytes]]:
    return {
        path: (path.stat().st_uid, path.stat().st_mode & 0o777, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.rglob("*")]
    }


def test_all_of_it_is_for_one_account_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    prepare_containers(settings(tmp_path), OWNER, "192.0.2.7")
    first = everything(tmp_path / "state")
    assert {owner for owner, _, _ in first.values()} == {OWNER.uid}
    assert not any(mode & 0o077 for _, mode, _ in first.values())
    prepare_containers(settings(tmp_path), OWNER, "192.0.2.7")
    assert everything(tmp_path / "state") == first


def test_store_and_edge_are_told_where_the_others_are(tmp_path: Path) -> None:
    prepare_containers(settings(tmp_path), OWNER, "192.0.2.7")
    told = (tmp_path / "state" / "run" / "minio" / "minio.env").read_text()
    assert "MINIO_NOTIFY_WEBHOOK_ENDPOINT_DURABLE=http://appliance:8090/events/minio\n" in told
    assert "MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DURABLE=/events\n" in told
    edge = (tmp_path / "state" / "run" / "edge" / "nginx.conf").read_text()
    assert "server minio:9000;" in edge
    assert "server appliance:8090;" in edge
    assert "\nuser " not in edge
    assert (tmp_path / "state" / "run" / "host").read_text() == "192.0.2.7\n"


def test_files_of_the_store_are_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "storage" / "media" / "xl.meta"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"bytes")
    kept.chmod(0o644)
    before = kept.stat()
    prepare_containers(settings(tmp_path), OWNER, "192.0.2.7")
    assert (kept.stat().st_uid, kept.stat().st_mode) == (before.st_uid, before.st_mode)


@pytest.mark.parametrize("text", ["0:0", "1000:0", "0:1000", "anna:staff", "1000", ""])
def test_nobody_runs_as_root(text: str) -> None:
    with pytest.raises(SetupError, match="PUID and PGID"):
        Owner.parse(text)
