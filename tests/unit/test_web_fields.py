"""Media types and times, over generated cases."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.web.fields import MEDIA_TYPE, is_media_type
from appliance.web.times import rfc3339


@given(st.from_regex(MEDIA_TYPE, fullmatch=True) | st.text(max_size=40))
def test_whatever_is_a_media_type_fits_into_a_header(text: str) -> None:
    if is_media_type(text):
        assert text.isascii()
        assert text.isprintable()
        assert len(text) <= 255


@pytest.mark.parametrize(
    "text", ["video/mp4", "image/svg+xml", "text/plain; charset=utf-8", 'a/b;x="y z";q=1', "application/vnd.a-b.c+json"]
)
def test_media_types_are_known(text: str) -> None:
    assert is_media_type(text)


@pytest.mark.parametrize("text", ["", "video", "video/", "/mp4", "a/b\n", "a/b;", "a/b;\nx=1", "a b/c", "a/b/c", "é/b"])
def test_other_text_is_none(text: str) -> None:
    assert not is_media_type(text)


@given(st.integers(0, 253402300799_999_999))
def test_a_time_is_written_to_the_millisecond(microseconds: int) -> None:
    written = rfc3339(microseconds)
    assert written.endswith("Z")
    read = datetime.fromisoformat(written)
    assert read.tzinfo is not None
    assert round((read - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000) == microseconds // 1000
