"""Pictures through the real children: what comes in and what comes out."""

import io
from collections.abc import Iterator

import pytest
import pyvips
from PIL import Image

from appliance.domain.transformations import NAMED, parse
from appliance.media.images import Images, Original, Picture, Variant
from tests.pictures import BLUE, RED, encoded, make, sources, split

_GPS, _ORIENTATION, _MAKE = 0x8825, 0x0112, 0x010F


@pytest.fixture(scope="module")
def images() -> Iterator[Images]:
    made = Images()
    yield made
    made.close()


def _animated(form: str) -> bytes:
    pages = [Image.new("RGB", (120, 80), colour) for colour in (RED, BLUE, (0, 200, 0))]
    return encoded(pages[0], form, save_all=True, append_images=pages[1:], duration=120, loop=0)


def _opened(picture: Picture) -> pyvips.Image:
    options = "n=-1" if picture.format in ("gif", "webp") else ""
    return pyvips.Image.new_from_buffer(picture.data, options)


def _colour(picture: Picture, x: int, y: int) -> list[float]:
    return [float(value) for value in pyvips.Image.new_from_buffer(picture.data, "")(x, y)]


def _is_red(colour: list[float]) -> bool:
    return colour[0] > 150 and colour[2] < 100


@pytest.mark.parametrize("ext", ["jpg", "png", "webp", "gif", "bmp", "tif", "avif", "heic", "svg", "cr2"])
def test_every_kind_of_picture_comes_in(images: Images, ext: str) -> None:
    picture = make(images, sources()[ext], "w_200,h_100,c_fill,f_jpg,q_90", ext=ext)
    assert (picture.format, picture.width, picture.height) == ("jpg", 200, 100)
    assert picture.content_type == "image/jpeg"
    assert _is_red(_colour(picture, 10, 50))
    assert not _is_red(_colour(picture, 190, 50))


@pytest.mark.parametrize("form", ["jpg", "png", "webp", "avif", "gif"])
def test_every_format_goes_out(images: Images, form: str) -> None:
    picture = make(images, sources()["png"], f"w_100,f_{form}", ext="png")
    opened = _opened(picture)
    assert (picture.format, opened.width, opened.height) == (form, 100, 75)
    assert opened.get("vips-loader").startswith(
        {"jpg": "jpeg", "avif": "heif"}.get(form, form),
    )


@pytest.mark.parametrize(
    ("accepts", "ext", "form"),
    [
        ("avif webp", "jpg", "avif"),
        ("webp", "jpg", "webp"),
        ("", "jpg", "jpg"),
        ("", "gif", "gif"),
        ("", "heic", "jpg"),
    ],
)
def test_the_format_follows_what_the_client_accepts(images: Images, accepts: str, ext: str, form: str) -> None:
    data = _animated("GIF") if ext == "gif" else sources()[ext]
    assert make(images, data, "w_60,f_auto", ext=ext, accepts=accepts).format == form


def test_a_large_picture_is_not_made_into_avif_by_itself(images: Images) -> None:
    picture = make(images, sources()["jpg"], "w_1600,f_auto", accepts="avif webp")
    assert picture.format == "webp"


def test_transparency_keeps_its_format_and_lies_on_white_where_there_is_none(images: Images) -> None:
    data = encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG")
    assert make(images, data, "w_20,f_auto", ext="png").format == "png"
    assert min(_colour(make(images, data, "w_20,f_jpg", ext="png"), 5, 5)) > 250


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_animations_stay_animations(images: Images, form: str) -> None:
    picture = make(images, _animated(form), "w_60,h_60,c_fill", ext=form.lower())
    opened = _opened(picture)
    assert (picture.format, picture.width, picture.height) == (form.lower(), 60, 60)
    assert (opened.get("n-pages"), opened.get("page-height")) == (3, 60)
    assert opened.get("delay")[0] == 120
    assert make(images, _animated(form), "w_60,f_jpg", ext=form.lower()).height == 40


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [(1, (400, 300), (10, 150)), (3, (400, 300), (390, 150)), (6, (300, 400), (150, 10)), (8, (300, 400), (150, 390))],
)
def test_orientation_is_applied_and_metadata_go(
    images: Images, orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    exif = split().getexif()
    exif[_ORIENTATION] = orientation
    exif[_MAKE] = "a camera"
    exif[_GPS] = {1: "N", 2: (52.0, 31.0, 12.0)}
    data = encoded(split(), "JPEG", exif=exif, quality=95)
    for text in ("q_95", f"w_{size[0]},h_{size[1]},c_fill,g_auto,q_95"):
        picture = make(images, data, text)
        assert (picture.width, picture.height) == size
        assert _is_red(_colour(picture, *red_at))
        assert not Image.open(io.BytesIO(picture.data)).getexif()
        assert b"a camera" not in picture.data
    assert b"a camera" in data
    assert Image.open(io.BytesIO(data)).getexif()[_GPS]


def test_the_colour_profile_stays(images: Images) -> None:
    profile = pyvips.Image.black(8, 8, bands=3).copy(interpretation="srgb").icc_transform("p3").get("icc-profile-data")
    data = encoded(split(), "JPEG", icc_profile=bytes(profile))
    assert Image.open(io.BytesIO(make(images, data, "w_50").data)).info["icc_profile"] == bytes(profile)


def test_print_colours_and_sixteen_bits_become_what_screens_show(images: Images) -> None:
    cmyk = encoded(split().convert("CMYK"), "JPEG", quality=95)
    assert _is_red(_colour(make(images, cmyk, "w_100,f_png"), 10, 10))
    deep = pyvips.Image.new_from_buffer(sources()["png"], "").cast("ushort") * 257
    data = bytes(deep.cast("ushort").copy(interpretation="rgb16").pngsave_buffer())
    assert _is_red(_colour(make(images, data, "w_100,f_jpg", ext="png"), 10, 10))


def test_what_people_look_at_is_kept(images: Images) -> None:
    image = Image.new("RGB", (900, 300), (128, 128, 128))
    image.paste(Image.effect_noise((120, 120), 120).convert("RGB"), (760, 90))
    data = encoded(image, "PNG")
    smart = pyvips.Image.new_from_buffer(make(images, data, "w_200,h_200,c_fill,g_auto,f_png").data, "")
    centred = pyvips.Image.new_from_buffer(make(images, data, "w_200,h_200,c_fill,f_png").data, "")
    assert smart.deviate() > 5 > centred.deviate()


def test_padding_rounding_turning_and_effects(images: Images) -> None:
    data = sources()["png"]
    padded = make(images, data, "w_100,h_100,c_pad,f_png", ext="png")
    assert (padded.width, padded.height) == (100, 100)
    assert min(_colour(padded, 50, 2)) > 250
    assert _is_red(_colour(padded, 10, 50))
    round_one = make(images, data, "w_100,h_100,c_fill,r_max,f_png", ext="png")
    assert _colour(round_one, 1, 1)[3] == 0
    assert _colour(round_one, 50, 50)[3] == 255
    turned = make(images, data, "w_100,a_90,f_png", ext="png")
    assert (turned.width, turned.height) == (75, 100)
    assert _is_red(_colour(turned, 40, 5))
    askew = make(images, data, "w_100,a_45,f_png", ext="png")
    assert askew.width > 100
    assert _colour(askew, 0, 0)[3] == 0
    grey = make(images, data, "w_100,e_grayscale,e_sharpen,f_png", ext="png")
    assert len(_colour(grey, 5, 5)) == 1
    blurred = _colour(make(images, data, "w_100,e_blur:200,f_png", ext="png"), 50, 40)
    assert 60 < blurred[0] < 180


def test_quality_changes_the_size(images: Images) -> None:
    data = encoded(Image.effect_mandelbrot((600, 400), (-2, -1, 1, 1), 60).convert("RGB"), "JPEG", quality=95)
    for form in ("jpg", "webp", "avif"):
        low, usual, high = (len(make(images, data, f"f_{form},{q}").data) for q in ("q_20", "q_auto", "q_95"))
        assert low < usual < high


def test_several_variants_and_the_placeholder_come_of_one_reading(images: Images) -> None:
    data = sources()["jpg"]
    wanted = [Variant(parse(text), frozenset({"webp"})) for text in (NAMED["thumb"], "w_50,f_jpg")]
    pictures, placeholder = images.render(
        Original([data[:1000], data[1000:]], len(data), "jpg"), wanted, placeholder=True
    )
    assert [(one.format, one.width) for one in pictures] == [("webp", 320), ("jpg", 50)]
    assert placeholder is not None
    assert 20 < len(placeholder) < 40


def test_a_drawing_grows_without_losing_its_edges(images: Images) -> None:
    picture = make(images, sources()["svg"], "w_1600,f_png", ext="svg")
    left, right = _colour(picture, 799, 600), _colour(picture, 800, 600)
    assert _is_red(left)
    assert not _is_red(right)
