# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plots as SVG text, so that a report is one file that opens without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 380, 300
LEFT, TOP, RIGHT, BOTTOM = 46, 12, 10, 40
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One curve in the unit square; `dot` is a point on it worth showing, with its label."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    dot: tuple[float, float, str] | None = None


def plot(lines: Sequence[Line], *, title: str, x_label: str, y_label: str) -> str:
    """Curves over 0..1, both axes; colours come from the page's style, by the line's number."""
    half_down = (TOP + HEIGHT - BOTTOM) / 2
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        *_grid(),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" class="axis">{escape(x_label)}</text>',
        f'<text transform="translate(13 {half_down}) rotate(-90)" class="axis">{escape(y_label)}</text>',
    ]
    for number, line in enumerate(lines):
        parts += _line(line, number)
    return "".join([*parts, "</svg>"])


def _grid() -> list[str]:
    out = []
    for tick in TICKS:
        x, y = _place(tick, tick)
        out += [
            f'<path class="grid" d="M{x} {TOP}V{HEIGHT - BOTTOM}M{LEFT} {y}H{WIDTH - RIGHT}"/>',
            f'<text x="{x}" y="{HEIGHT - BOTTOM + 15}" class="tick">{tick:g}</text>',
            f'<text x="{LEFT - 6}" y="{y + 4}" class="tick left">{tick:g}</text>',
        ]
    return out


def _line(line: Line, number: int) -> list[str]:
    points = " ".join("{},{}".format(*_place(x, y)) for x, y in zip(line.xs, line.ys, strict=True))
    out = [f'<polyline class="line c{number}" points="{points}"><title>{escape(line.label)}</title></polyline>']
    if line.dot:
        x, y = _place(line.dot[0], line.dot[1])
        out.append(f'<circle class="dot c{number}" cx="{x}" cy="{y}" r="4.5"><title>{escape(line.dot[2])}</title>')
        out.append("</circle>")
    return out


def _place(x: float, y: float) -> tuple[float, float]:
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    return round(LEFT + x * across, 1), round(TOP + (1 - y) * down, 1)


def bar(low: float, middle: float, high: float, *, span: tuple[float, float], ticks: Sequence[float]) -> str:
    """An interval with its middle on a strip that reaches from span[0] to span[1]; ticks are marked."""
    width = 160

    def at(value: float) -> float:
        share = (min(max(value, span[0]), span[1]) - span[0]) / ((span[1] - span[0]) or 1)
        return round(4 + share * (width - 8), 1)

    marks = "".join(f'<path class="grid" d="M{at(tick)} 1V19"/>' for tick in ticks)
    return (
        f'<svg class="bar" viewBox="0 0 {width} 20" aria-hidden="true">{marks}'
        f'<path class="line c0" d="M{at(low)} 10H{at(high)}"/>'
        f'<circle class="dot c0" cx="{at(middle)}" cy="10" r="4"/></svg>'
    )
