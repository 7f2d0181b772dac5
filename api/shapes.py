# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every shape that travels is made of: bounded words and numbers, times, reasons, sentences in both languages."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

DEEPEST = 100  # what is nested some 250 deep comes in, but cannot be written out again


def _in_utc(value: datetime) -> datetime:
    if not 2000 <= value.year < 2200:
        raise ValueError("the time must lie between the years 2000 and 2200")
    return value.astimezone(UTC)


def plain(value: str) -> str:
    """Text with its lines ended one way; raises ValueError for control characters."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
        raise ValueError("control characters are not taken")
    return value


def _sound_json(value: Any) -> Any:
    try:
        _check_json(value, DEEPEST)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"numbers must fit a float, text be Unicode without NUL, nesting be {DEEPEST} deep at most"
        ) from error
    return value


def _check_json(value: Any, deeper: int) -> None:
    match value:
        case str():
            value.encode()
            if "\0" in value:
                raise ValueError
        case int() | float():  # whoever formats a larger one stumbles
            if not math.isfinite(value):
                raise ValueError
        case list() | dict():
            if not deeper:
                raise ValueError
            for each in (*value, *value.values()) if isinstance(value, dict) else value:
                _check_json(each, deeper - 1)


Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(plain)]
ClassName = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(plain)]
CameraId = Annotated[str, StringConstraints(pattern=r"^[\w][\w.:-]{0,63}$")]
Note = Annotated[str, StringConstraints(max_length=2000), AfterValidator(plain)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=10**9, allow_inf_nan=False)]  # what can be taken from a time
FARTHEST_M = 10**7
Metres = Annotated[float, Field(ge=-FARTHEST_M, le=FARTHEST_M, allow_inf_nan=False)]
Box = tuple[Share, Share, Share, Share]
FreeJson = Annotated[dict[str, Any], AfterValidator(_sound_json)]
FreeList = Annotated[list[Any], Field(max_length=5000), AfterValidator(_sound_json)]
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
ReasonValue = Annotated[float, Field(allow_inf_nan=False)] | Name
ReasonValues = Annotated[dict[str, ReasonValue], Field(max_length=20), AfterValidator(_sound_json)]


class ShapeIn(BaseModel):
    """Base of what is taken: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ShapeOut(BaseModel):
    """Base of what is given, filled from frozen values."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class TextIn(ShapeIn):
    """One sentence in both languages of the page."""

    en: Note
    zh: Note


class TextOut(ShapeOut):
    """One sentence in both languages of the page."""

    en: str
    zh: str


class ReasonIn(ShapeIn):
    """Why, as data."""

    code: ReasonCode
    values: ReasonValues = Field(default_factory=dict)


class ReasonOut(ShapeOut):
    """Why, as data."""

    code: str
    values: dict[str, Any]
