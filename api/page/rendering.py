# SPDX-License-Identifier: AGPL-3.0-or-later
"""Templates to answers: language, city time, and the headers that keep a browser from foreign things."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import jinja2.runtime
from fastapi import Request
from starlette.responses import HTMLResponse

from api.fault_texts import fault
from api.page import assets, telling, views
from api.page.texts import TEXTS, browser_texts, preferred, translate
from api.roles import Principal
from api.services import services_of
from api.times import stamp
from detector.language import Language
from detector.zones import VIOLATIONS

TEMPLATES = Path(__file__).parent / "templates"
NUMBER = (0.045, 0.08)  # of a zone, as a share of the picture
LANGUAGE_COOKIE = "curbwatch_language"
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@jinja2.pass_context
def _city(context: jinja2.runtime.Context, at: datetime) -> str:
    return at.astimezone(context["tz"]).strftime("%Y-%m-%d %H:%M:%S")


@jinja2.pass_context
def _clock(context: jinja2.runtime.Context, at: datetime) -> str:
    return at.astimezone(context["tz"]).strftime("%H:%M:%S")


@jinja2.pass_context
def _lasted(context: jinja2.runtime.Context, seconds: float) -> str:
    """A span in the largest unit of which it has two."""
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    unit, size = next((unit for unit in units if seconds >= 2 * unit[1]), units[-1])
    return translate(context["language"], f"lasted.{unit}", n=f"{seconds / size:.1f}".removesuffix(".0"))


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def number_spots(polygons: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Where the numbers of zones stand: in the upper left corner, or right of a number that stands there."""
    spots: list[tuple[float, float]] = []
    for polygon in polygons:
        x, y = min(polygon, key=sum)
        corner = min(x + 0.025, 0.96), min(y + 0.05, 0.95)
        spots.append(next((spot for spot in _spots_from(*corner) if not _is_taken(spot, spots)), corner))
    return spots


def _spots_from(x: float, y: float) -> Iterator[tuple[float, float]]:
    """To the right, then row by row towards the further edge of the picture."""
    step = NUMBER[1] if y <= 0.5 else -NUMBER[1]
    while 0 < y < 1:
        while x <= 0.96:
            yield x, y
            x += NUMBER[0]
        x, y = 0.025, y + step


def _is_taken(spot: tuple[float, float], by: list[tuple[float, float]]) -> bool:
    return any(abs(spot[0] - x) < NUMBER[0] and abs(spot[1] - y) < NUMBER[1] for x, y in by)


def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        asset=assets.address,
        scripts=assets.ASSETS,
        texts=TEXTS,
        violations=VIOLATIONS,
        steps_by_key=views.STEPS_BY_KEY,
    )
    found.filters.update(
        iso=stamp,
        city=_city,
        clock=_clock,
        lasted=_lasted,
        percent=_percent,
        fault=fault,
        actor=telling.actor_of,
        number_spots=number_spots,
        first_picture=views.first_picture,
    )
    return found


_templates = _environment()


def language_of(request: Request) -> Language:
    """The language that somebody chose, or that their browser asks for."""
    match request.cookies.get(LANGUAGE_COOKIE):
        case "zh":
            return "zh"
        case "en":
            return "en"
    return preferred(request.headers.get("accept-language", ""))


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page, and what their address was."""

    request: Request
    principal: Principal | None = None


def render(viewer: Viewer, template: str, *, page: str = "", status: int = 200, **values: Any) -> HTMLResponse:
    """One page or piece of a page as an answer."""
    services, language = services_of(viewer.request), language_of(viewer.request)
    content = _templates.get_template(template).render(
        **values,
        t=partial(translate, language),
        language=language,
        browser_texts=browser_texts(language),
        page=page,
        here=address_of(viewer.request),
        now=services.clock(),
        tz=services.config.tz,
        timezone=services.config.timezone,
        principal=viewer.principal,
        csrf_token=viewer.principal.csrf_token if viewer.principal else None,
        source_url=services.config.source_url,
        version=viewer.request.app.version,
    )
    headers = SECURITY | {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Cookie, Accept-Language"}
    return HTMLResponse(content, status, headers=headers)


def address_of(request: Request) -> str:
    """Path and query that a request asked for."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
