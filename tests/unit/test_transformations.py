"""What a picture's URL may ask for, and that equal pictures have equal canonical texts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.errors import InvalidRequest, ResourceLimit
from appliance.domain.layouts import MAX_PIXELS, layout
from appliance.domain.transformations import (
    MAX_SIDE,
    NAMED,
    ROUND,
    Crop,
    Format,
    Gravity,
    Transformation,
    is_named,
    parse,
)

_PARAMETERS = {
    "w": st.integers(2, 2000).map(str),
    "h": st.integers(2, 2000).map(str),
    "c": st.sampled_from(["fill", "fit", "limit", "pad", "crop", "thumb", "scale"]),
    "g": st.sampled_from([gravity.value for gravity in Gravity]),
    "f": st.sampled_from(["jpg", "jpeg", "png", "webp", "avif", "gif", "auto"]),
    "q": st.integers(1, 100).map(str) | st.just("auto"),
    "dpr": st.sampled_from(["0.5", "1", "1.0", "1.5", "2.0", "3", "4"]),
    "r": st.integers(0, 4000).map(str) | st.just("max"),
    "a": st.integers(-360, 360).map(str) | st.just("auto"),
    "e": st.sampled_from(["blur", "blur:1", "sharpen:2000", "sharpen", "grayscale"]),
    "so": st.sampled_from(["0", "2.5", "10.000", "3600.125"]),
    "t": st.sampled_from(sorted(NAMED)),
}


@st.composite
def parameters(draw: st.DrawFn) -> list[str]:
    """A valid choice of parameters, in any order."""
    names = draw(st.sets(st.sampled_from(sorted(_PARAMETERS)), min_size=1))
    if "c" in names:
        names |= {"w"}
    return draw(st.permutations([f"{name}_{draw(_PARAMETERS[name])}" for name in sorted(names)]))


@given(parameters(), st.randoms())
def test_order_makes_no_difference(chosen: list[str], random: object) -> None:
    first = parse(",".join(chosen))
    again = parse(",".join(reversed(chosen)))
    assert first == again
    assert str(first) == str(again)


@given(parameters())
def test_the_canonical_text_means_the_same_and_is_canonical(chosen: list[str]) -> None:
    asked = parse(",".join(chosen))
    assert parse(str(asked)) == asked
    assert str(parse(str(asked))) == str(asked)


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused_with_the_parameter_at_fault(text: str) -> None:
    try:
        asked = parse(text)
    except InvalidRequest as error:
        assert error.field
    else:
        assert parse(str(asked)) == asked


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("w_300,h_200,c_fill,g_auto,f_auto,q_auto", "c_fill,f_auto,g_auto,h_200,w_300"),
        ("c_thumb,w_100,h_100", "c_fill,g_auto,h_100,w_100"),
        ("c_thumb,g_north,w_100", "c_fill,g_north,w_100"),
        ("w_150,dpr_2.0", "w_300"),
        ("w_300,dpr_1.0,c_scale", "w_300"),
        ("w_300,c_limit,g_auto", "c_limit,w_300"),
        ("w_30,h_30,c_pad,g_auto", "c_pad,h_30,w_30"),
        ("a_-90", "a_270"),
        ("a_360,q_auto", "q_auto"),
        ("e_sharpen,e_blur:20,e_grayscale", "e_blur:20,e_grayscale,e_sharpen:100"),
        ("so_2.500,f_jpeg", "f_jpg,so_2.5"),
        ("r_max,w_40", "r_max,w_40"),
        ("t_thumb", NAMED["thumb"]),
        ("f_webp,t_thumb", "c_fill,f_webp,g_auto,h_180,w_320"),
        ("t_thumb,dpr_2", "c_fill,f_auto,g_auto,h_360,w_640"),
    ],
)
def test_what_makes_no_difference_is_left_out(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("w_0", "w"), ("w_-1", "w"), ("w_1e3", "w"), (f"w_{MAX_SIDE + 1}", "w"), (f"h_{MAX_SIDE},dpr_2", "h"),
        ("w_", "w"), ("w", "w"), ("h_٣", "transformation"), ("c_zoom,w_1", "c"), ("c_fill", "c"), ("g_left", "g"),
        ("f_bmp", "f"), ("q_0", "q"), ("q_101", "q"), ("dpr_9", "dpr"), ("dpr_nan", "dpr"), ("r_-1", "r"),
        ("a_361", "a"), ("a_x", "a"), ("e_sepia", "e"), ("e_blur:0", "e"), ("e_blur:", "e"), ("e_grayscale:1", "e"),
        ("so_-1", "so"), ("so_1.2345", "so"), ("so_inf", "so"), ("t_nothing", "t"), ("x_1", "x"), ("w_1,w_2", "w"),
        ("e_blur,e_blur:3", "e"), ("", "transformation"), ("w_1/../x", "transformation"), ("w_1,", "transformation"),
        ("w_" + "1" * 300, "transformation"),
    ],
)  # fmt: skip
def test_errors_name_the_parameter(text: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(text)
    assert caught.value.field == field
    assert str(caught.value).startswith(field) or field == "transformation"


def test_only_a_name_alone_is_named() -> None:
    assert all(is_named(f"t_{name}") for name in NAMED)
    assert not any(is_named(text) for text in ("t_nothing", "t_thumb,w_4000", "w_10", "t_thumb/x", ""))


def test_every_name_stands_for_a_canonical_text() -> None:
    assert all(str(parse(text)) == text for text in NAMED.values())


def _asked(text: str) -> Transformation:
    return parse(text)


@pytest.mark.parametrize(
    ("text", "resized", "box"),
    [
        ("w_300", (300, 225), (300, 225)),
        ("w_300,h_100", (300, 100), (300, 100)),
        ("w_300,h_200,c_fill", (300, 225), (300, 200)),
        ("w_200,h_300,c_fill", (400, 300), (200, 300)),
        ("w_200,h_300,c_fit", (200, 150), (200, 150)),
        ("w_8000,c_fit", (8000, 6000), (8000, 6000)),
        ("w_8000,c_limit", (4000, 3000), (4000, 3000)),
        ("w_200,h_200,c_pad", (200, 150), (200, 200)),
        ("w_200,h_200,c_crop", (4000, 3000), (200, 200)),
        ("w_5000,h_200,c_crop", (4000, 3000), (4000, 200)),
        ("q_50", (4000, 3000), (4000, 3000)),
    ],
)
def test_boxes_are_met_as_asked(text: str, resized: tuple[int, int], box: tuple[int, int]) -> None:
    plan = layout(4000, 3000, _asked(text))
    assert (plan.width, plan.height) == resized
    assert (plan.box_width, plan.box_height) == box


def test_gravity_places_the_box_and_the_picture_in_it() -> None:
    south_east = layout(400, 300, _asked("w_100,h_100,c_crop,g_south_east"))
    assert (south_east.left, south_east.top) == (300, 200)
    padded = layout(400, 300, _asked("w_100,h_100,c_pad,g_north"))
    assert (padded.left, padded.top) == (0, 0)
    centred = layout(400, 300, _asked("w_100,h_100,c_pad"))
    assert (centred.left, centred.top) == (0, -12)


@given(st.integers(1, 20_000), st.integers(1, 20_000), parameters())
def test_a_layout_always_fits(width: int, height: int, chosen: list[str]) -> None:
    asked = parse(",".join(chosen))
    try:
        plan = layout(width, height, asked)
    except ResourceLimit:
        return
    assert plan.width * plan.height <= max(MAX_PIXELS, width * height)
    assert min(plan.width, plan.height, plan.box_width, plan.box_height) >= 1
    if asked.crop is Crop.PAD:
        assert plan.box_width >= plan.width
        assert plan.box_height >= plan.height
    else:
        assert 0 <= plan.left <= plan.width - plan.box_width
        assert 0 <= plan.top <= plan.height - plan.box_height


def test_a_picture_larger_than_any_screen_is_refused() -> None:
    with pytest.raises(ResourceLimit):
        layout(10, 10, _asked(f"w_{MAX_SIDE},h_{MAX_SIDE}"))


def test_the_vocabulary_is_complete() -> None:
    texts = itertools.chain((f"w_9,c_{crop}" for crop in Crop), (f"f_{name}" for name in Format))
    assert all(parse(text) for text in texts)
    assert parse("r_max").radius == ROUND
