# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of watched ground: zones with their rules and hours, and how a camera's picture lies on the street."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.shapes import Metres, Share
from detector.errors import DetectorError
from detector.ground import WIDE, Ground, ground_from_horizon, ground_from_points
from detector.windows import EVERY_DAY, WEEKDAYS, Holidays, Window, minute_of_day
from detector.zones import DWELL_S, VIOLATIONS, Grade, Violation, Witness, Zone, ZoneKind

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Strict(BaseModel):
    """A settings table that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WindowSettings(Strict):
    """Hours in which things may stand; see detector.windows.Window."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", title="first minute, HH:MM of the city's clock")
    to: str = Field(title="first minute that no longer counts; before `from`: of the next day; up to 24:00")
    weekdays: tuple[str, ...] = Field(WEEKDAYS, max_length=7, title="days on which it begins: mon … sun")
    holidays: Holidays = Field("ignore", title="what public holidays change")
    first: date | None = Field(None, title="first date on which it begins")
    last: date | None = Field(None, title="last date on which it begins")
    classes: tuple[Violation, ...] = Field((), title="what may stand; empty: all the zone's classes")

    @model_validator(mode="after")
    def _is_a_window(self) -> "WindowSettings":
        try:
            self.window()
        except DetectorError as error:
            raise ValueError(str(error)) from None
        return self

    def window(self) -> Window:
        if unknown := [day for day in self.weekdays if day not in WEEKDAYS]:
            raise ValueError(f"{unknown[0]!r} is no weekday; write {', '.join(WEEKDAYS)}")
        return Window(
            minute_of_day(self.from_),
            minute_of_day(self.to),
            tuple(n for n in EVERY_DAY if WEEKDAYS[n] in self.weekdays),
            self.holidays,
            self.first,
            self.last,
            self.classes,
        )


class ZoneSettings(Strict):
    """One polygon of a camera and its rule; see detector.zones.Zone."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    polygon: Annotated[
        tuple[tuple[float, float], ...], Field(max_length=100, title="points as shares of the picture, in order")
    ]
    kind: ZoneKind = Field("watch", title="watched ground or licensed pitch")
    classes: tuple[Violation, ...] = Field(VIOLATIONS, min_length=1, title="what the zone is about")
    grade: Grade = Field("controlled", title="of the road: strict 严禁, controlled 严控 or orderly 有序")
    dwell_s: Seconds | None = Field(
        None, title="seconds a thing must stand to be a violation; default by grade: 60, 120, 600"
    )
    hit_ratio: float = Field(0.5, gt=0, le=1, title="share of the visible time in which it must be detected")
    clear_s: Seconds = Field(60.0, title="seconds its place must be seen empty to count as gone")
    min_height: float = Field(0.03, ge=0, lt=1, title="lowest box, share of the picture's height")
    min_size_px: float = Field(0.0, ge=0, le=10_000, title="longer side of the smallest box, pixels")
    min_size_m: float = Field(0.0, ge=0, le=100, title="longer side of the smallest thing, metres; needs a calibration")
    windows: tuple[WindowSettings, ...] = Field(
        (), max_length=50, title="watched ground: hours in which things may stand; pitch: hours of its licence"
    )
    witness: Witness = Field("assist", title="what a static change may do for debris: off, assist the detector, alone")

    @model_validator(mode="after")
    def _is_a_zone(self) -> "ZoneSettings":
        try:
            self.zone()
        except DetectorError as error:
            raise ValueError(str(error)) from None
        return self

    def zone(self) -> Zone:
        told = self.model_dump(exclude={"dwell_s", "windows"})
        windows = tuple(window.window() for window in self.windows)
        return Zone(**told, dwell_s=self.dwell_s or DWELL_S[self.grade], windows=windows)


class GroundSettings(Strict):
    """How a picture lies on the street: four points with their metres, or horizon, pole and lens."""

    picture: tuple[tuple[Share, Share], ...] = Field((), max_length=4, title="four points, shares of the picture")
    metres: tuple[tuple[Metres, Metres], ...] = Field(
        (), max_length=4, title="the same four in city-local metres, x to the east and y to the north"
    )
    horizon: float | None = Field(None, title="height of the horizon, share of the picture's height from its top")
    height_m: float | None = Field(None, title="height of the camera above the ground")
    fov_deg: float | None = Field(None, title="vertical field of view, degrees")
    aspect: float | None = Field(
        None, ge=0.2, le=5, title="width over height of the scene, whatever its pixels; with a horizon 16:9 if left out"
    )
    stands_at: tuple[Metres, Metres] = Field((0.0, 0.0), title="with a horizon: the pole in city-local metres")
    heading_deg: float = Field(0.0, ge=-360, le=360, title="with a horizon: where it looks, clockwise from north")

    @model_validator(mode="after")
    def _is_a_plane(self) -> "GroundSettings":
        try:
            self.ground()
        except DetectorError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def is_of_the_city(self) -> bool:
        """Whether its metres are those of the whole city: a horizon alone counts from its own pole."""
        return bool(self.picture) or "stands_at" in self.model_fields_set

    @property
    def takes_it_to_be_wide(self) -> bool:
        """Whether its metres depend on the scene's width over height, and nobody said it."""
        return self.horizon is not None and self.aspect is None

    def ground(self) -> Ground:
        by_horizon = (self.horizon, self.height_m, self.fov_deg)
        if self.picture or self.metres:
            if any(value is not None for value in by_horizon):
                raise ValueError("four points and a horizon may contradict each other; keep one of them")
            return ground_from_points(self.picture, self.metres, aspect=self.aspect)
        if self.horizon is None or self.height_m is None or self.fov_deg is None:
            raise ValueError("give four points (picture and metres), or horizon, height_m and fov_deg")
        return ground_from_horizon(
            self.horizon,
            self.height_m,
            fov_deg=self.fov_deg,
            aspect=self.aspect or WIDE,
            stands_at=self.stands_at,
            heading_deg=self.heading_deg,
        )
