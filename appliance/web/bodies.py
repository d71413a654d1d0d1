"""Request bodies: JSON objects of at most 1 MiB, and the models that check their fields."""

import json
from typing import Any

from flask import Request
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from werkzeug.exceptions import UnsupportedMediaType

from appliance.domain.errors import InvalidRequest

MAX_BODY = 1024 * 1024

_SCHEMAS: dict[tuple[Any, ...], dict[str, Any]] = {}


class JsonRequest(Request):
    """A request whose body, where a view wants one, must say that it is JSON and be one object."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The object sent, None where no body was sent. A wrong media type is 415, anything else 400."""
        data = self.get_data()
        if not data:
            return None
        # What nearly everybody sends needs no parser.
        if self.environ.get("CONTENT_TYPE") != "application/json" and not self.is_json:
            raise UnsupportedMediaType("Send JSON: 'Content-Type: application/json'.")
        try:
            sent = json.loads(data, parse_float=_number)
        except ValueError as error:
            raise InvalidRequest(f"The body is not JSON: {error}.") from None
        except RecursionError:
            raise InvalidRequest("The body is nested too deeply.") from None
        if not isinstance(sent, dict):
            raise InvalidRequest("The body must be a JSON object.")
        return sent


def _number(text: str) -> float:
    """JSON knows one kind of number: 5.0 is an integer there (JSON Schema validation, 6.1.1)."""
    value = float(text)
    return int(value) if value.is_integer() else value


class Body(BaseModel):
    """A JSON body: camelCase, no coercion, and a misspelt field is an error instead of nothing."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class View(BaseModel):
    """An answer, as the documentation describes it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Query(BaseModel):
    """The query string, coerced from text."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Kept: it is asked for at every request, and making it costs more than most queries."""
        wanted = (cls, args, tuple(sorted(kwargs.items())))
        if wanted not in _SCHEMAS:
            _SCHEMAS[wanted] = super().model_json_schema(*args, **kwargs)
        return _SCHEMAS[wanted]
