# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong with a settings file, in the words of who writes it."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails


def told(error: ValidationError) -> Iterator[str]:
    """A line per fault: where, what and how to mend it; never the value, which may be a secret."""
    found = error.errors(include_input=False)
    for one in found:
        if one["type"] != "too_short" or not _is_emptied(one, found):
            yield _line(one)


def _is_emptied(short: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because what it holds is faulty."""
    place = short["loc"]
    return any(len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in found)


def _line(one: ErrorDetails) -> str:
    place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in one["loc"]).lstrip(".") or "settings"
    if one["type"] == "extra_forbidden":
        return f"  {place}: unknown key; remove it or correct its name"
    if one["type"] == "too_short":
        return f"  {place}: is empty; fill it in"
    return f"  {place}: {one['msg'].removeprefix('Value error, ')}"
