"""Cursors: what was given out comes back, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.errors import InvalidRequest
from appliance.web import cursors

SECRET = b"secret"
POSITION = st.integers(0, 2**63 - 1)


@given(POSITION, st.text(max_size=20))
def test_a_cursor_comes_back_as_the_position(position: int, tenant: str) -> None:
    cursor = cursors.encode(SECRET, tenant, "cursor", position)
    assert cursors.decode(SECRET, tenant, "cursor", cursor) == position
    assert cursor.isascii()
    assert not set(cursor) & set("=+/&?#% ")


@given(st.text(max_size=40) | st.from_regex(r"[A-Za-z0-9_-]{22}", fullmatch=True))
def test_what_was_never_given_out_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        cursors.decode(SECRET, "default", "cursor", text)
    assert caught.value.field == "cursor"


@given(POSITION, st.data())
def test_a_changed_cursor_is_refused(position: int, data: st.DataObject) -> None:
    cursor = cursors.encode(SECRET, "default", "cursor", position)
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from(sorted(set("ABCabc019_-") - {cursor[at]})))
    with pytest.raises(InvalidRequest):
        cursors.decode(SECRET, "default", "cursor", cursor[:at] + other + cursor[at + 1 :])


@pytest.mark.parametrize(("secret", "tenant", "field"), [(b"other", "default", "cursor"), (SECRET, "blue", "cursor"),
                                                         (SECRET, "default", "since")])  # fmt: skip
def test_a_cursor_is_bound_to_key_tenant_and_list(secret: bytes, tenant: str, field: str) -> None:
    cursor = cursors.encode(SECRET, "default", "cursor", 5)
    with pytest.raises(InvalidRequest):
        cursors.decode(secret, tenant, field, cursor)
