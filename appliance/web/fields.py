"""Fields of requests that several operations take, with their limits."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema

from appliance.web.bodies import Query

MAX_LABELS = 20
_LINE = r"^[^\x00-\x1f\x7f]*$"
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_PARAMETER = r""" ?; ?[A-Za-z0-9_-]{1,64}=(?:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}|"[ !#-\[\]-~]{0,128}")"""
#: RFC 9110, 8.3.1, without line breaks, whatever the client's library thinks of them.
MEDIA_TYPE = rf"^{_TOKEN}/{_TOKEN}(?:{_PARAMETER}){{0,8}}$"
_MEDIA_TYPE = re.compile(MEDIA_TYPE.removesuffix("$") + r"\Z")


def is_media_type(text: str) -> bool:
    """Whether `text` may stand in a Content-Type header."""
    return len(text) <= 255 and _MEDIA_TYPE.match(text) is not None


def _media_type_or_nothing(text: str) -> str:
    if text and not is_media_type(text):
        raise ValueError("not a media type; write it as 'video/mp4'")
    return text


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _tag(text: str) -> str:
    tag = _normal(text)
    # The pattern knows the white space of ASCII alone.
    if not tag:
        raise ValueError("must not be empty")
    return tag


def _text(value: object) -> object:
    """pydantic would read numbers as seconds since 1970, which is not what the description says."""
    if not isinstance(value, str):
        raise ValueError("must be a time like 2030-01-31T12:00:00Z")
    return value


Name = Annotated[
    str,
    Field(description="the file's name, without folders; up to 255 bytes"),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^(?!\s*\.{0,2}\s*$)[^/]+$"}),
]
Path = Annotated[
    str,
    Field(description="relative folder, '' for the top; up to 1024 bytes and 32 folders deep, without '..'"),
    WithJsonSchema({"type": "string", "maxLength": 1024}),
]
Title = Annotated[str, Field(max_length=255, pattern=_LINE), AfterValidator(_normal)]
Tag = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"),
    AfterValidator(_tag),
]
Tags = Annotated[list[Tag], Field(max_length=MAX_LABELS)]
MetadataName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
MetadataValue = Annotated[str, Field(max_length=512, pattern=r"^[^\x00]*$")]
Metadata = Annotated[
    dict[MetadataName, MetadataValue],
    Field(max_length=MAX_LABELS, description="the caller's own: up to 20 strings of up to 512 characters"),
]
ContentType = Annotated[
    str,
    AfterValidator(_media_type_or_nothing),
    WithJsonSchema({"type": "string", "maxLength": 255, "pattern": f"^$|{MEDIA_TYPE}"}),
]
Instant = Annotated[
    AwareDatetime, BeforeValidator(_text), Field(strict=False, description="RFC 3339, with its offset from UTC")
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="of the whole file, lower-case hex")]


def distinct(tags: list[str]) -> tuple[str, ...]:
    """The tags in their order, each once."""
    return tuple(dict.fromkeys(tags))


class FilePath(Query):
    """The file in a URL's path. Any text is looked up: what is no id is simply not found."""

    file_id: Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
