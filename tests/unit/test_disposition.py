"""The header under which a download keeps its name."""

import re
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.disposition import attachment

_HEADER = re.compile(
    r"""attachment; filename="([^"\\%\x00-\x1f\x7f-\U0010ffff]*)"; filename\*=UTF-8''([A-Za-z0-9._~%-]*)\Z"""
)


def test_plain_names_stay_readable() -> None:
    assert attachment("My film (1).mp4") == (
        "attachment; filename=\"My film (1).mp4\"; filename*=UTF-8''My%20film%20%281%29.mp4"
    )


@given(st.text(st.characters(codec="utf-8")))
def test_any_name_is_one_safe_header_value_that_gives_the_name_back(name: str) -> None:
    match = _HEADER.match(attachment(name))
    assert match is not None
    assert unquote(match[2], errors="strict") == name
