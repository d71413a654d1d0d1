"""What whoever runs the appliance sees of it: logs that follow one upload, and no secret in any of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from appliance.stack.presence import stop
from tests.films import ffmpeg, h264, picture, tone
from tests.integration.native_stack import NativeStack
from tests.servers import wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    stack = NativeStack.in_folder(tmp_path_factory.mktemp("operations"))
    with stack.up():
        yield stack
    stop(stack.settings.data_dir)


def lines_about(stack: NativeStack, request_id: str) -> list[dict[str, Any]]:
    logs = stack.settings.data_dir / "logs"
    texts = [line for name in ("api", "workers") for line in (logs / f"{name}.log").read_text().splitlines()]
    lines = [json.loads(line) for line in texts if line.startswith("{")]
    return sorted((line for line in lines if line.get("request_id") == request_id), key=lambda line: str(line["time"]))


def test_one_id_follows_an_upload_through_intake_and_every_service(stack: NativeStack, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    ffmpeg(*picture(seconds=1), *tone(seconds=1), *h264(), "-c:a", "aac", path)
    body = path.read_bytes()
    with stack.client() as client:
        answer = client.post(
            "/upload", json={"name": "film.mp4", "size": len(body)}, headers={"X-Request-ID": "order-17"}
        )
        assert answer.headers["X-Request-ID"] == "order-17"
        asked = answer.json()
        assert client.put_bytes(asked, body).status_code == 200
        done = {"metadata", "preview", "transcode", "thumbnails"}
        wait_until(
            lambda: done <= {line.get("service") for line in lines_about(stack, "order-17")},
            timeout_s=60,
            what="every service has told of it",
            every_s=0.2,
        )
    lines = lines_about(stack, "order-17")
    assert {line["file_id"] for line in lines} == {asked["fileId"]}
    assert (lines[0]["method"], lines[0]["route"], lines[0]["status"]) == ("POST", "/upload", 201)
    assert lines[1]["event"] == "minio tells: object.created"
    metadata = next(line for line in lines if line.get("service") == "metadata")
    assert metadata["event_id"] == lines[1]["event_id"]
    assert metadata["seconds"] > 0


def test_an_id_of_no_good_shape_is_replaced(stack: NativeStack) -> None:
    with stack.client() as client:
        answers = [client.get("/me", headers={"X-Request-ID": bad}) for bad in ("", "a b", "x" * 65)]
        answers.append(client.get("/nowhere"))
    made = [answer.headers["X-Request-ID"] for answer in answers]
    assert len(set(made)) == 4
    assert all(len(one) == 16 for one in made)


def figures(stack: NativeStack) -> dict[str, float]:
    """What /metrics says: every sample by its name and labels, the worker's name left out."""
    text = httpx.get(f"http://127.0.0.1:{stack.settings.api_port}/metrics", trust_env=False).text
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for name, labels, value, *_ in family.samples:
            shown = ",".join(f"{key}={labels[key]}" for key in sorted(labels) if key != "worker")
            found[f"{name}{{{shown}}}"] = value
    return found


def test_the_figures_tell_of_queues_jobs_intake_and_edge(stack: NativeStack) -> None:
    with stack.client() as client:
        sent = client.upload("figures.bin", b"figures")
    for _ in range(3):
        assert httpx.get(sent["videoUrl"], trust_env=False).content == b"figures"
    wait_until(
        lambda: figures(stack).get("media_edge_requests_total{cache=hit,status=200}", 0) >= 2,
        timeout_s=60,
        what="the edge's hits were counted",
        every_s=0.5,
    )
    found = figures(stack)
    assert found["media_workers{}"] == 1
    assert found["media_jobs_total{outcome=done,service=metadata}"] >= 1
    assert found["media_job_seconds_count{service=metadata}"] >= 1
    assert found["media_intake_lag_seconds_count{}"] >= 1
    assert found["media_queue_events{service=metadata,state=dead}"] == 0
    assert found["media_queue_age_seconds{service=metadata}"] >= 0
    assert found["media_edge_bytes_total{cache=hit}"] >= 2 * len(b"figures")
    assert found["media_disk_bytes{state=total}"] > found["media_disk_bytes{state=free}"] > 0


def test_readiness_names_every_dependency(stack: NativeStack) -> None:
    answer = httpx.get(f"http://127.0.0.1:{stack.settings.api_port}/readyz", trust_env=False)
    assert answer.status_code == 200
    found = answer.json()
    assert found["status"] == "ok", found
    required = {name: check["required"] for name, check in found["checks"].items()}
    assert required == {
        "catalog": True,
        "store": True,
        "storeSetup": True,
        "workers": False,
        "disk": False,
        "edge": False,
    }


def test_no_secret_is_in_any_log(stack: NativeStack) -> None:
    with stack.client() as client:
        private = client.upload("secret.png", b"data", visibility="private")
        assert client.get("/files", params={"q": client.headers["Authorization"]}).status_code == 200
        share = client.post("/shares", json={"fileIds": [private["fileId"]], "password": "open sesame"}).json()
        wait_until(
            lambda: client.get(f"/get/{private['fileId']}").json()["state"] in ("ready", "errored"),
            timeout_s=30,
            what="the file is looked at",
        )
        asked = client.ask("another.bin", 5)
        signature = asked["uploadUrl"].partition("X-Amz-Signature=")[2][:64]
        client.post(f"/upload/{asked['fileId']}/complete")
    known = json.loads((stack.settings.data_dir / "credentials.json").read_text())
    secrets = [known["apiKey"], known["adminKey"], signature, share["url"].rpartition("/")[2], "open sesame"]
    secrets += json.loads((stack.settings.data_dir / "secrets.json").read_text()).values()
    secrets.append(private["links"]["url"].partition("/t/")[2].partition("/")[0])
    assert all(len(secret) >= 8 for secret in secrets)
    for log in (stack.settings.data_dir / "logs").iterdir():
        text = log.read_text()
        assert not [secret for secret in secrets if secret in text], log
