"""The ladder by itself: what is planned for a source of a given shape."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.errors import DurationLimit, Malformed
from appliance.domain.renditions import (
    VIDEO_RUNGS,
    LadderPlan,
    can_be_copied,
    height_class,
    plan_ladder,
    steady_rate,
)
from appliance.domain.sources import Gops, Picture, Sound, Source

HD = Picture(
    stream=0,
    codec="h264",
    codec_string="avc1.640028",
    pixel_format="yuv420p",
    width=1920,
    height=1080,
    frame_rate=Fraction(25),
    bitrate=6_000_000,
    starts_with_key=True,
    gops=Gops(longest=2.0, closed=True, whole=True),
)
STEREO = Sound(stream=1, codec="aac", codec_string="mp4a.40.2", channels=2, sample_rate=48_000, bitrate=128_000)


def source(picture: Picture | None = HD, *sounds: Sound, duration: float | None = 60.0) -> Source:
    return Source("mov", duration, picture, sounds or (STEREO,))


def encoded(width: int, height: int, **facts: Any) -> LadderPlan:
    return plan_ladder(source(replace(HD, codec="prores", width=width, height=height, **facts)), "full")


def sizes(plan: LadderPlan) -> list[tuple[int, int]]:
    return [(rung.width, rung.height) for rung in plan.video]


def test_the_ladder_is_the_table_below_the_source() -> None:
    assert sizes(encoded(1920, 1080)) == [(1920, 1080), (1280, 720), (960, 540), (768, 432), (640, 360), (416, 234)]
    assert sizes(encoded(3840, 2160))[0] == (1920, 1080)
    assert sizes(encoded(640, 480)) == [(640, 480), (480, 360), (312, 234)]
    assert sizes(encoded(160, 120)) == [(160, 120)]


def test_a_wide_film_is_measured_by_its_width_and_a_standing_one_by_its_short_side() -> None:
    assert [rung.name for rung in encoded(1920, 800).video][:2] == ["1080p", "720p"]
    assert sizes(encoded(1920, 800))[1] == (1280, 534)
    assert sizes(encoded(1080, 1920))[:2] == [(1080, 1920), (720, 1280)]
    assert sizes(encoded(1080, 1080))[:2] == [(1080, 1080), (720, 720)]


@given(st.integers(2, 9000), st.integers(2, 9000))
def test_no_rung_is_larger_than_its_source_odd_or_out_of_order(width: int, height: int) -> None:
    plan = encoded(width, height)
    for rung in plan.video:
        assert rung.width <= max(2, width)
        assert rung.height <= max(2, height)
        assert rung.width % 2 == rung.height % 2 == 0
        assert height_class(rung.width, rung.height) <= max(VIDEO_RUNGS) + 1
    caps = [rung.max_bitrate for rung in plan.video]
    assert caps == sorted(caps, reverse=True)
    assert len({rung.name for rung in plan.video}) == len(plan.video)


def test_rates_are_those_of_the_table_for_its_own_shape() -> None:
    assert {rung.name: rung.max_bitrate for rung in encoded(1920, 1080).video} == {
        f"{height}p": rate for height, rate in VIDEO_RUNGS.items()
    }


def test_good_h264_is_the_top_rung_as_it_is_and_the_others_keep_its_times() -> None:
    plan = plan_ladder(source(), "full")
    assert plan.video[0].copied
    assert not any(rung.copied for rung in plan.video[1:])
    assert plan.frame_rate is None
    assert plan_ladder(source(), "full", may_copy=False).frame_rate == 25


def test_a_copy_of_few_bits_has_no_rung_below_with_more() -> None:
    plan = plan_ladder(source(replace(HD, bitrate=900_000)), "full")
    assert all(rung.max_bitrate < 900_000 for rung in plan.video[1:])


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "hevc"},
        {"codec_string": "avc1.6E0028"},
        {"pixel_format": "yuv420p10le"},
        {"pixel_format": "yuv422p"},
        {"as_stored": False},
        {"interlaced": True},
        {"transfer": "hlg"},
        {"starts_with_key": False},
        {"frame_rate": Fraction(120)},
        {"gops": None},
        {"gops": Gops(longest=5.0, closed=True, whole=True)},
        {"gops": Gops(longest=2.0, closed=False, whole=True)},
        {"bitrate": None},
        {"bitrate": 50_000_000},
    ],
    ids=str,
)
def test_what_some_player_would_stumble_over_is_not_copied(change: dict[str, Any]) -> None:
    assert can_be_copied(HD)
    assert not can_be_copied(replace(HD, **change))


def test_the_preview_is_one_rendition_and_a_copy_where_that_is_possible() -> None:
    copied = plan_ladder(source(), "preview")
    assert [(rung.name, rung.copied) for rung in copied.rungs] == [("1080p", True), ("a0", True)]
    small = plan_ladder(source(replace(HD, codec="prores")), "preview")
    assert [(rung.name, rung.copied) for rung in small.rungs] == [("360p", False), ("a0", True)]


def test_the_preview_of_a_long_intra_only_film_spares_half_of_its_pictures() -> None:
    master = replace(HD, codec="prores")
    plan = plan_ladder(source(master), "preview")
    assert (plan.sparing, plan.frame_rate) == (True, Fraction(25, 2))
    assert plan_ladder(source(replace(master, frame_rate=Fraction(120))), "preview").frame_rate == 60
    assert not plan_ladder(source(master), "full").sparing
    assert not plan_ladder(source(master, duration=10.0), "preview").sparing
    assert not plan_ladder(source(replace(master, codec="hevc")), "preview").sparing


def test_frame_rates_above_sixty_are_divided() -> None:
    assert steady_rate(Fraction(60)) == 60
    assert steady_rate(Fraction(120)) == 60
    assert steady_rate(Fraction(100)) == 50
    assert steady_rate(Fraction(240)) == 60
    assert steady_rate(Fraction(24_000, 1001)) == Fraction(24_000, 1001)
    assert encoded(1920, 1080, frame_rate=Fraction(30_000, 1001)).keyframe_interval == 60


def mono(stream: int, **facts: Any) -> Sound:
    return replace(STEREO, stream=stream, codec="pcm_s16le", codec_string="pcm_s16le", channels=1, **facts)


def test_mono_tracks_in_a_row_are_left_and_right() -> None:
    plan = plan_ladder(source(HD, *(mono(number) for number in range(1, 9))), "full")
    assert [rung.streams for rung in plan.audio] == [(1, 2), (3, 4), (5, 6), (7, 8)]
    assert [rung.label for rung in plan.audio] == ["Audio 1", "Audio 2", "Audio 3", "Audio 4"]
    assert [rung.default for rung in plan.audio] == [True, False, False, False]
    odd = plan_ladder(source(HD, *(mono(number) for number in (1, 2, 3))), "full")
    assert [(rung.streams, rung.channels) for rung in odd.audio] == [((1, 2), 2), ((3,), 1)]


def test_mono_tracks_in_several_languages_are_tracks_of_their_own() -> None:
    plan = plan_ladder(source(HD, mono(1, language="eng"), mono(2, language="ger", default=True)), "full")
    assert [(rung.streams, rung.language, rung.default) for rung in plan.audio] == [
        ((1,), "eng", False),
        ((2,), "ger", True),
    ]


def test_the_preview_has_the_default_track_alone() -> None:
    plan = plan_ladder(source(HD, STEREO, replace(STEREO, stream=2, default=True)), "preview")
    assert [(rung.name, rung.streams, rung.default) for rung in plan.audio] == [("a0", (2,), True)]


def test_sound_alone_has_rates_up_to_its_own() -> None:
    def names(sound: Sound) -> list[str]:
        return [rung.name for rung in plan_ladder(source(None, sound), "full").audio]

    assert names(replace(STEREO, bitrate=1_411_000)) == ["192k", "128k", "64k"]
    assert names(replace(STEREO, bitrate=96_000)) == ["128k", "64k"]
    assert names(replace(STEREO, bitrate=8_000)) == ["64k"]
    assert names(replace(STEREO, channels=1)) == ["96k", "64k", "32k"]
    assert [rung.name for rung in plan_ladder(source(None, STEREO), "preview").audio] == ["64k"]


def test_what_runs_too_long_or_is_nothing_is_refused() -> None:
    with pytest.raises(DurationLimit):
        plan_ladder(source(duration=7201.0), "full", max_duration=7200.0)
    plan_ladder(source(duration=None), "full", max_duration=7200.0)
    with pytest.raises(Malformed):
        plan_ladder(Source("mov", 1.0, None), "full")
