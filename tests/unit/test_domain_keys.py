"""Keys, names and tokens: their grammars, over generated cases."""

import re
import unicodedata
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import names
from appliance.domain.errors import InvalidRequest
from appliance.domain.keys import KINDS, ObjectKey, is_file_id, playback_token, token_is_valid
from appliance.domain.kinds import Kind, extension_of

TENANT = st.from_regex(r"[a-z0-9][a-z0-9_-]{1,62}", fullmatch=True)
SECRET = st.binary(min_size=16, max_size=32)
FILE_ID = st.uuids(version=4).map(str)
EXPIRES = st.integers(0, 10**12 - 1)


@given(TENANT, st.text(max_size=60))
def test_a_key_for_any_name_is_one_that_is_understood(tenant: str, name: str) -> None:
    key = ObjectKey.for_upload(tenant, name)
    assert ObjectKey.parse(str(key)) == key
    assert is_file_id(key.file_id)
    assert re.fullmatch(r"[a-z0-9]{1,8}", key.ext)


@given(st.sampled_from(sorted(KINDS)), TENANT, FILE_ID, st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True))
def test_every_key_of_the_grammar_is_understood(prefix: str, tenant: str, file_id: str, ext: str) -> None:
    text = f"{prefix}/{tenant}/{file_id}.{ext}"
    key = ObjectKey.parse(text)
    assert key == ObjectKey(KINDS[prefix], tenant, file_id, ext)
    assert str(key) == text


@given(FILE_ID, st.sampled_from(["\n", "/", " ", ".x", "?a", "%20"]))
def test_nothing_may_stand_around_a_key(file_id: str, extra: str) -> None:
    text = f"videos/default/{file_id}.mp4"
    assert ObjectKey.parse(text + extra) is None
    assert ObjectKey.parse(extra + text) is None
    assert ObjectKey.parse(text.upper()) is None


@given(st.uuids().filter(lambda value: value.version != 4))
def test_only_random_uuids_are_file_ids(value: uuid.UUID) -> None:
    assert not is_file_id(str(value))


@given(SECRET, FILE_ID, EXPIRES)
def test_a_token_opens_its_file_until_it_ends(secret: bytes, file_id: str, expires: int) -> None:
    token = playback_token(secret, file_id, expires)
    assert token_is_valid(secret, file_id, token, expires - 1)
    assert not token_is_valid(secret, file_id, token, expires)


@given(SECRET, FILE_ID, FILE_ID, EXPIRES, st.data())
def test_no_other_token_opens_it(secret: bytes, file_id: str, other: str, expires: int, data: st.DataObject) -> None:
    token = playback_token(secret, file_id, expires)
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + data.draw(st.sampled_from(sorted(set("ABCabc019_-") - {token[at]}))) + token[at + 1 :]
    assert not token_is_valid(secret, file_id, changed, -1)
    assert not token_is_valid(secret + b"x", file_id, token, -1)
    if other != file_id:
        assert not token_is_valid(secret, other, token, -1)


@given(SECRET, FILE_ID, st.text(max_size=60))
def test_text_is_no_token(secret: bytes, file_id: str, text: str) -> None:
    assert not token_is_valid(secret, file_id, text, 0)


@given(st.text(max_size=300))
def test_a_name_is_kept_in_one_form_or_refused_by_its_field(text: str) -> None:
    try:
        name = names.file_name(text)
    except InvalidRequest as error:
        assert error.field == "name"
        return
    assert name == unicodedata.normalize("NFC", name) == name.strip()
    assert names.file_name(name) == name
    assert not set(name) & {"/", "\n", "\r", "\x00"}
    assert 0 < len(name.encode()) <= names.MAX_NAME


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12) | st.just("."), max_size=8))
def test_a_folder_is_kept_relative_and_in_one_form(parts: list[str]) -> None:
    try:
        folder = names.folder_path("/".join(parts))
    except InvalidRequest as error:
        assert error.field == "path"
        return
    assert names.folder_path(folder) == folder
    assert not folder.startswith("/")
    assert not folder.endswith("/")
    assert not {"", ".", ".."} & set(folder.split("/") if folder else [])


@pytest.mark.parametrize("path", ["..", "a/../b", "a/..", "..\\a", "a/ .. /b"])
def test_no_folder_leads_upwards(path: str) -> None:
    with pytest.raises(InvalidRequest):
        names.folder_path(path)


@pytest.mark.parametrize(
    ("name", "ext", "kind"),
    [
        ("a.MP4", "mp4", Kind.VIDEO),
        ("a.tar.gz", "gz", Kind.FILE),
        ("noext", "bin", Kind.FILE),
        (".mp4", "mp4", Kind.VIDEO),
        ("a.verylongext", "bin", Kind.FILE),
        ("a.m\u00fc3", "bin", Kind.FILE),
        ("song.FLAC", "flac", Kind.AUDIO),
        ("x.heic", "heic", Kind.IMAGE),
    ],
)
def test_the_extension_says_the_kind(name: str, ext: str, kind: Kind) -> None:
    assert extension_of(name) == ext
    assert ObjectKey.for_upload("default", name).kind is kind
