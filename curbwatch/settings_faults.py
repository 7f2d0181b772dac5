# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong with a settings file, in the words of who writes it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

OURS = "value_error"  # the type of those faults whose text is ours and names its cure
BOUNDS = (
    ("exclusiveMinimum", "above"),
    ("minimum", "at least"),
    ("exclusiveMaximum", "below"),
    ("maximum", "at most"),
)
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PLAIN = {"boolean": "true or false", "object": "a table of its own"}
Schema = Mapping[str, Any]


def told(error: ValidationError, schema: Schema, table: Mapping[str, Any]) -> Iterator[str]:
    """A line per fault: where, what and how to mend it; never the value, which may be a secret.

    schema: JSON schema of the settings, which knows what may stand at each place. table: what was read, for the ids of
    cameras.
    """
    found = error.errors(include_input=False)
    for one in found:
        if one["type"] != "too_short" or not _is_emptied(one, found):
            yield _line(one, schema, table)


def _is_emptied(short: ErrorDetails, found: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because what it holds is faulty."""
    place = short["loc"]
    return any(len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in found)


def _line(one: ErrorDetails, schema: Schema, table: Mapping[str, Any]) -> str:
    place = _place(one["loc"], table)
    if one["type"] == "extra_forbidden":
        return f"  {place}: unknown key; remove it or correct its name"
    if one["type"] == "too_short":
        return f"  {place}: is empty; fill it in"
    if one["type"] == OURS:
        return f"  {place}: {one['msg'].removeprefix('Value error, ')}"
    what = "is missing" if one["type"] == "missing" else one["msg"]
    return f"  {place}: {what}; write {_allowed(_at(one['loc'], schema))}"


def _place(loc: tuple[int | str, ...], table: Mapping[str, Any]) -> str:
    """Where it is; of a camera with its id, for nobody counts 137 tables."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    if loc[:1] == ("cameras",) and len(loc) > 1 and (name := _id_at(table["cameras"], loc[1])):
        parts[1] += f" ({name})"
    return "".join(parts).lstrip(".") or "settings"


def _id_at(cameras: Any, number: int | str) -> str | None:
    """A camera's id where it reads as one."""
    try:
        name = cameras[number]["id"]
    except (LookupError, TypeError):
        return None
    return name if isinstance(name, str) and IDENTIFIER.fullmatch(name) else None


def _at(place: Sequence[int | str], schema: Schema) -> Schema:
    """What the schema says of a place; nothing where it does not know it."""
    here = _plain(schema, schema)
    for part in place:
        if isinstance(part, int):
            fixed = here.get("prefixItems", ())
            inner = fixed[part] if part < len(fixed) else here.get("items", {})
        else:
            inner = here.get("properties", {}).get(part, {})
        here = _plain(inner, schema)
    return here


def _plain(here: Schema, schema: Schema) -> Schema:
    """Without references, and without the null of what may be left out."""
    if choices := here.get("anyOf"):
        here = next(choice for choice in choices if choice.get("type") != "null")
    if name := here.get("$ref"):
        return _plain(schema["$defs"][name.rpartition("/")[2]], schema)
    return here


def _allowed(here: Schema) -> str:
    """What may stand there."""
    if choices := here.get("enum"):
        return f"one of {', '.join(map(repr, choices))}"
    kind = here.get("type", "")
    if kind in ("number", "integer"):
        bounds = " and ".join(f"{word} {here[name]:.10g}" for name, word in BOUNDS if name in here)
        return f"a {'whole ' if kind == 'integer' else ''}number {bounds}".rstrip()
    if kind == "array":
        fewest, most = here.get("minItems", 0), here.get("maxItems")
        count = f"{fewest}" if fewest == most else f"{fewest} to {most}" if most else "any number of"
        return f"a list of {count} entries: [...]"
    if kind == "string":
        return _text(here)
    return PLAIN.get(kind, "what docs/settings.md says")


def _text(here: Schema) -> str:
    if here.get("format") == "date":
        return "a date such as 2026-10-01"
    if examples := here.get("examples"):
        return f'text such as "{examples[0]}"'
    return f'text in quotes, at most {here["maxLength"]} characters: "..."' if "maxLength" in here else 'text: "..."'
