"""Numbers, links and colours as a person meets them."""

import pytest
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from gui import theme
from gui.models import words
from gui.models.links import PRESETS, copied, filled
from gui.transfer.transfers import Links
from tests.gui.rows import links, row


@pytest.fixture(autouse=True)
def english(qtbot: QtBot) -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (48_300_000_000, "48.3 GB"),
        (999_999, "1.0 MB"),
        (10**17, "100 PB"),
    ],
)
def test_sizes_are_decimal(count: float, said: str) -> None:
    assert words.size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (0.2, "1 s"), (61, "1 min 1 s"), (7_325, "2 h 2 min"), (400_000, "4 days")]
)
def test_what_remains_is_told_in_two_units_at_most(seconds: float | None, said: str) -> None:
    assert words.remaining(seconds) == said


def test_no_percentage_is_whole_before_the_end() -> None:
    assert words.percent(999_999, 1_000_000) == 99
    assert words.percent(0, 0) == 100


def test_links_are_filled_into_templates_safely() -> None:
    page = Links("http://h/v.mp4", page="http://h/watch/1", hls="http://h/m.m3u8")
    assert filled(PRESETS["page"], "a", page) == "http://h/watch/1"
    assert filled(PRESETS["link"], "a", page) == "http://h/v.mp4"
    assert filled(PRESETS["markdown"], "a [1].mp4", page) == r"[a \[1\].mp4](http://h/watch/1)"
    assert 'src="http://h/embed/1" title="&lt;b&gt; &quot;1&quot;"' in filled(PRESETS["html"], '<b> "1"', page)
    assert filled("{name}: {hls} {nothing} {", "{page}", page) == "{page}: http://h/m.m3u8  {"
    assert filled("{page}", "a", Links("http://h/v.mp4")) == "http://h/v.mp4"


def test_several_links_are_lines_and_what_has_none_is_left_out() -> None:
    rows = [row(1, links=links(1)), row(2), row(3, links=links(3))]
    assert copied("{page}", rows).splitlines() == [links(1).page, links(3).page]


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_all_text_has_enough_contrast(colours: theme.Colours) -> None:
    for ground in (colours.ground, colours.card, colours.chosen, colours.hover, colours.sunken):
        assert _contrast(colours.ink, ground) >= 7
        for text in (colours.faint, colours.accent, colours.bad, colours.good, colours.warn):
            assert _contrast(text, ground) >= 4.5, (text, ground)
    assert _contrast(colours.on_accent, colours.accent) >= 4.5


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
