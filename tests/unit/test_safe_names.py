"""Names of the appliance on a local disk: whatever they are, they stay below the chosen folder and can be written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.transfer.downloads.safe_names import numbered, safe_folder, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("film.mp4", "film.mp4"),
        ("ä 🎬 (final).mov", "ä 🎬 (final).mov"),
        (".hidden", ".hidden"),
        ("a/b\\c:d*e?.txt", "a_b_c_d_e_.txt"),
        ("two\nlines\x7f", "two_lines_"),
        ("ends. . ", "ends"),
        ("..", "_"),
        ("...", "_"),
        ("", "_"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("console.log", "console.log"),
    ],
)
def test_names_that_every_disk_takes_stay_and_others_are_mended(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
def test_a_name_is_one_component_that_fits_with_a_number(name: str) -> None:
    safe = safe_name(name.encode(errors="replace").decode())
    assert safe not in ("", ".", "..")
    assert "/" not in safe
    assert "\\" not in safe
    assert len(numbered(safe, 9999).encode()) <= 255
    assert safe_name(safe) == safe


@given(st.text(alphabet=st.sampled_from("ab./\\ :"), max_size=40))
def test_a_folder_never_leads_above_where_it_begins(path: str) -> None:
    folder = safe_folder(path)
    assert not folder.is_absolute()
    assert ".." not in folder.parts


def test_long_names_keep_their_ending() -> None:
    safe = safe_name("x" * 300 + ".mov")
    assert safe.endswith("x.mov")
    assert len(safe) < 255


def test_numbers_go_before_the_ending() -> None:
    assert [numbered("clip.mov", number) for number in (1, 2, 10)] == ["clip.mov", "clip (2).mov", "clip (10).mov"]
    assert numbered("README", 2) == "README (2)"
    assert numbered(".profile", 2) == ".profile (2)"
    assert safe_folder("/a//b/./c/") == Path("a/b/c")
