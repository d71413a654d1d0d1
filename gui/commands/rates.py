"""Rates as people write them."""

import re
from typing import Any

import click

_RATE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<factor>[kmg]?)(?P<bit>bit|b)?(?:/s|ps)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}


class Rate(click.ParamType):  # type: ignore[type-arg]
    """`800k`, `10MB/s` or `50Mbit/s`; bytes a second."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = _RATE.fullmatch(value.strip())
        if match is None:
            self.fail(f"'{value}' is no rate; 800k, 10MB/s and 50Mbit/s are.", param, ctx)
        rate = float(match["number"]) * _FACTORS[match["factor"].lower()]
        rate = rate / 8 if (match["bit"] or "").lower() == "bit" else rate
        if rate < 1:
            self.fail("the rate must be at least one byte a second.", param, ctx)
        return int(rate)
