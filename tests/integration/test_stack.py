"""The whole appliance as a user starts it: real processes, real store, real edge."""

import contextlib
import http.client
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from appliance.stack.demo import make_clip
from appliance.stack.presence import stop
from tests.integration.native_stack import NativeStack
from tests.servers import answers, wait_until


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[NativeStack]:
    stack = NativeStack.in_folder(tmp_path)
    yield stack
    stop(stack.settings.data_dir)


def all_ended(processes: list[psutil.Process]) -> bool:
    return not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_it_starts_says_where_it_is_and_stops(stack: NativeStack) -> None:
    with stack.up() as process:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed:
            printed += process.stdout.readline()
        started = stack.processes()
        assert f"http://127.0.0.1:{stack.settings.api_port}" in printed
        commands = re.findall(r"^  KEY=.*?/upload$", printed, re.DOTALL | re.MULTILINE)
        answer = subprocess.run(["sh", "-euc", commands[0]], capture_output=True, text=True, check=True)
        assert json.loads(answer.stdout)["state"] == "waiting"
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert time.monotonic() - asked < 10
    assert len(started) >= 5
    assert all_ended(started)


def test_what_it_keeps_is_for_its_own_account_alone(stack: NativeStack) -> None:
    with stack.up():
        folder = stack.settings.data_dir
        kept = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
        open_to_others = [str(path) for path in kept if path.exists() and path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_the_second_start_finds_what_the_first_left(stack: NativeStack) -> None:
    credentials = stack.settings.data_dir / "credentials.json"
    with stack.up():
        made = credentials.read_text()
    with stack.up():
        assert credentials.read_text() == made


def test_nothing_outlives_a_kill(stack: NativeStack) -> None:
    with stack.up() as process:
        wait_until(lambda: len(stack.processes()) >= 5, timeout_s=10, what="the workers run too")
        started = stack.processes()
        process.kill()
        process.wait()
        wait_until(lambda: all_ended(started), timeout_s=10, what="all ended")
    with stack.up():
        assert stack.ready


def test_a_killed_part_comes_back_and_the_others_stay(stack: NativeStack) -> None:
    with stack.up():
        store, api, edge = stack.child("server"), stack.child("serve"), stack.child("-c")
        api.kill()
        wait_until(lambda: not api.is_running(), timeout_s=5, what="the API ended")
        wait_until(lambda: stack.ready, timeout_s=20, what="the API is back")
        assert store.is_running() and edge.is_running()
        edge.kill()
        wait_until(lambda: not edge.is_running(), timeout_s=5, what="the edge ended")
        health = f"http://127.0.0.1:{stack.settings.cdn_port}/healthz"
        wait_until(lambda: answers(health), timeout_s=20, what="the edge is back")


def test_what_hinders_a_start_is_one_sentence(stack: NativeStack, tmp_path: Path) -> None:
    with stack.up():
        again = stack.run("up")
        other = stack.run("up", MEDIA_DATA_DIR=str(tmp_path / "other"))
    for answer, sentence in ((again, "runs on"), (other, f"Port {stack.settings.api_port} (MEDIA_API_PORT) is in use")):
        assert answer.returncode == 2
        assert sentence in answer.stderr
        assert len(answer.stderr.strip().splitlines()) == 1
        assert "Traceback" not in answer.stderr


def test_two_appliances_run_side_by_side(stack: NativeStack, tmp_path: Path) -> None:
    second = NativeStack.in_folder(tmp_path / "second")
    with stack.up(), second.up():
        assert stack.ready and second.ready


def test_the_demo_ends_with_a_link_that_plays(stack: NativeStack, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "Möwe am Strand.mp4")
    answer = stack.run("demo", str(clip))
    try:
        assert answer.returncode == 0, answer.stderr
        link = re.search(rf"http://[^/\s]+:{stack.settings.cdn_port}(/videos/\S+\.mp4)", answer.stdout)
        assert link is not None, answer.stdout
        connection = http.client.HTTPConnection("127.0.0.1", stack.settings.cdn_port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", link[1], headers={"Range": "bytes=0-99"})
            part = connection.getresponse()
            assert (part.status, part.headers["Content-Type"], len(part.read())) == (206, "video/mp4", 100)
            assert not [name for name in part.headers if name.lower().startswith("x-amz")]
            connection.request("GET", link[1])
            assert connection.getresponse().read() == clip.read_bytes()
        again = stack.run("demo", str(clip))
        assert again.returncode == 0, again.stderr
    finally:
        assert stop(stack.settings.data_dir)


def test_a_deleted_file_ends_within_five_seconds_and_leaves_no_cache(stack: NativeStack) -> None:
    client = http.client.HTTPConnection("127.0.0.1", stack.settings.api_port, timeout=10)
    with stack.up(), contextlib.closing(client) as api:
        known = json.loads((stack.settings.data_dir / "credentials.json").read_text())
        headers = {"Authorization": f"Bearer {known['apiKey']}", "Content-Type": "application/json"}
        api.request("POST", "/upload", json.dumps({"name": "a.png", "size": 4}), headers)
        created = json.loads(api.getresponse().read())
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", stack.settings.s3_port)) as store:
            url = created["uploadUrl"]
            store.request("PUT", url[url.index("/", len("http://")) :], b"data", created["headers"])
            assert store.getresponse().status == 200
        link = created["videoUrl"]
        wait_until(lambda: answers(link), timeout_s=10, what="the link answers")
        cache = stack.settings.edge_cache_dir / "media"
        assert [path for path in cache.rglob("*") if path.is_file()]
        deleted_at = time.monotonic()
        api.request("DELETE", f"/delete/{created['fileId']}", headers=headers)
        assert api.getresponse().status == 204
        wait_until(lambda: not answers(link), timeout_s=5, what="the link is dead")
        left = 5 - (time.monotonic() - deleted_at)
        wait_until(
            lambda: not [path for path in cache.rglob("*") if path.is_file()], timeout_s=left, what="no cache left"
        )
        assert not answers(link)
