"""What is read of a picture before any decoder sees it: references of drawings, previews of raw files, placeholders."""

import struct

import pytest

from appliance.media.placeholder import thumbhash
from appliance.media.raw_previews import find_preview
from appliance.media.svg import check_alone

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">{}</svg>'
)


@pytest.mark.parametrize(
    "inside",
    [
        '<image xlink:href="file:///etc/passwd" width="9" height="9"/>',
        '<image href="/etc/passwd"/>',
        '<image href="other.png"/>',
        '<image href="http://127.0.0.1:9000/x"/>',
        '<use href="other.svg#part"/>',
        '<style>@import url("other.css");</style>',
        "<style>rect { fill: url(http://host/x#y) }</style>",
        '<rect style="fill:url(other.svg#a)"/>',
        '<rect filter="url( other.svg#a )"/>',
        '<filter><feImage href="FILE:///etc/passwd"/></filter>',
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>',
    ],
)
def test_a_drawing_that_would_read_another_file_is_refused(inside: str) -> None:
    with pytest.raises(ValueError, match="reads another file"):
        check_alone(_SVG.format(inside).encode())


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>',
        '<?xml-stylesheet href="other.css"?>',
        '<!DOCTYPE svg [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>',
    ],
)
def test_a_drawing_whose_head_reaches_out_is_refused(head: str) -> None:
    with pytest.raises(ValueError, match="drawing"):
        check_alone((head + _SVG.format("<text>&x;</text>" if "ENTITY x" in head else "")).encode())


@pytest.mark.parametrize(
    "inside",
    [
        '<a href="https://example.org/"><text>x</text></a>',
        '<defs><linearGradient id="a"/></defs><rect fill="url(#a)"/><use xlink:href="#a"/>',
        '<image href="data:image/png;base64,AAAA"/>',
        "<style>@font-face { font-family: a; src: url(https://host/a.woff) } rect { fill: url('#a') }</style>",
    ],
)
def test_a_drawing_that_stands_alone_is_taken(inside: str) -> None:
    check_alone(_SVG.format(inside).encode())


def test_what_is_no_drawing_is_refused() -> None:
    with pytest.raises(ValueError, match="not a drawing"):
        check_alone(b"<svg><rect></svg>")


def _jpeg(width: int, height: int, frame: int = 0xC0) -> bytes:
    head = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF" + bytes(10)
    return head + struct.pack(">BBHBHHB", 0xFF, frame, 11, 8, height, width, 1) + bytes(3) + b"\xff\xda" + bytes(20)


def test_the_largest_picture_that_can_be_shown_is_found_and_turned_as_the_camera_was() -> None:
    directory = struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
    raw = b"II*\x00" + struct.pack("<I", 8) + directory + _jpeg(160, 120) + _jpeg(1920, 1080) + _jpeg(6000, 4000, 0xC3)
    preview, orientation = find_preview(raw)
    assert preview.startswith(_jpeg(1920, 1080))
    assert orientation == 6


def test_a_raw_file_without_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        find_preview(b"II*\x00" + bytes(100) + b"\xff\xd8\xff" * 50 + _jpeg(6000, 4000, 0xC3))


def _levels(data: bytes) -> list[int]:
    return [nibble for byte in data for nibble in (byte & 15, byte >> 4)]


@pytest.mark.parametrize(
    ("width", "height", "pixel", "known"),
    [
        (32, 18, lambda x, y: (x * 8, y * 14, 128, 255), "df070a349a707787808888878887708007f787"),
        (12, 20, lambda x, y: (x * 20, y * 12, 40, (x + y) * 8), "d9ea85130c2790b1a8778890b10ae95873877088887878"),
        (1, 1, lambda x, y: (255, 0, 0, 255), "d5fb2b077f08f708888788708f7088f80888808008088800"),
    ],
)
def test_placeholders_are_those_of_the_reference(width: int, height: int, pixel: object, known: str) -> None:
    assert callable(pixel)
    rgba = b"".join(bytes(pixel(x, y)) for y in range(height) for x in range(width))
    made = thumbhash(width, height, rgba)
    expected = bytes.fromhex(known)
    assert made[:5] == expected[:5]
    # Waves that the picture has not are rounding noise around the middle of 16 levels.
    assert all(abs(one - other) <= 1 for one, other in zip(_levels(made[5:]), _levels(expected[5:]), strict=True))


def test_a_placeholder_is_made_of_few_pixels() -> None:
    with pytest.raises(ValueError, match="100 pixels"):
        thumbhash(101, 1, bytes(404))
