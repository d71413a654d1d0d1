"""What never gets through the children that open pictures: other files, bombs, and their own death."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import pyvips
from PIL import Image

from appliance.domain.errors import Malformed, ProbeUnavailable, ResourceLimit
from appliance.domain.transformations import parse
from appliance.media.images import Images, Original, Variant
from tests.pictures import RED, encoded, make, sources
from tests.servers import wait_until


@pytest.fixture(scope="module")
def images() -> Iterator[Images]:
    made = Images()
    yield made
    made.close()


@pytest.mark.parametrize("scheme", ["file://", ""])
def test_a_drawing_that_would_read_another_file_is_malformed(images: Images, tmp_path: Path, scheme: str) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded(Image.new("RGB", (40, 40), RED), "PNG"))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40">'
        f'<image xlink:href="{scheme}{secret}" width="40" height="40"/></svg>'
    )
    with pytest.raises(Malformed, match="another file"):
        make(images, svg.encode(), "w_40,f_png", ext="svg")


def test_the_renderer_itself_reads_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded(Image.new("RGB", (40, 40), RED), "PNG"))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        f'<image href="file://{secret}" width="40" height="40"/></svg>'
    )
    assert pyvips.Image.thumbnail_buffer(svg.encode(), 40).avg() == 0


@pytest.mark.parametrize(
    ("ext", "data"),
    [
        ("jpg", b"not a picture at all"), ("png", b""), ("jpg", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        ("heic", b"\x00\x00\x00\x18ftypheic" + bytes(200)), ("bmp", b"BM" + bytes(60)), ("cr2", b"II*\x00" + bytes(99)),
        ("csv", b"1,2,3\n4,5,6\n"), ("svg", b"<svg"), ("jxl", b"\xff\x0a" + b"nothing"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_malformed(images: Images, ext: str, data: bytes) -> None:
    with pytest.raises(Malformed):
        make(images, data, "w_10", ext=ext)


@pytest.mark.parametrize("ext", ["jpg", "png", "webp", "heic"])
def test_a_damaged_picture_is_malformed(images: Images, ext: str) -> None:
    data = sources()[ext]
    with pytest.raises(Malformed):
        make(images, data[: len(data) // 2], "w_100", ext=ext)


def test_a_bomb_is_refused_by_its_pixels(images: Images) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)

    header = (60_000).to_bytes(4) + (60_000).to_bytes(4) + b"\x08\x00\x00\x00\x00"
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(60_001)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(ResourceLimit, match="million pixels"):
        make(images, bomb, "w_10", ext="png")
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>'
    with pytest.raises(ResourceLimit, match="million pixels"):
        make(images, drawing, "w_10", ext="svg")


def test_a_picture_that_takes_too_long_is_given_up_and_the_next_is_served() -> None:
    images = Images(limit_s=0.3)
    slow = encoded(Image.effect_noise((6000, 6000), 90), "PNG", compress_level=0)
    try:
        with pytest.raises(ResourceLimit, match="longer"):
            make(images, slow, "e_blur:2000,f_avif", ext="png")
        patient = Images()
        assert make(patient, sources()["jpg"], "w_10").width == 10
        patient.close()
    finally:
        images.close()


def test_a_child_that_is_killed_costs_one_answer(images: Images) -> None:
    make(images, sources()["jpg"], "w_10")
    for pid in _children():
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(ProbeUnavailable):
        make(images, sources()["jpg"], "w_10")
    assert make(images, sources()["jpg"], "w_10").width == 10


_ESCAPE = """
import json, socket, sys
from appliance.media import images_child
from appliance.media.child_loop import isolate
walls = isolate()
def works(attempt):
    try:
        attempt()
    except OSError:
        return False
    return True
opened = works(lambda: open(sys.argv[1]).read())
reached = works(lambda: socket.socket().connect(("127.0.0.1", int(sys.argv[2]))))
print(json.dumps([walls.files, walls.network, opened, reached]))
"""


def test_a_child_gives_up_files_and_network_where_the_system_lets_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-c", _ESCAPE, str(secret), str(listener.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    no_files, no_network, opened, reached = json.loads(done.stdout)
    assert opened is not no_files
    assert reached is not no_network


def _children() -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = status.read_bytes().split(b"\0")
            parent = int((status.parent / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if b"appliance.media.images_child" in words and parent == os.getpid():
            found.append(int(status.parent.name))
    return found


def test_closing_ends_the_children_and_who_waits_for_them() -> None:
    others = set(_children())
    images = Images()
    make(images, sources()["jpg"], "w_10")
    assert set(_children()) - others
    outcome: list[BaseException] = []

    def endless() -> Iterator[bytes]:
        yield b"x"
        images.close()
        yield b"x" * 1_000_000

    def ask() -> None:
        try:
            images.transform(Original(endless(), 2_000_000, "jpg"), Variant(parse("w_10")))
        except ProbeUnavailable as error:
            outcome.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(20)
    assert outcome
    with pytest.raises(ProbeUnavailable):
        make(images, sources()["jpg"], "w_10")
    wait_until(lambda: set(_children()) <= others, timeout_s=5, what="the children ended")


def test_several_callers_are_served_at_once(images: Images) -> None:
    data = sources()["jpg"]
    widths: list[int] = []

    def ask(width: int) -> None:
        widths.append(make(images, data, f"w_{width}").width)

    threads = [threading.Thread(target=ask, args=(width,)) for width in range(10, 18)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(widths) == list(range(10, 18))
